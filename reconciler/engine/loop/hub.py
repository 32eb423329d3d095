"""What the watches of all vaults share: the tools they are given, the orders in force, and who may write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.clocks import StoppableClock
from reconciler.diagnostics.catalog import Catalog
from reconciler.engine.chronicle import Chronicle
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.picture import Picture, Pictures
from reconciler.engine.loop.sight import Sight
from reconciler.engine.ports import Clock, CloseReader, Journal, Notebook, Writer
from reconciler.model.board import StepResult
from reconciler.model.desired import Desired
from reconciler.model.drift import SeenDrift
from reconciler.model.observed import VmKey
from reconciler.planning import Brakes
from reconciler.tracing import NoTracer, Tracer


@dataclass(frozen=True, slots=True)
class Tools:
    """All that the loop may use, handed in from outside.

    `clock` stops when the process is to end. `new_id` makes a correlation id, `chance` draws from [0, 1). `timeout`
    is for how many seconds an operation is followed before it is taken up anew.
    """

    reader: CloseReader
    writer: Writer
    journal: Journal
    notes: Notebook
    clock: Clock
    catalog: Catalog
    new_id: Callable[[], str]
    chance: Callable[[], float]
    parallelism: int = 10
    timeout: float = 3600.0
    tracer: Tracer = field(default_factory=NoTracer)


@dataclass(frozen=True, slots=True)
class Orders:
    """What is in force. A new value each time any of it changes; `interval` is in seconds."""

    desired: Desired
    brakes: Brakes
    interval: float


@dataclass(frozen=True, slots=True)
class Term:
    """The time for which this process is the one writer. `clock` stops when it is over.

    `began` is on the clock's count of seconds: what was seen before it, another writer may have changed since.
    """

    clock: StoppableClock
    epoch: int
    began: float


class Permit:
    """Whether anything may be sent now. Each reason is asked for anew, immediately before a request."""

    def __init__(
        self,
        paused: Callable[[], str | None],
        closed: Callable[[], str],
        leads: Callable[[], bool],
    ) -> None:
        """`paused` is the operator's pause, `closed` why the change window is not open (or empty)."""
        self._paused = paused
        self._closed = closed
        self._leads = leads
        self.stopping = ""
        self.overtaken = ""
        """That a run with another configuration has begun since the manifests in force were looked at."""

    def forbidden(self) -> str | None:
        """Why nothing new may be begun."""
        return self.barred() or self.overtaken or self._closed() or None

    def barred(self) -> str | None:
        """Why nothing at all may be sent, not even what puts back an earlier change."""
        if self.stopping:
            return self.stopping
        if not self._leads():
            return "another process is the one that writes"
        return self._paused()


class Watch(Protocol):
    """The watch of one vault, as the others see it."""

    @property
    def results(self) -> Mapping[str, StepResult]: ...

    @property
    def drifts(self) -> Sequence[SeenDrift]: ...

    def facts_changed(self, keys: Collection[VmKey]) -> None: ...


@dataclass
class Hub:
    """`term` is None while another process is the one that writes."""

    tools: Tools
    sight: Sight
    chronicle: Chronicle
    pictures: Pictures
    bulletin: Bulletin
    permit: Permit
    orders: Orders
    term: Term | None = None
    watches: Mapping[str, Watch] = field(default_factory=dict)

    _turn: tuple[Desired, int] | None = None

    def turn(self, orders: Orders) -> int:
        """The place of these manifests in the order in which some came into force, in this process or another."""
        if self._turn is None or self._turn[0] is not orders.desired:
            names = [vault.name for vault in orders.desired.vaults]
            self._turn = orders.desired, self.tools.journal.enter(orders.desired.digest, names)
        return self._turn[1]

    def overtake(self, why: str) -> None:
        """Send nothing more until the source has said once more that these manifests are the ones in force."""
        self.permit.overtaken = why

    def confirm(self) -> bool:
        """The source was looked at, and these manifests are still in force; whether anything waited for that."""
        waited, self.permit.overtaken = bool(self.permit.overtaken), ""
        if waited:
            self._turn = None
        return waited

    def facts_changed(self, keys: Collection[VmKey], seen_by: Watch) -> None:
        """What one vault's look has shown of VMs may be what another vault waits for."""
        if keys:
            for watch in self.watches.values():
                if watch is not seen_by:
                    watch.facts_changed(keys)

    def show(self, picture: Picture) -> None:
        """Put up what was seen, and what became of the steps of all vaults; a picture of other orders is not shown."""
        if picture.desired is self.orders.desired:
            results = {step_id: one for watch in self.watches.values() for step_id, one in watch.results.items()}
            self.bulletin.post(
                desired=picture.desired,
                observed=picture.observed,
                plan=picture.plan,
                status=picture.status,
                results=results,
                drifts=tuple(one for name in sorted(self.watches) for one in self.watches[name].drifts),
            )
