"""One cause, one finding: what befalls many VMs for one reason is told once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from reconciler.model.outcome import AzureError
from reconciler.model.plan import Finding

INSTANCES = 3
"""How many times what Azure said is kept."""

_WORD = re.compile(r"[\w/.-]+")
"""What may be a name: the same pattern for all, for compiling one a VM would be the dearest part of a large plan."""

Fingerprint = tuple[object, ...]
LabelOf = Callable[[str], str]
"""The name by which messages call a VM, by its ARM id; empty for what is no VM's id."""


def by_root_cause(findings: Iterable[Finding], label_of: LabelOf) -> list[Finding]:
    """Findings about one VM each that differ in nothing but the VM become one; its subjects are in the order of labels.

    A finding about several subjects stays as it is, and so does one about something else than a VM.
    """
    alike: dict[Fingerprint, list[Finding]] = {}
    for number, finding in enumerate(dict.fromkeys(findings)):
        label = label_of(finding.subjects[0]) if len(finding.subjects) == 1 else ""
        alike.setdefault(fingerprint(finding, label) if label else (number,), []).append(finding)
    return [_merged(same, label_of) for same in alike.values()]


def fingerprint(finding: Finding, label: str) -> Fingerprint:
    """Rows, place and Azure's code, and the facts of the message: what is left of it without the VM's name."""
    said = tuple((error.code, error.number, error.status) for error in finding.azure)
    facts = _of_each(finding.message, label)
    return finding.code, finding.severity, finding.basis, finding.vault, said, facts, finding.or_else


def _merged(same: Sequence[Finding], label_of: LabelOf) -> Finding:
    if len(same) == 1:
        return same[0]
    ordered = sorted(same, key=lambda one: (label_of(one.subjects[0]), one.subjects))
    first = ordered[0]
    text = _of_each(first.message, label_of(first.subjects[0]))
    return replace(
        first,
        subjects=tuple(dict.fromkeys(one.subjects[0] for one in ordered)),
        message=text[:1].upper() + text[1:],
        azure=_instances(ordered),
    )


def _instances(findings: Sequence[Finding]) -> tuple[AzureError, ...]:
    return tuple(dict.fromkeys(error for one in findings for error in one.azure))[:INSTANCES]


def _of_each(message: str, label: str) -> str:
    """`each is deallocated.` of `rg/web-01 is deallocated.`; a name inside a longer one is left alone."""
    name = label.rpartition("/")[2]

    def told(word: re.Match[str]) -> str:
        bare = word[0].rstrip(".")
        return f"each{word[0][len(bare) :]}" if bare == name else word[0]

    return _WORD.sub(told, message.replace(label, name)) if name in message else message
