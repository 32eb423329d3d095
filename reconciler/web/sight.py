"""What one request looks at: one board at one moment, and how much of it still counts as seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256

from reconciler.model.board import Board
from reconciler.model.drift import SeenDrift
from reconciler.model.ids import fold
from reconciler.model.observed import VmKey
from reconciler.model.plan import Finding, Held, Step, SubjectKind
from reconciler.web.index import Index, word_of


@dataclass(frozen=True)
class Sight:
    """`now` is aware UTC, by the clock of the board."""

    board: Board
    now: datetime
    index: Index

    def seen_at(self, vault: str) -> datetime | None:
        """When what is shown of a vault was read in full."""
        state, observed = self.board.vaults.get(vault), self.board.observed
        if state is not None and state.seen_at is not None:
            return state.seen_at
        return observed.taken_at if observed is not None else None

    @cached_property
    def vault_names(self) -> tuple[str, ...]:
        declared = self.board.desired.vaults if self.board.desired is not None else ()
        status = self.board.status.vaults if self.board.status is not None else ()
        names = {vault.name for vault in declared} | {vault.name for vault in status} | set(self.board.vaults)
        return tuple(sorted(names))

    @cached_property
    def stale(self) -> frozenset[str]:
        """Vaults that were not read within the bound: nothing in them is shown as protected."""
        return frozenset(name for name in self.vault_names if self._left(name) <= 0)

    @cached_property
    def good_for(self) -> int:
        """Whole seconds until something that is shown as seen no longer is; 0 where nothing is."""
        left = [self._left(name) for name in self.vault_names if name not in self.stale]
        return int(min(left, default=0))

    @cached_property
    def oldest(self) -> datetime | None:
        """When the oldest of what is shown was read; None when nothing was."""
        seen = [self.seen_at(name) for name in self.vault_names]
        return min((at for at in seen if at is not None), default=None)

    def _left(self, vault: str) -> float:
        seen = self.seen_at(vault)
        return 0.0 if seen is None else (seen + timedelta(seconds=self.board.bound) - self.now).total_seconds()

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """VMs by the word they may be shown with."""
        found: dict[str, int] = {}
        for entry in self.index.entries if self.stale else ():
            word = word_of(entry, self.stale)
            found[word] = found.get(word, 0) + 1
        for (_, word), number in () if self.stale else self.index.counts.items():
            found[word] = found.get(word, 0) + number
        return found

    @property
    def findings(self) -> tuple[Finding, ...]:
        if self.board.plan is not None:
            return self.board.plan.findings
        return self.board.status.findings if self.board.status is not None else ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.board.plan.steps if self.board.plan is not None else ()

    @property
    def held(self) -> tuple[Held, ...]:
        return self.board.plan.held if self.board.plan is not None else ()

    @cached_property
    def drifted(self) -> frozenset[tuple[str, str]]:
        """Vault and folded ARM id of whatever has drifted."""
        return frozenset((seen.drift.vault, fold(seen.drift.subject)) for seen in self.board.drifts)

    def drifts_of(self, key: VmKey) -> tuple[SeenDrift, ...]:
        return tuple(seen for seen in self.board.drifts if fold(seen.drift.subject) == key)

    def finding(self, cause: str) -> Finding | None:
        return next((finding for finding in self.findings if cause_id(finding) == cause), None)

    def findings_on(self, key: VmKey) -> Iterator[Finding]:
        return (finding for finding in self.findings if any(fold(one) == key for one in finding.subjects))

    def steps_on(self, key: VmKey) -> tuple[tuple[Step, Held | None], ...]:
        """What the next pass would do with a VM, and what holds it back."""
        free = [(step, None) for step in self.steps if _is_on(step, key)]
        return (*free, *((one.step, one) for one in self.held if _is_on(one.step, key)))


def _is_on(step: Step, key: VmKey) -> bool:
    return step.subject.kind is SubjectKind.VM and fold(step.subject.id) == key


def cause_id(finding: Finding) -> str:
    """A short name of a finding that stays the same as long as its cause does, whomever it befalls."""
    text = "\n".join((finding.code, finding.vault, str(finding.source), finding.message))
    return sha256(text.encode()).hexdigest()[:12]


class Sights:
    """Makes sights; the index of a board is kept until what it is made of changes. Safe in several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made_of: tuple[object, ...] = ()
        self._index: Index | None = None

    def of(self, board: Board, now: datetime) -> Sight:
        made_of = (board.status, board.plan, board.observed)
        with self._lock:
            same = len(self._made_of) == len(made_of) and all(map(_is, self._made_of, made_of))
            if self._index is None or not same:
                self._index, self._made_of = Index(board), made_of
            return Sight(board, now, self._index)


def _is(one: object, other: object) -> bool:
    return one is other
