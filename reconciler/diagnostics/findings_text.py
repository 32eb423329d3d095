"""Findings and failures as a person reads them: what, why, who acts and what to do, each told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from rich.cells import cell_len

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.excerpt import excerpt
from reconciler.diagnostics.failures import Failure
from reconciler.diagnostics.finding_words import (
    EACH,
    MESSAGES_SHOWN,
    colon,
    first_sentence,
    many,
    of,
    own_words,
    said,
    sentence,
    who,
    who_acts,
)
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.outcome_text import STYLES, seconds
from reconciler.diagnostics.paper import Paper
from reconciler.diagnostics.phrases import spoken
from reconciler.diagnostics.plan_words import sorted_findings
from reconciler.diagnostics.possible import possible
from reconciler.diagnostics.subject_names import is_vm, plural, vm_label
from reconciler.model.outcome import AzureError, Failed, Retry, word
from reconciler.model.plan import Finding, Severity
from reconciler.model.span import Span

_SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
NO_SOURCES: Mapping[str, str] = MappingProxyType({})
_INDENT = 2
_LABEL = 9
"""Columns of the first word of an entry, and the space behind it."""
_DEEP = _INDENT + _LABEL
_SEVERAL = 2
"""From so many causes on, what to do is said once more at the end."""


class Entry:
    """A word, what it is about in lines beside it, and a code at the right edge of the first line that has room."""

    def __init__(self, page: Paper, label: str, code: str, style: str) -> None:
        self._page, self._label, self._code, self._style = page, label, code, style

    @property
    def language(self) -> Language:
        return self._page.language

    def line(self, text: str, *, deeper: int = 0, style: str = "", foreign: bool = False) -> None:
        if self._label:
            label, text = spoken(self._label, self.language), spoken(text, self.language)
            gap = " " * max(_LABEL - cell_len(label), 1)
            self._page.line(f"{label}{gap}{text}", indent=_INDENT, hang=_LABEL, mark=self._style)
            self._label = ""
        else:
            self._page.line(text, indent=_DEEP + deeper, style=style, foreign=foreign)
        if self._code and self._page.aside(self._code):
            self._code = ""

    def source(self, span: Span, sources: Mapping[str, str], *, full: bool) -> None:
        """The line of the YAML behind it: by its number, and with `full` with the line itself and carets."""
        if not span.file:
            return
        self.line(f"at {span}" if full else f"at {span.file}:{span.line}", style="dim")
        lines = sources.get(span.file, "").split("\n")
        if not full or span.file not in sources or not 0 < span.line <= len(lines):
            return
        number = str(span.line)
        piece = excerpt(lines[span.line - 1], span.column, span.end_column, self._page.width - _DEEP - len(number) - 3)
        edge = " " * _DEEP
        self._page.raw((f"{edge}{number} |", "blue"), (f" {piece.text}".rstrip(), ""))
        blank = " " * len(number)
        self._page.raw((f"{edge}{blank} |", "blue"), (" " * (piece.start + 1), ""), ("^" * piece.length, self._style))

    def end(self) -> None:
        """Where no line had room, the code has its own."""
        if self._code:
            self._page.aside(self._code, own_line=True)


def print_failures(page: Paper, told: Sequence[Failure], *, full: bool) -> None:
    if not told:
        return
    page.heading("Failed" if any(isinstance(one.outcomes[0], Failed) for one in told) else "To be retried")
    explained: set[tuple[object, ...]] = set()
    for failure in told:
        kind, both = (failure.code, word(failure.outcomes[0])), (failure.code, failure.or_else)
        entry = _failure(page, failure, explain=kind not in explained, full=full)
        if both not in explained:
            _possible(entry, *both)
        entry.end()
        explained |= {kind, both}


def print_to_do(page: Paper, told: Sequence[Failure], *, held: int) -> None:
    """Where several things failed: one line a cause, what heals by itself, and how to go on; it fits a screen."""
    causes: dict[str, set[str]] = {}
    for failure in told:
        if isinstance(failure.outcomes[0], Failed):
            causes.setdefault(failure.code, set()).update(step.subject.id for step in failure.steps)
    if len(causes) < _SEVERAL:
        return
    page.heading("To do, most VMs first")
    widest = max(len(str(len(subjects))) for subjects in causes.values())
    for code, subjects in sorted(causes.items(), key=lambda one: (-len(one[1]), one[0])):
        number, remedy = str(len(subjects)), first_sentence(catalog().row(code).told(page.language).remedy)
        page.line(f"{number}  {remedy}", indent=_INDENT + widest - len(number), hang=len(number) + 2)
        page.aside(code, own_line=True)
    later = [one for failure in told for one in failure.outcomes if isinstance(one, Retry)]
    if later:
        soonest = seconds(min(one.after for one in later))
        page.line(f"{plural(len(later), 'VM')} to be tried again by itself, the first in {soonest}", indent=_INDENT)
    if held:
        page.line(f"{held} held: somebody has to decide", indent=_INDENT)
    page.line("Then run the same command again, or leave it to --watch: what heals is done by itself.", indent=_INDENT)


def print_findings(
    page: Paper, findings: Iterable[Finding], *, full: bool, sources: Mapping[str, str] = NO_SOURCES
) -> None:
    """`sources` has the text of the manifests by the name that places use; what is not there is named only."""
    alike: dict[object, list[Finding]] = {}
    for place, one in enumerate(sorted_findings(findings)):
        alike.setdefault(place if full else (one.severity, one.code, one.or_else), []).append(one)
    if alike:
        page.heading("Findings")
    explained: set[object] = set()
    for same in sorted(alike.values(), key=_gravity):
        code, both = same[0].code, (same[0].code, same[0].or_else)
        entry = Entry(page, same[0].severity.value, code, _SEVERITY_STYLES[same[0].severity])
        _finding(entry, same, sources, full=full)
        if code not in explained:
            remedy = catalog().row(code).told(page.language).remedy
            entry.line(f"→ {remedy if full else first_sentence(remedy)}")
        if both not in explained:
            _possible(entry, *both)
        entry.end()
        explained |= {code, both}


def _gravity(same: Sequence[Finding]) -> tuple[int, int]:
    """Worst first, and of these what is true of most."""
    return tuple(Severity).index(same[0].severity), -len({subject for one in same for subject in one.subjects})


def is_cut(finding: Finding, language: Language = "en") -> bool:
    """Whether there is more to its remedy than the page says."""
    remedy = catalog().row(finding.code).told(language).remedy
    return first_sentence(remedy) != remedy


def _finding(entry: Entry, same: Sequence[Finding], sources: Mapping[str, str], *, full: bool) -> None:
    first = same[0]
    subjects = list(dict.fromkeys(subject for one in same for subject in one.subjects))
    labels = [vm_label(subject) for subject in subjects]
    messages = [of(one.message, labels, full=full) for one in same]
    if len(same) == 1 and not EACH.search(messages[0]):
        text, more = said(messages[0], first, subjects, entry.language, full=full), list[str]()
    else:
        title = catalog().row(first.code).told(entry.language).title
        text = f"{title}{colon(entry.language)}{spoken(who(subjects), entry.language)}"
        more = _shown(messages, same)
    entry.line(text)
    for line in more:
        entry.line(line)
    if full:
        _azure(entry, first.azure)
        for subject in subjects if len(subjects) > 1 else ():
            entry.line(f"- {vm_label(subject)}")
    if full or first.severity is Severity.ERROR:
        entry.source(first.source, sources, full=full)


def _shown(messages: Sequence[str], findings: Sequence[Finding]) -> list[str]:
    """What is special about several findings: one sentence for all where they differ in the name only."""
    told = list(dict.fromkeys(filter(None, messages)))
    if len(told) <= 1:
        return told
    general = {_general(message, one) for message, one in zip(messages, findings, strict=True)}
    if len(general) == 1:
        return [text[:1].upper() + text[1:] for text in general]
    if len(told) == len(findings):
        told = [_of_several(text, one) for text, one in zip(told, findings, strict=True)]
    left = len(told) - MESSAGES_SHOWN
    more = [f"… and {left} more like this (--full shows all)"] if left > 0 else []
    return [*told[:MESSAGES_SHOWN], *more]


def _of_several(message: str, finding: Finding) -> str:
    """`4 VMs: each has 33 data disks.` of `Each has 33 data disks.`, where another finding is about other VMs."""
    count = len(finding.subjects)
    plain = count > 1 and all(map(is_vm, finding.subjects)) and message.startswith("Each ")
    return f"{count} VMs: {message[:1].lower()}{message[1:]}" if plain else message


def _general(message: str, finding: Finding) -> str:
    """`Each is deallocated.` of `rg/web-01 is deallocated.`"""
    for label in sorted((vm_label(one) for one in finding.subjects if is_vm(one)), key=len, reverse=True):
        name = re.escape(label.rpartition("/")[2])
        message = re.sub(rf"(?:[^\s/']+/)?(?<![\w-]){name}(?![\w-])", "each", message)
    return message


def _failure(page: Paper, failure: Failure, *, explain: bool, full: bool) -> Entry:
    step, outcome = failure.steps[0], failure.outcomes[0]
    row, became = catalog().row(failure.code), word(outcome)
    told = row.told(page.language)
    who = many([one.subject.name for one in failure.steps], step.subject.kind)
    entry = Entry(page, became, row.id, STYLES[became])
    about = f"{step.action} {spoken(who, page.language)}{colon(page.language)}"
    entry.line(f"{about}{sentence(told.title, page.language)}")
    labels = [one.subject.name for one in failure.steps]
    messages = [of(one.message, labels, full=full) for one in failure.findings]
    for line in _shown(messages, failure.findings) or own_words(failure):
        entry.line(line)
    _azure(entry, [one.error for one in failure.outcomes if one.error is not None])
    if explain:
        entry.line(who_acts(row, outcome, page.language))
        entry.line(f"→ {told.remedy}")
    return entry


def _possible(entry: Entry, code: str, or_else: Sequence[str]) -> None:
    text = possible(code, or_else, entry.language)
    if text:
        entry.line(text, foreign=True)


def _azure(entry: Entry, errors: Sequence[AzureError]) -> None:
    """Azure's own code and message, once for all that share them, and where to find the request."""
    alike: dict[str, list[str]] = {}
    for error in errors:
        status = f" (HTTP {error.status})" if error.status >= 400 else ""
        text = f"Azure: {error.code or error.number or 'no code'}{status}: {' '.join(error.message.split())}"
        alike.setdefault(text, []).append(error.correlation_id)
    for text, ids in alike.items():
        entry.line(text, foreign=True)
        known = [one for one in ids if one]
        if known:
            more = f" and {len(known) - 1} more (--full shows all)" if len(known) > 1 else ""
            entry.line(f"correlation id {known[0]}{more}", deeper=2, style="dim")
