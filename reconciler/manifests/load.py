"""From paths to what is wanted: every file read, every document checked, every mistake told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.manifests.builder import MANIFEST_LIMITS, Document
from reconciler.manifests.digest import GENERATED, digest
from reconciler.manifests.files import collect
from reconciler.manifests.kinds import KINDS
from reconciler.manifests.kinds.fields import API_VERSION, Problem
from reconciler.manifests.policy_rules import ADVICE, rule_problems
from reconciler.manifests.reader import read
from reconciler.manifests.references import Broken, diagnostic, expired, reference_mistakes
from reconciler.manifests.salvage import salvage, sound
from reconciler.manifests.suggest import advice
from reconciler.model.desired import (
    BackupPolicy,
    Consent,
    Desired,
    Exemption,
    Pause,
    Protection,
    Retirement,
    Vault,
)  # fmt: skip
from reconciler.model.ids import fold
from reconciler.model.plan import Severity
from reconciler.model.span import Places

Value = Vault | BackupPolicy | Protection | Exemption | Retirement | Pause | Consent

_MOST_OF_A_FILE = 100
"""Mistakes after which the rest of a file is left for the next run."""
_MOST_TO_SALVAGE = 30
"""Mistakes of structure beyond which nobody reads about the rest of the document."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """`desired` is None when there is an error. `sources` is the text of each file, for the caret under a place."""

    desired: Desired | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    files: int


@dataclass(slots=True)
class _Checked:
    values: list[Value] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    broken: dict[str, set[str]] = field(default_factory=dict)
    complete: bool = True


def load(paths: Sequence[Path], *, today: date | None = None) -> Loaded:
    """Read and check all manifests below `paths`. Without `today` (UTC) nothing is called expired."""
    files = collect(paths, most_bytes=MANIFEST_LIMITS.size)
    return load_texts(files.contents, today=today, before=files.diagnostics)


def load_texts(
    contents: Mapping[str, bytes], *, today: date | None = None, before: Iterable[Diagnostic] = ()
) -> Loaded:
    """The same for files already read (a commit's, say): name → bytes. `before` is told as well."""
    checked = _Checked(diagnostics=list(before))
    checked.complete = not checked.diagnostics
    sources: dict[str, str] = {}
    for name in sorted(contents):
        before_file = len(checked.diagnostics)
        reading = read(contents[name], name)
        if reading.text is not None:
            sources[name] = reading.text
        checked.diagnostics += reading.diagnostics
        checked.complete = checked.complete and reading.complete
        for document in reading.documents:
            _document(document, checked)
            if len(checked.diagnostics) - before_file > _MOST_OF_A_FILE:
                checked.complete = False
                break
    if not contents and not checked.diagnostics:
        checked.diagnostics.append(Diagnostic("manifest-empty", "no manifest was given", help="give a path with -f"))
    checked.diagnostics += _duplicates(checked.values)
    desired = _desired(checked.values, len(contents))
    checked.diagnostics += reference_mistakes(desired, _broken(checked))
    if today is not None:
        checked.diagnostics += expired(desired, today)
    told = tuple(sorted(set(checked.diagnostics), key=_place))
    wrong = any(one.severity is Severity.ERROR for one in told)
    return Loaded(None if wrong else replace(desired, digest=digest(desired)), told, sources, len(contents))


def _place(one: Diagnostic) -> tuple[str, int, int, str, str]:
    return (one.span.file, one.span.line, one.span.column, one.code, one.message)


def _document(document: Document, checked: _Checked) -> None:
    data, places = document.data, document.places
    if data is None and document.whole:
        checked.diagnostics.append(
            Diagnostic("manifest-empty", "the document is empty", places.at(), "write it, or delete its `---`")
        )
    elif not isinstance(data, dict):
        if document.whole:
            checked.diagnostics.append(_no_mapping(places))
    else:
        kind = _kind(data, document, checked)
        if kind is None:
            for name in KINDS:
                _remember(name, data, checked)
        else:
            value = _value(kind, document, checked)
            if value is None:
                _remember(kind, data, checked)
            else:
                checked.values.append(value)


def _no_mapping(places: Places) -> Diagnostic:
    message = "a document must be a mapping that begins with apiVersion and kind"
    return Diagnostic("manifest-wrong-type", message, places.at(), f"begin with `apiVersion: {API_VERSION}`")


def _kind(data: dict[str, Any], document: Document, checked: _Checked) -> str | None:
    """The kind, if it is one; a document of another format is not looked at any further."""
    kind = data.get("kind")
    if isinstance(kind, str) and kind in KINDS:
        return kind
    if not document.whole:
        return None
    if kind is None:
        span = document.key_spans.get(("kind",)) or document.places.at()
        help_ = f"add one of: {', '.join(f'`kind: {name}`' for name in KINDS)}"
        checked.diagnostics.append(Diagnostic("manifest-missing-key", "the document has no kind", span, help_))
    else:
        message, span = f'there is no kind "{str(kind)[:80]}"', document.places.at("kind")
        checked.diagnostics.append(Diagnostic("manifest-unknown-kind", message, span, advice(str(kind), KINDS)))
    return None


def _value(kind: str, document: Document, checked: _Checked) -> Value | None:
    if not document.whole:
        return None
    places = document.places
    try:
        model = KINDS[kind].model_validate(document.data)
    except ValidationError as error:
        checked.diagnostics += _structure(kind, document, error)
        return None
    if document.blanks:
        checked.diagnostics += _structure(kind, document, None)
        return None
    problems = model.problems()
    checked.diagnostics += [diagnostic(problem, places) for problem in problems]
    if problems:
        return None
    value = model.value(_name(kind, document), places)
    if isinstance(value, BackupPolicy):
        checked.diagnostics += _rules(value, rule_problems(value.rules))
    return value


def _structure(kind: str, document: Document, error: ValidationError | None) -> list[Diagnostic]:
    # jsonschema takes a quarter of a command's start, and is needed for mistakes only
    from reconciler.manifests.mistakes import model_mistakes, structure_mistakes

    found = structure_mistakes(kind, document)
    if not found:
        return model_mistakes(error, document) if error is not None else []
    return found if len(found) > _MOST_TO_SALVAGE else found + list(_besides(kind, document))


def _besides(kind: str, document: Document) -> Iterator[Diagnostic]:
    """The mistakes in what the broken places of a document leave alone."""
    model, hurt = salvage(kind, document.data)
    hurt |= {path[:-1] for path in document.blanks}
    if model is None:
        return
    problems: list[Problem] = model.problems()
    yield from (diagnostic(problem, document.places) for problem in problems if sound(problem.path, hurt))
    if kind == "BackupPolicy" and not problems:
        value = model.value(_name(kind, document), document.places)
        yield from _rules(value, [problem for problem in rule_problems(value.rules) if sound(problem.path, hurt)])


def _rules(policy: BackupPolicy, problems: Iterable[Problem]) -> Iterator[Diagnostic]:
    for problem in problems:
        severity = Severity.WARNING if problem.code == ADVICE else Severity.ERROR
        yield diagnostic(problem, policy.places, severity)


def _name(kind: str, document: Document) -> str:
    metadata = document.data.get("metadata") or {}
    place = document.places.at()
    return str(metadata.get("name") or f"{kind.lower()}{GENERATED}{place.file}:{place.line}")


def _remember(kind: str, data: dict[str, Any], checked: _Checked) -> None:
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if isinstance(name, str):
        checked.broken.setdefault(kind, set()).add(name)


def _broken(checked: _Checked) -> Broken:
    vaults, policies = (frozenset(checked.broken.get(kind, ())) for kind in ("Vault", "BackupPolicy"))
    return Broken(vaults, policies, checked.complete)


def _duplicates(values: Iterable[Value]) -> Iterator[Diagnostic]:
    first: dict[tuple[str, str], Value] = {}
    for value in values:
        kind = type(value).__name__
        before = first.setdefault((kind, fold(value.name)), value)
        if before is not value:
            span, notes = _name_place(value), (Note("it stood here first", _name_place(before)),)
            message = f'there are two documents of kind {kind} called "{value.name}"'
            yield Diagnostic("manifest-duplicate-name", message, span, "rename or delete one", notes)


def _name_place(value: Value) -> Any:
    return value.places.at("metadata", "name")


def _desired(values: list[Value], files: int) -> Desired:
    def of(kind: type[Any]) -> tuple[Any, ...]:
        return tuple(sorted((value for value in values if isinstance(value, kind)), key=lambda value: value.name))

    return Desired(
        of(Vault), of(BackupPolicy), of(Protection), of(Exemption), of(Retirement), of(Pause), of(Consent), files=files
    )
