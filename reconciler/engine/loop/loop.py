"""The loop: a watch for each declared vault, and the keeping of who may write and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from reconciler.clocks import StoppableClock
from reconciler.engine.chronicle import Chronicle
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.hub import Hub, Orders, Permit, Term, Tools
from reconciler.engine.loop.picture import Offload, Pictures, in_place
from reconciler.engine.loop.sight import Sight
from reconciler.engine.loop.vault_watch import VaultWatch
from reconciler.engine.ports import Lease
from reconciler.model.board import Role, SourceState
from reconciler.model.desired import Desired, Vault
from reconciler.model.ids import fold, vault_path
from reconciler.planning import Brakes

BEAT = 5.0
"""Seconds between two looks at lease, pause and change window; a lease lasts at least three of them."""
BOUND = 3
"""Intervals after which what was seen is known no more."""
GRACE = 8.0
"""Seconds for what is on its way to be answered when the process is to end; supervisors send SIGKILL at ten."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator allows; may be replaced while the loop runs. `interval` is in seconds.

    `paused` and `closed` say why nothing may be written now: a pause, a change window that is not open.
    """

    interval: float
    brakes: Brakes
    paused: Callable[[], str | None]
    closed: Callable[[], str]


class Loop:
    """Whatever becomes of one vault, the others go on. All times are those of the clock among the tools."""

    def __init__(
        self,
        tools: Tools,
        bulletin: Bulletin,
        lease: Lease,
        rules: Rules,
        offload: Offload = in_place,
        beat: float = BEAT,
    ) -> None:
        """`beat` is for how many seconds of the clock lease, pause and windows are left alone."""
        self._beat = beat
        self._clock = StoppableClock(tools.clock)
        self._tools = replace(tools, clock=self._clock)
        self._bulletin = bulletin
        self._lease = lease
        self._rules = rules
        self._watches: dict[str, VaultWatch] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        sight = Sight(BOUND * rules.interval)
        chronicle = Chronicle(tools.notes)
        pictures = Pictures(sight, tools.journal, chronicle, self._clock, self._leads, offload)
        permit = Permit(lambda: self._rules.paused(), lambda: self._rules.closed(), self._leads)
        orders = Orders(Desired(), rules.brakes, rules.interval)
        self._hub = Hub(self._tools, sight, chronicle, pictures, bulletin, permit, orders)
        self._hub.watches = self._watches
        self._gone: list[VaultWatch] = []
        self._ending = asyncio.Event()

    async def run(self) -> None:
        """Until `stop`; then what is on its way is written down, and the lease given back."""
        keeping = asyncio.create_task(self._keep())
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({keeping, ending}, return_when=asyncio.FIRST_COMPLETED)
            if keeping.done():
                keeping.result()
        finally:
            self._hub.permit.stopping = self._hub.permit.stopping or "the process ends"
            await self._end(keeping, ending)

    @property
    def stopping(self) -> str:
        """Why the loop ends; empty while it does not."""
        return self._hub.permit.stopping

    def ages(self) -> Mapping[str, float]:
        """Seconds since the last completed pass over each vault, or since the watch over it began.

        Counted by the clock that only moves on: a wall clock that jumps makes nobody look dead or alive.
        """
        now = self._tools.clock.monotonic()
        return {name: now - watch.useful_at for name, watch in self._watches.items()}

    def stop(self, why: str) -> None:
        """Nothing new is sent from now on; `run` comes back soon."""
        self._hub.permit.stopping = why
        self._ending.set()

    def declare(self, desired: Desired, source: SourceState) -> None:
        """These manifests are in force from now on: no request of an older revision is sent any more."""
        self._hub.orders = Orders(desired, self._rules.brakes, self._rules.interval)
        self._hub.confirm()
        self._hub.sight.keep(desired)
        self._bulletin.post(desired=desired, source=source)
        declared = {vault.name: vault for vault in desired.vaults}
        for name in list(self._tasks):
            if name not in declared or _id(declared[name]) != _id(self._watches[name].vault):
                self._dismiss(name)
        self._bulletin.keep_vaults(declared)
        for name, vault in declared.items():
            if name in self._tasks:
                self._watches[name].redeclare(vault)
                self._watches[name].bell.ring("a new revision")
            else:
                watch = self._watches[name] = VaultWatch(vault, self._hub)
                self._tasks[name] = asyncio.create_task(watch.run(), name=f"watch {name}")

    def tell_source(self, source: SourceState) -> None:
        """The source was looked at, or tried to, and nothing new is in force."""
        self._bulletin.post(source=source)
        if not source.trouble and self._hub.confirm():
            self.wake("another run has gone by")

    def watch(self, vault: str) -> VaultWatch:
        """The watch of a vault; KeyError for one that is not declared."""
        return self._watches[vault]

    def wake(self, why: str) -> None:
        """A pass over every vault, now."""
        for watch in self._watches.values():
            watch.bell.ring(why)

    def reload(self, rules: Rules) -> None:
        """The operator allows something else from now on."""
        self._rules = rules
        self._hub.sight.bound = BOUND * rules.interval
        self._bulletin.post(interval=rules.interval, bound=BOUND * rules.interval)
        self._hub.orders = Orders(self._hub.orders.desired, rules.brakes, rules.interval)
        self._gates()

    async def _keep(self) -> None:
        while True:
            self._renew()
            self._gates()
            self._gone = [watch for watch in self._gone if watch.works.runs]
            await self._clock.sleep(self._beat)

    def _leads(self) -> bool:
        return self._hub.term is not None and self._lease.left() > 0

    def _renew(self) -> None:
        try:
            state = self._lease.take()
        except Exception as error:
            log.warning("lease not renewed", error=str(error), left=self._lease.left())
            state = replace(self._bulletin.board().lease, role=Role.LEADER if self._leads() else Role.STANDBY)
        term = self._hub.term
        leads = state.role is Role.LEADER and self._lease.left() > 0
        if term is not None and (not leads or term.epoch != state.epoch):
            term.clock.stop()
            self._hub.term = None
            log.warning("lease lost", epoch=term.epoch, holder=state.holder)
        if leads and self._hub.term is None:
            self._hub.term = Term(StoppableClock(self._clock), state.epoch, self._clock.monotonic())
            log.info("lease taken", epoch=state.epoch)
            self.wake("this process writes from now on")
        told = replace(state, role=Role.LEADER if leads else Role.STANDBY, expires_at=None)
        if told != self._bulletin.board().lease:
            self._bulletin.post(lease=told)

    def _gates(self) -> None:
        """Tell when a pause or a closed window begins or ends; what waited for its end is woken."""
        board = self._bulletin.board()
        paused, closed = self._rules.paused() or "", self._rules.closed()
        if (paused, closed) == (board.paused, board.closed):
            return
        self._bulletin.post(paused=paused, closed=closed)
        log.info("gate", paused=paused, closed=closed)
        if not paused and not closed:
            self.wake("writing is allowed again")

    def _dismiss(self, name: str) -> None:
        """Nothing declares this vault any more: what is on its way there is followed, and nothing else sent."""
        self._tasks.pop(name).cancel()
        self._gone.append(self._watches.pop(name))

    async def _end(self, *tasks: asyncio.Task[object]) -> None:
        watching = [*tasks, *self._tasks.values()]
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        self._clock.stop()
        watches = [*self._watches.values(), *self._gone]
        leaving = [asyncio.ensure_future(watch.works.leave()) for watch in watches]
        try:
            if leaving:
                await asyncio.wait(leaving, timeout=GRACE)
        finally:
            for watch in watches:
                watch.works.abandon()
            await asyncio.gather(*leaving, return_exceptions=True)
            self._give_back()
            self._bulletin.close()

    def _give_back(self) -> None:
        try:
            self._lease.give_back()
        except Exception as error:
            log.warning("lease not given back", error=str(error))


def _id(vault: Vault) -> str:
    return fold(vault_path(vault.subscription_id, vault.resource_group, vault.name))
