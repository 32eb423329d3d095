"""What is wrong, as a board shows it: each cause once, whatever it is called by. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256

from reconciler.model.board import Board, Rejected, Role
from reconciler.model.drift import SeenDrift
from reconciler.model.ids import fold
from reconciler.model.outcome import Failed
from reconciler.model.plan import Finding, Severity

_COVERAGE = "vm-uncovered"
_DRIFT = frozenset({"policy-drift", "protection-drift"})
_ENDING = frozenset({"exemption-ends-soon", "exemption-expired", "consent-ends-soon", "pause-expired"})
_REJECTED = {"rewound": "source-rewound", "unsigned": "source-unsigned", "empty": "manifest-empty"}
_BLIND = "observation-incomplete"
_LONG = 3
"""Passes in a row that fail before somebody is told: one alone is no news."""


class Kind(StrEnum):
    FAILURE = "failure"
    DRIFT = "drift"
    COVERAGE = "coverage"
    REJECTED = "rejected"
    BLIND = "blind"
    """A vault, or the source, cannot be read."""
    LEASE = "lease"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Cause:
    """`code` is a row of the table, or empty. `subject` is for people; `what` tells causes of one code apart."""

    kind: Kind
    code: str
    vault: str
    subject: str
    text: str
    what: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for as long as it is the same cause, in every process: of what it is, not of how it is worded."""
        parts = (self.kind, self.code, self.vault, fold(self.subject), self.what)
        return sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]

    def written(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=True, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Cause | None:
        """None for what no version of ours has written."""
        try:
            kept = json.loads(text)
            return cls(**{**kept, "kind": Kind(kept["kind"])})
        except (ValueError, TypeError, KeyError):
            return None


def causes(board: Board, *, led: bool = False) -> Mapping[str, Cause]:
    """All that is wrong now, by fingerprint. `led` tells that this process was the one that wrote, once."""
    found = [*_failures(board), *_findings(board), *_drifts(board), *_blind(board), *_of_source(board)]
    if led and board.lease.role is not Role.LEADER:
        holder = board.lease.holder or "nobody"
        found.append(Cause(Kind.LEASE, "lease-lost", "", "", f"Another process writes now: {holder}.", holder))
    return {cause.fingerprint: cause for cause in found}


def judged(board: Board, cause: Cause) -> bool:
    """Whether the board can say that a cause is over: what cannot be seen now may still be there."""
    if cause.kind is Kind.LEASE:
        return True
    if cause.kind is Kind.REJECTED or not cause.vault:
        return board.source.checked_at is not None and not board.source.trouble
    if board.desired is None or board.plan is None:
        return False
    state = board.vaults.get(cause.vault)
    if state is None:
        return cause.vault not in {vault.name for vault in board.desired.vaults}
    return state.last_completed is not None and not state.trouble


def _failures(board: Board) -> Iterator[Cause]:
    for result in board.results.values():
        if isinstance(result.outcome, Failed):
            outcome, step = result.outcome, result.step
            said = outcome.error.message if outcome.error is not None else outcome.message
            text = f"{step.action} of {step.subject.name} failed{f': {said}' if said else '.'}"
            yield Cause(Kind.FAILURE, outcome.code, step.vault, step.subject.name, text)


def _findings(board: Board) -> Iterator[Cause]:
    known = (*(board.plan.findings if board.plan else ()), *(board.status.findings if board.status else ()))
    for finding in dict.fromkeys(known):
        kind = _kind(finding)
        if kind is not None:
            for subject in finding.subjects or ("",):
                yield Cause(kind, finding.code, finding.vault, _label(board, subject), finding.message)


def _kind(finding: Finding) -> Kind | None:
    if finding.code in _ENDING:
        return Kind.EXPIRY
    if finding.code in _DRIFT or finding.code == _BLIND:
        return None
    if finding.code == _COVERAGE:
        return Kind.COVERAGE if finding.severity is Severity.ERROR else None
    return Kind.FAILURE if finding.severity is Severity.ERROR else None


def _label(board: Board, subject: str) -> str:
    """A VM as people say it; everything else as it is."""
    vm = board.observed.vms.get(fold(subject)) if board.observed is not None else None
    return vm.label if vm is not None else subject


def _drifts(board: Board) -> Iterator[Cause]:
    for seen in board.drifts:
        drift = seen.drift
        yield Cause(Kind.DRIFT, _code_of(seen), drift.vault, drift.label, _said(seen), drift.kind)


def _code_of(seen: SeenDrift) -> str:
    return "policy-drift" if seen.drift.kind in {"vm-policy", "policy"} else "protection-drift"


def _said(seen: SeenDrift) -> str:
    who = f", changed by {seen.by.caller} at {seen.by.at:%Y-%m-%d %H:%M} UTC" if seen.by is not None else ""
    then = "It is corrected" if seen.drift.corrected else "It is left as it is"
    return f"{seen.drift.label}: {seen.drift.found}{who}. {then}."


def _blind(board: Board) -> Iterator[Cause]:
    for state in board.vaults.values():
        if state.failures >= _LONG:
            yield Cause(Kind.BLIND, _BLIND, state.name, state.name, state.trouble)


def _of_source(board: Board) -> Iterator[Cause]:
    rejected = board.source.rejected
    if rejected is not None:
        name = rejected.revision.id or rejected.revision.digest or "the folder"
        yield Cause(Kind.REJECTED, _code(rejected), "", name[:12], _problems(rejected), name)


def _code(rejected: Rejected) -> str:
    known = _REJECTED.get(rejected.because)
    return known or (rejected.problems[0].code if rejected.problems else "manifest-unreadable")


def _problems(rejected: Rejected) -> str:
    lines = [f"{problem.span}: {problem.message}" for problem in rejected.problems[:10]]
    more = len(rejected.problems) - len(lines)
    told = [*lines, f"and {more} more"] if more else lines
    return "\n".join([f"It is {rejected.because} and not in force: {rejected.how}.", *told])
