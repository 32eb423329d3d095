"""What the engine needs of the world, as Protocols; `app` gives it the adapters."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.audit import AuditEntry, Head
from reconciler.model.board import Declared, LeaseState
from reconciler.model.call import Call
from reconciler.model.desired import Vault
from reconciler.model.drift import Change
from reconciler.model.journal import FREE, Debt, Fence, Mandate
from reconciler.model.observed import Check, Gap, Observed, Sizes, VirtualMachine, VmKey
from reconciler.model.outcome import Answer, OpenOperation, Operation, Outcome
from reconciler.model.plan import Plan, Step


@dataclass(frozen=True, slots=True)
class Scope:
    """What to look at. `classic` and `network` add the lists of classic VMs and of network interfaces.

    A list of VMs that began to be read up to `age` seconds ago, for another look, will do.
    """

    vaults: tuple[Vault, ...]
    classic: bool = False
    network: bool = False
    age: float = 0.0


class Reader(Protocol):
    """All that a dry run is given: there is no method here that writes."""

    async def observe(self, scope: Scope) -> Observed:
        """One snapshot; what could not be read is a gap in it, not an exception."""
        ...

    async def check(self, vault: Vault, vms: Sequence[VirtualMachine]) -> Mapping[VmKey, Check]:
        """Azure's word on protecting each VM in `vault`; a VM whose check could not be read is left out."""
        ...


class CloseReader(Reader, Protocol):
    """A reader that can also look closer: at single items, and at who changed something."""

    async def points(self, observed: Observed, wanted: Sequence[tuple[str, VmKey]]) -> tuple[Observed, tuple[Gap, ...]]:
        """The snapshot with the latest recovery points of some items, and what of them could not be read."""
        ...

    async def changes(self, vault: Vault, since: datetime) -> Sequence[tuple[str, Change]]:
        """The writes in a vault's resource group, by ARM id, newest first; none where nobody may read of them."""
        ...


