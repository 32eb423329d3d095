"""What happened in a run, in order: every request, every line of the journal, every pass, and what the vault held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from reconciler.engine.reconcile import Result
from reconciler.model.call import Call
from reconciler.model.desired import Desired
from reconciler.model.plan import Plan
from tests.simulation.fault import Fault
from tests.simulation.requests import kind_of, vm_of
from tests.simulation.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Before:
    """What a vault held just before a write. Policies and items are named `vault/name` and `vault/group/vm`, folded."""

    policies: Mapping[str, str] = field(default_factory=dict)
    """Properties, as JSON."""
    item_policy: Mapping[str, str] = field(default_factory=dict)
    """The policy of each item, empty for none."""

    @property
    def used(self) -> frozenset[str]:
        return frozenset(self.item_policy.values())


@dataclass(slots=True)
class Exchange:
    """One request. `at` and `ended` are seconds since the beginning; `place` orders it among all that happened.

    `served` are the statuses that the vault gave each time it reached it; `status` and `reply` are what the client was
    shown, None and empty where it got no answer. `fault` is the kind that met it.
    """

    place: int
    process: int
    at: float
    method: str
    url: str
    name: str
    kind: str
    headers: Mapping[str, str]
    body: bytes
    occurrence: int
    served: list[int] = field(default_factory=list)
    status: int | None = None
    answer: Mapping[str, str] = field(default_factory=dict)
    reply: bytes = b""
    ended: float | None = None
    fault: str = ""
    before: Before = field(default_factory=Before)
    """Of a write."""

    @property
    def vm(self) -> str:
        return vm_of(self.name)

    @property
    def writes(self) -> bool:
        return self.kind == "write"

    @property
    def accepted(self) -> bool:
        """Whether the vault took it."""
        return any(status < 300 for status in self.served)

    @property
    def unknown(self) -> bool:
        """Whether the client cannot know what became of it."""
        return self.status is None or self.status in {200, 201, 204, 408} or self.status >= 500

    @property
    def path(self) -> str:
        return self.url.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Note:
    """One change of the journal. `call` is that of the step, or of what is owed."""

    place: int
    process: int
    what: str
    run: str
    step_id: str
    correlation_id: str = ""
    call: Call | None = None


@dataclass(slots=True)
class Pass:
    """One process. `desired` is what it was to bring about.

    `points` are the recovery points that exist at its end, by item; `error` is what it died of.
    """

    number: int
    began: float
    desired: Desired
    dry: bool = False
    audit: bool = False
    """A run after all was settled, which should find nothing to do."""
    targets: frozenset[str] = frozenset()
    clock: datetime | None = None
    """What its clock showed when it began."""
    first: int = 0
    last: int = 0
    ended: float = 0.0
    plan: Plan | None = None
    result: Result | None = None
    crashed: str = ""
    asked: int | None = None
    """The moment at which it was asked to stop."""
    error: str = ""
    output: str = ""
    points: Mapping[str, frozenset[str]] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    """What the vaults held when it ended: the state of each item, `Deleted` for one that is on its way out."""
    owed: tuple[Call, ...] = ()
    """What earlier processes owed when it began."""
    free: bool = False
    """Whether no fault could meet it any more."""
    before: Before = field(default_factory=Before)
    """What the vaults held when it began."""
    era: int = 0
    """Grows whenever something else is to be brought about."""
    journal: str = ""
    """Where its journal is: what stands in another one it cannot know."""
    journal_before: str = ""
    journal_after: str = ""


@dataclass
class Story:
    """Of one case."""

    scenario: Scenario
    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)
    points: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The recovery points at the beginning."""
    strengths: list[Mapping[str, int]] = field(default_factory=list)
    """How strong each vault's soft delete was: at the beginning and after each pass."""
    operations: list[tuple[str, float, float]] = field(default_factory=list)
    """(the VM's `identity`, begun, ended) of every operation of the vault or of a VM's power."""
    audited: set[tuple[str, str, str]] = field(default_factory=set)
    """(correlation id, method, path) of every entry of the audit log."""
    end: Mapping[str, object] = field(default_factory=dict)
    """All that counts of the vault's content at the end, in a form that two worlds can be compared by."""
    expected: Mapping[str, object] | None = None
    """How it ends when nothing goes wrong; None where another end is right."""
    calm: Story | None = None
    """The run in which nothing went wrong."""
    faults: tuple[Fault, ...] = ()
    harm: int = 0
    """How often the world was harmed by others, so that a repeated write is no repetition."""
    skewed: bool = False
    """Whether the engine's wall clock jumped, so that a Consent may be out of force."""
    forgotten: list[int] = field(default_factory=list)
    """The moments at which the journal was lost, and with it what was permitted."""
    settled: bool = False
    given_up: tuple[str, ...] = ()
    """The steps that are not sent any more though nothing is wrong any more."""
    _writes: list[Exchange] = field(default_factory=list)
    _places: count[int] = field(default_factory=count)
    _met: Counter[str] = field(default_factory=Counter)

    def begin(
        self, process: int, at: float, method: str, url: str, name: str, headers: Mapping[str, str], body: bytes
    ) -> Exchange:
        """Write a request down as it is sent."""
        self._met[name] += 1
        made = Exchange(
            next(self._places), process, at, method, url, name, kind_of(name), headers, body, self._met[name]
        )
        self.exchanges.append(made)
        if made.writes:
            self._writes.append(made)
        return made

    def note(
        self, process: int, what: str, run: str, step_id: str, correlation_id: str = "", call: Call | None = None
    ) -> None:
        """Write a change of the journal down once it is durable."""
        self.notes.append(Note(next(self._places), process, what, run, step_id, correlation_id, call))

    def writes(self) -> Iterator[Exchange]:
        """In the order in which they were sent."""
        return iter(self._writes)

    def of(self, process: int) -> Iterator[Exchange]:
        return (exchange for exchange in self.exchanges if exchange.process == process)

    def place(self) -> int:
        """The next moment."""
        return next(self._places)

    def desired_at(self, exchange: Exchange) -> Desired:
        """What the process that sent it was to bring about."""
        return self.passes[exchange.process].desired

    @property
    def traits(self) -> frozenset[str]:
        """Of all its faults."""
        return frozenset(trait for fault in self.faults for trait in fault.traits)
