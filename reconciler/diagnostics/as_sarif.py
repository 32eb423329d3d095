"""SARIF 2.1.0, which GitHub's code scanning and other tools keep from run to run: rules are rows of the table.

Limits of what GitHub takes (GitHub Docs, SARIF support for code scanning): 20 runs a file, 25,000 rules, 20 tags a
rule, 10 MB compressed; of the results of a run it keeps the 5,000 worst.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import quote

from reconciler import __version__
from reconciler.diagnostics.annotations import text_of
from reconciler.diagnostics.as_json import rfc3339
from reconciler.diagnostics.catalog import Row, catalog
from reconciler.diagnostics.catalog_words import who
from reconciler.diagnostics.escape import json_text, markdown, markdown_code
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.sheet import Notice, Sheet
from reconciler.diagnostics.subject_names import plural
from reconciler.model.call import Json, canonical
from reconciler.model.ids import fold
from reconciler.model.plan import Severity
from reconciler.model.span import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 5_000
"""Kept of a run; more would be dropped without a word."""
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def sarif(sheet: Sheet, *, fallback: str = ".") -> str:
    """The document as text. `fallback` is where results without a place are shown: code scanning needs a file."""
    shown = sheet.notices[:RESULTS]
    codes = sorted({notice.code for notice in shown})
    worst = {notice.code: notice.severity for notice in reversed(shown)}
    driver: dict[str, Json] = {
        "name": "reconcile",
        "semanticVersion": __version__,
        "rules": [_rule(catalog().row(code), worst[code], sheet.language) for code in codes],
    }
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"reconcile/{sheet.kind}/{_in_uri(sheet.scope)}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(sheet)],
        "results": _results(shown, codes, sheet.language, fallback),
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(row: Row, severity: Severity, language: Language) -> Json:
    told = row.told(language)
    steps = told.remedy_steps
    listed = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1)) if len(steps) > 1 else told.remedy
    return {
        "id": row.id,
        "name": "".join(part.capitalize() for part in row.id.split("-")),
        "shortDescription": {"text": told.title},
        "fullDescription": {"text": told.cause},
        "help": {
            "text": f"{told.cause}\n\n{told.remedy}",
            "markdown": f"**{told.title}.** {told.cause}\n\n{listed}\n\n{who(row.who, language)}",
        },
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {
            "tags": ["azure-backup", *row.operations, row.who],
            "precision": "very-high",
            "problem.severity": _PROBLEMS[severity],
        },
    }


def _invocation(sheet: Sheet) -> Json:
    told: list[Json] = []
    if len(sheet.notices) > RESULTS:
        text = f"{plural(len(sheet.notices) - RESULTS, 'more result')} left out: the first {RESULTS} are the worst."
        told = [{"level": "warning", "message": {"text": text}}]
    found: dict[str, Json] = {"executionSuccessful": sheet.complete, "toolExecutionNotifications": told}
    return found | ({"endTimeUtc": rfc3339(sheet.taken_at)} if sheet.taken_at is not None else {})


def _results(notices: Sequence[Notice], codes: Sequence[str], language: Language, fallback: str) -> list[Json]:
    index = {code: number for number, code in enumerate(codes)}
    seen: dict[str, int] = {}
    found: list[Json] = []
    for notice in notices:
        mark = _fingerprint(notice)
        seen[mark] = seen.get(mark, 0) + 1
        found.append(_result(notice, index[notice.code], f"{mark}:{seen[mark]}", language, fallback))
    return found


def _result(notice: Notice, index: int, fingerprint: str, language: Language, fallback: str) -> Json:
    result: dict[str, Json] = {
        "ruleId": notice.code,
        "ruleIndex": index,
        "level": _LEVELS[notice.severity],
        "message": {"text": text_of(notice, language), "markdown": _markdown(notice)},
        "locations": [_location(notice, fallback)],
        "partialFingerprints": {"reconcile/v1": fingerprint},
        "properties": {"kind": str(notice.kind), "vault": notice.vault, "subjects": list(notice.subjects)},
    }
    related = [note for note in notice.notes if note.span.file]
    if related:
        places = ((number, note) for number, note in enumerate(related, 1))
        result["relatedLocations"] = [
            {"id": number, "message": {"text": note.text}, "physicalLocation": _physical(note.span)}
            for number, note in places
        ]
    return result


def _markdown(notice: Notice) -> str:
    return f"{markdown_code(notice.code)} {markdown(notice.message)}"


def _location(notice: Notice, fallback: str) -> Json:
    span = notice.span if notice.span.file else Span(fallback, 1, 1, 2)
    found: dict[str, Json] = {"physicalLocation": _physical(span)}
    if notice.subjects:
        found["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "resource"} for name in notice.subjects[:10]]
    return found


def _physical(span: Span) -> Json:
    """Code scanning takes paths from the root of the repository; another is not shown."""
    uri = _in_uri(span.file.replace("\\", "/"), safe="/")
    region = {"startLine": max(span.line, 1), "startColumn": max(span.column, 1)}
    region["endColumn"] = max(span.end_column, region["startColumn"] + 1)
    return {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}, "region": dict(region)}


def _in_uri(text: str, safe: str = "") -> str:
    """A name may hold bytes that are no text."""
    return quote(text, safe=safe, errors="backslashreplace")


def _fingerprint(notice: Notice) -> str:
    """The same as long as the same is told of the same subject, or of several for one cause, on whatever line it is."""
    several = [notice.span.file] if notice.subjects else [notice.span.file, notice.message]
    about = [fold(notice.subjects[0])] if len(notice.subjects) == 1 else several
    text = canonical([notice.code, str(notice.kind), fold(notice.vault), *about])
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]