class Writer(Protocol):
    """The one way in which calls are sent and operations followed."""

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        """Send once; never waits for the operation, never sends again."""
        ...

    async def poll(self, operation: Operation) -> Answer:
        """Look once at a running operation: Pending while it runs."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Journal(Protocol):
    """Memory, not authority: each method is durable when it returns, and raises JournalError when it could not be."""

    def enter(self, config_digest: str, vaults: Collection[str]) -> int:
        """The turn of a run, taken before it looks: larger than any before.

        From now on nothing is sent to these vaults any more for a run of a smaller turn with another configuration.
        """
        ...

    def head(self) -> Head:
        """How long the audit log is, and the hash of its last entry."""
        ...

    def begin(self, run: str, plan: Plan, revision: str | None) -> None: ...

    def intend(
        self,
        run: str,
        step: Step,
        correlation_id: str,
        circumstances: Circumstances | None = None,
        mandate: Mandate = FREE,
    ) -> Fence | None:
        """Comes before the request, and in one transaction: the fence, the intent, and its entry in the audit log.

        Why the request must not be sent, and then nothing is stored; None when it may be. With `circumstances` a
        failure of it is counted.
        """
        ...

    def intend_put_back(self, run: str, debt: Debt, correlation_id: str, mandate: Mandate = FREE) -> Fence | None:
        """The same for a request that pays a debt of any run."""
        ...

    def record_put_back(self, run: str, step_id: str, answer: Answer) -> None:
        """How that was answered, for the audit log."""
        ...

    def record(self, run: str, step_id: str, outcome: Outcome) -> None: ...

    def blame(self, run: str, step_id: str, action: str, outcome: Outcome) -> None:
        """Count a failure of `action` against a step that was made only for it."""
        ...

    def failures(self) -> Sequence[Attempts]:
        """What was tried in vain; of each step the newest last."""
        ...

    def forget(self, step_ids: Iterable[str]) -> None:
        """Drop what is known of the failures of these steps."""
        ...

    def owe(self, run: str, step: Step) -> None:
        """Remember that `step.put_back` is owed."""
        ...

    def paid(self, run: str, step_id: str) -> None: ...

    def cross_out(self, run: str, debt: Debt, mandate: Mandate = FREE) -> Fence | None:
        """It is owed no more, for `run` saw that it is undone already; why it is left owed, by the same fence.

        Another run may have started the VM since.
        """
        ...

    def debts(self) -> Sequence[Debt]:
        """Every put-back still owed, oldest first."""
        ...

    def open_operations(self) -> Sequence[OpenOperation]: ...

    def last_sizes(self, scope: str) -> Sizes | None:
        """Of the last complete observation of this scope."""
        ...

    def remember_sizes(self, scope: str, sizes: Sizes) -> None: ...


class Notes(Protocol):
    """Small things that are remembered between runs, to read. Raises JournalError."""

    def notes(self, prefix: str) -> Mapping[str, str]:
        """Every text whose name begins so, by name."""
        ...


class Notebook(Notes, Protocol):
    """The same, to write too; any of it may be lost. Methods raise JournalError."""

    def note(self, name: str, text: str | None) -> None:
        """Remember a text under a name; None forgets it."""
        ...


class AuditLog(Protocol):
    """The record of every write, to read. Methods raise JournalError."""

    def audit(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        vault: str | None = None,
        subject: str | None = None,
        run: str | None = None,
    ) -> Sequence[AuditEntry]:
        """A page of entries, newest first, of those with a number below `before`.

        `vault` is a name of the manifests, `subject` an ARM id in any spelling.
        """
        ...

    def head(self) -> Head:
        """How many entries there are, and the hash of the last."""
        ...


class Lease(Protocol):
    """The right of one process to be the one writer, kept in the journal's database. Methods raise JournalError.

    Who holds it and for how long it lasts is fixed when it is made. No wall clock judges it, and nobody else's clock:
    the holder's mark in the database changes with each renewal, and whoever wants the lease takes it over once its own
    monotonic clock has counted the seconds of the lease without a change of the mark. So a jump of a wall clock, here
    or there, neither extends nor ends it; a process that starts beside a dead holder waits for one lease time.
    """

    def take(self) -> LeaseState:
        """Renew it where it is ours, take it where it is free or has run out; who has it now.

        A leader calls this at least three times in the time of a lease, a standby as often as it wants to be prompt.
        `epoch` grows with each change of the holder: a run is given the epoch of the state it was started under.
        """
        ...

    def left(self) -> float:
        """For how many seconds it is surely still ours, without asking the database: 0 when it is not, or no more.

        To be asked before each write, beside the journal, which refuses a writer whose epoch is not the newest.
        """
        ...

    def give_back(self) -> None:
        """The next one need not wait. Nothing happens where it is not ours; safe to repeat."""
        ...


class Source(Protocol):
    """Where the manifests come from, for who follows them. Level-triggered: a look gives what is in force, not news.

    The way to use it: look once, and again whenever `changes` yields and at every pass. What a look gives may be what
    the last one gave; then `desired` is the same object.
    """

    async def look(self) -> Declared:
        """Read the folder, or fetch, and give what is in force: the newest that loads, or else the last good one.

        Never raises for what the world does: an absent folder, a dead remote, a commit that does not load are told
        in `Declared.state`. Bounded in time; at most one look runs at once, another waits for it.
        """
        ...

    def changes(self) -> AsyncGenerator[None, None]:
        """Yields when a look may be worth it: files changed and came to rest, a remote is due, `wake` was called.

        For one consumer; doubled and missed events do no harm. `aclose` (or cancelling its task) ends the watch.
        """
        ...

    def wake(self) -> None:
        """Let `changes` yield at once: a hook was called, a signal came. To be called in the event loop."""
        ...


class Progress(Protocol):
    """Where long work reports; silent unless somebody watches."""

    def phase(self, text: str, total: int | None = None) -> None: ...

    def advance(self, amount: int = 1) -> None: ...

    def step(self, step: Step, outcome: Outcome) -> None: ...

    def close(self) -> None: ...


def sizes(observed: Observed) -> Sizes:
    """The yardstick of the shrink guard."""
    items: Iterable[int] = (len(vault.items) for vault in observed.vaults.values())
    return Sizes(len(observed.vms), sum(items))
