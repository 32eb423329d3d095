"""Every VM that a board knows, in one list that is searched, filtered and sorted; made once a board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, get_args

from reconciler.model.board import Board
from reconciler.model.ids import fold
from reconciler.model.observed import VmKey
from reconciler.model.plan import SubjectKind
from reconciler.model.status import Trust, VmStatus

WORDS = (
    "unknown",
    "vm-deleted",
    "protection-error",
    "not-protected",
    "uncovered",
    "backups-suspended",
    "claimed",
    "protection-paused",
    "stopped",
    "initial-backup-pending",
    "soft-deleted",
    "paused",
    "exempt",
    "outside",
    "verified",
)
"""Under which one word a VM is counted, worst first. `claimed` and `verified` are both protected."""

PROTECTED_WORDS = frozenset({"verified", "claimed", "initial-backup-pending", "protection-paused"})
UNSEEN = "unknown"
Sort = Literal["state", "name", "point", "policy", "vault", "next"]
SORTS: tuple[Sort, ...] = get_args(Sort)
_RANK = {word: number for number, word in enumerate(WORDS)}
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One VM in one vault; `vault` is empty for a VM that is in none and wanted in none."""

    vault: str
    key: VmKey
    label: str
    id: str
    word: str
    status: VmStatus | None = None

    @property
    def policy(self) -> str:
        return self.status.policy if self.status is not None else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; an empty value narrows nothing. `keys` are those of VMs with one cause."""

    words: frozenset[str] = frozenset()
    text: str = ""
    vault: str = ""
    policy: str = ""
    keys: frozenset[VmKey] | None = None
    sort: Sort = "state"
    reverse: bool = False


class Index:
    """All lists here are made when they are first asked for, and kept."""

    def __init__(self, board: Board) -> None:
        self.entries: Sequence[Entry] = tuple(_entries(board))
        self._board = board
        self._ordered: dict[Sort, list[Entry]] = {}

    @cached_property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many VMs there are by vault and word."""
        return Counter((entry.vault, entry.word) for entry in self.entries)

    @cached_property
    def policies(self) -> Sequence[str]:
        return sorted({entry.policy for entry in self.entries} - {""})

    @cached_property
    def vaults(self) -> Sequence[str]:
        return sorted({entry.vault for entry in self.entries} - {""})

    @cached_property
    def by_key(self) -> Mapping[VmKey, Sequence[Entry]]:
        found: dict[VmKey, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.key, []).append(entry)
        return found

    def select(self, wanted: Wanted, stale: Collection[str] = ()) -> list[Entry]:
        """In the order asked for. What is in a vault of `stale` and looks protected counts as unknown."""
        tests = list(self._tests(wanted, stale))
        ordered = self.ordered(wanted.sort)
        found = [entry for entry in ordered if all(test(entry) for test in tests)] if tests else list(ordered)
        return found[::-1] if wanted.reverse else found

    def _tests(self, wanted: Wanted, stale: Collection[str]) -> Iterator[Callable[[Entry], bool]]:
        """The cheapest first."""
        if wanted.keys is not None:
            keys = wanted.keys
            yield lambda entry: entry.key in keys
        if wanted.words:
            yield lambda entry: word_of(entry, stale) in wanted.words
        if wanted.vault:
            yield lambda entry: entry.vault == wanted.vault
        if wanted.policy:
            policy = fold(wanted.policy)
            yield lambda entry: fold(entry.policy) == policy
        if wanted.text:
            hits = self._found(wanted.text)
            yield lambda entry: id(entry) in hits

    def ordered(self, sort: Sort) -> list[Entry]:
        """All entries; equal ones by name."""
        if sort not in self._ordered:
            self._ordered[sort] = sorted(self.entries, key=_KEYS[sort])
        return self._ordered[sort]

    def _found(self, text: str) -> set[int]:
        """The entries that have every word of a text in their names, vault, policy or tags."""
        words = fold(text).split()
        return {
            id(entry)
            for entry, said in zip(self.entries, self._said, strict=True)
            if all(word in said for word in words)
        }

    @cached_property
    def _said(self) -> Sequence[str]:
        vms = self._board.observed.vms if self._board.observed is not None else {}
        said = []
        for entry in self.entries:
            vm = vms.get(entry.key)
            tags = " ".join(f"{name}={value}" for name, value in vm.tags) if vm is not None else ""
            said.append(fold(f"{entry.label}\n{entry.policy}\n{entry.vault}\n{tags}"))
        return said


def word_of(entry: Entry, stale: Collection[str]) -> str:
    """The word of an entry as it may be shown now: nothing is protected that was not seen so within the bound."""
    return UNSEEN if entry.vault in stale and entry.word in PROTECTED_WORDS else entry.word


def _entries(board: Board) -> Iterator[Entry]:
    known: set[VmKey] = set()
    for vm in board.status.vms if board.status is not None else ():
        known.add(vm.key)
        yield Entry(vm.vault, vm.key, vm.label, vm.id, _word(vm), vm)
    if board.observed is None:
        return
    plan = board.plan
    left = {fold(arm_id) for arm_id in plan.coverage.uncovered} if plan is not None else set()
    quiet = plan.quiet if plan is not None else ()
    hands_off = {
        fold(one.subject.id): one.because
        for one in quiet
        if one.subject.kind is SubjectKind.VM and one.because in {"exempt", "paused"}
    }
    for key, seen in board.observed.vms.items():
        if key not in known:
            word = hands_off.get(key) or ("uncovered" if key in left else "outside")
            yield Entry("", key, seen.label, seen.id, word)


def _word(vm: VmStatus) -> str:
    if vm.trust is Trust.UNKNOWN or vm.state == "protected":
        return str(vm.trust or UNSEEN)
    return vm.state if vm.state in _RANK else UNSEEN


def _name(entry: Entry) -> tuple[str, str]:
    return fold(entry.label), entry.vault


def _point(entry: Entry) -> datetime:
    return (entry.status.last_point if entry.status is not None else None) or _NEVER


def _next(entry: Entry) -> datetime:
    run = entry.status.next if entry.status is not None else None
    return run.at if run is not None else _NEVER


_KEYS: Mapping[Sort, Callable[[Entry], tuple[object, ...]]] = {
    "state": lambda entry: (_RANK[entry.word], *_name(entry)),
    "name": _name,
    "point": lambda entry: (_point(entry), *_name(entry)),
    "policy": lambda entry: (fold(entry.policy), *_name(entry)),
    "vault": lambda entry: (entry.vault, *_name(entry)),
    "next": lambda entry: (_next(entry), *_name(entry)),
}
