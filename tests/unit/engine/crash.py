"""Death at a chosen moment: of the world's wire, of the journal, or inside one of its transactions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from reconciler.engine.ports import Journal, Writer
from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.audit import Head
from reconciler.model.call import Call
from reconciler.model.journal import FREE, Debt, Fence, Mandate
from reconciler.model.observed import Sizes
from reconciler.model.outcome import Answer, OpenOperation, Operation, Outcome
from reconciler.model.plan import Plan, Step

T = TypeVar("T")


class Crash(BaseException):
    """The process is dead: no handler of the program may run on it."""


class Boundary:
    """Counts the moments at which a process can die, and kills it at one of them; then it stays dead."""

    def __init__(self, fatal: int | None = None) -> None:
        self.fatal = fatal
        self.names: list[str] = []

    def __call__(self, name: str) -> None:
        self.names.append(name)
        if self.fatal is not None and len(self.names) > self.fatal:
            raise Crash(name)


class MortalWriter:
    """A Writer whose process can die before it sends, and after the effect but before the answer."""

    def __init__(self, writer: Writer, boundary: Callable[[str], None]) -> None:
        self._writer = writer
        self._boundary = boundary

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        self._boundary("before send")
        answer = await self._writer.submit(call, correlation_id)
        self._boundary("after effect")
        return answer

    async def poll(self, operation: Operation) -> Answer:
        self._boundary("before poll")
        return await self._writer.poll(operation)


class MortalJournal:
    """A Journal whose process can die before and after each thing it does."""

    def __init__(self, journal: Journal, boundary: Callable[[str], None]) -> None:
        self._journal = journal
        self._boundary = boundary

    def enter(self, config_digest: str, vaults: Collection[str]) -> int:
        return self._mortal("enter", lambda: self._journal.enter(config_digest, vaults))

    def head(self) -> Head:
        return self._journal.head()

    def begin(self, run: str, plan: Plan, revision: str | None) -> None:
        self._mortal("begin", lambda: self._journal.begin(run, plan, revision))

    def intend(
        self,
        run: str,
        step: Step,
        correlation_id: str,
        circumstances: Circumstances | None = None,
        mandate: Mandate = FREE,
    ) -> Fence | None:
        return self._mortal("intend", lambda: self._journal.intend(run, step, correlation_id, circumstances, mandate))

    def intend_put_back(self, run: str, debt: Debt, correlation_id: str, mandate: Mandate = FREE) -> Fence | None:
        return self._mortal("intend", lambda: self._journal.intend_put_back(run, debt, correlation_id, mandate))

    def record_put_back(self, run: str, step_id: str, answer: Answer) -> None:
        self._mortal("record", lambda: self._journal.record_put_back(run, step_id, answer))

    def record(self, run: str, step_id: str, outcome: Outcome) -> None:
        self._mortal("record", lambda: self._journal.record(run, step_id, outcome))

    def owe(self, run: str, step: Step) -> None:
        self._mortal("owe", lambda: self._journal.owe(run, step))

    def paid(self, run: str, step_id: str) -> None:
        self._mortal("paid", lambda: self._journal.paid(run, step_id))

    def cross_out(self, run: str, debt: Debt, mandate: Mandate = FREE) -> Fence | None:
        return self._mortal("paid", lambda: self._journal.cross_out(run, debt, mandate))

    def remember_sizes(self, scope: str, sizes: Sizes) -> None:
        self._mortal("remember", lambda: self._journal.remember_sizes(scope, sizes))

    def blame(self, run: str, step_id: str, action: str, outcome: Outcome) -> None:
        self._mortal("blame", lambda: self._journal.blame(run, step_id, action, outcome))

    def forget(self, step_ids: Iterable[str]) -> None:
        self._mortal("forget", lambda: self._journal.forget(step_ids))

    def failures(self) -> Sequence[Attempts]:
        return self._journal.failures()

    def debts(self) -> Sequence[Debt]:
        return self._journal.debts()

    def open_operations(self) -> Sequence[OpenOperation]:
        return self._journal.open_operations()

    def last_sizes(self, scope: str) -> Sizes | None:
        return self._journal.last_sizes(scope)

    def _mortal(self, name: str, act: Callable[[], T]) -> T:
        self._boundary(f"before {name}")
        result = act()
        self._boundary(f"after {name}")
        return result


class MortalTime:
    """The journal's clock: it asks for the time inside its transactions, so a process can die there too."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.boundary: Callable[[str], None] = lambda name: None

    def __call__(self) -> datetime:
        self.boundary("inside a transaction")
        return self._now()
