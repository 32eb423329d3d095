"""The daemon: a place, a source and a loop put together, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from secrets import SystemRandom, token_hex
from typing import TYPE_CHECKING, Any

import structlog

from reconciler import __version__, app
from reconciler.app import Place, SetupError
from reconciler.clocks import PacedClock, RealClock
from reconciler.diagnostics.catalog import catalog
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.hub import Tools
from reconciler.engine.loop.loop import BEAT, BOUND, Loop, Rules
from reconciler.engine.loop.picture import Picture
from reconciler.engine.ports import Source
from reconciler.engine.reconcile import new_uuid
from reconciler.health.metrics import Metrics
from reconciler.health.routes import Vitals
from reconciler.model.board import Board, LeaseState, Role, SourceState
from reconciler.model.window import closed
from reconciler.settings import Settings, SettingsError, frozen, pause_file_reason
from reconciler.tracing import RequestTraces, Tracer, TracingError, tracer_of
from reconciler.watch.following import follow
from reconciler.watch.loading import Loading
from reconciler.watch.meters import Meters
from reconciler.watch.notices import teller_of
from reconciler.watch.page import ChainCheck, application, page_of
from reconciler.watch.serving import Server
from reconciler.watch.sources import hook_of, source_of

if TYPE_CHECKING:
    from reconciler.azure.connect import Connection
    from reconciler.store.journal import Journal

_AT_START = ("files", "cloud", "estate", "journal", "parallelism", "timeout", "subscriptions")
_OF_WATCHING = ("listen", "page_hosts", "vm_series", "git", "hook", "notices")
"""What is only read when the process starts."""
LEASE_SECONDS = 15.0
"""Renewed at every BEAT of the loop. After a daemon has died, a standby is the writer within half a minute."""

log = structlog.get_logger(__name__)


Beside = Callable[[Bulletin, Loop], Coroutine[Any, Any, None]]
"""Makes what runs beside the daemon, as long as it does."""


async def watch(
    place: Place,
    settings: Settings,
    server: Server,
    tell: Callable[[str], None],
    again: Callable[[], Settings],
    speed: float = 1.0,
    beside: Beside | None = None,
) -> signal.Signals | None:
    """Run until a signal comes, and say which; None when something else ended it. SetupError, JournalError.

    `tell` is given lines for people, `again` reads the settings anew and raises SettingsError. `speed` is how fast
    the place's clock runs.
    """
    bulletin = Bulletin(_first_board(place, settings), place.clock.now)
    metrics = Metrics(bulletin.board, place.clock.now, place.clock.monotonic, settings.watching.vm_series)
    with _tracing() as tracer, app.open_journal(place) as journal:
        async with app.connect(place, settings, write=True, meter=Meters(metrics, RequestTraces(tracer))) as azure:
            lease = journal.lease(_holder(), LEASE_SECONDS, RealClock().monotonic)
            tools = replace(_tools(place, settings, azure, journal), tracer=tracer)
            loop = Loop(tools, bulletin, lease, rules(settings, place.clock.now), _in_a_thread, BEAT * speed)
            loading = Loading(settings.subscriptions, bulletin.board)
            source = source_of(place, settings, loading)
            logs = app.journal_reader(settings)
            check = ChainCheck(logs, place.clock.now)
            page = page_of(place, bulletin, logs, azure.reader, check.latest, loading.text)
            vitals = Vitals(bulletin.board, loop.ages, lambda: loop.stopping, metrics)
            teller = teller_of(place, settings.watching.notices, journal, place.clock, bulletin.board)
            hook = hook_of(settings.watching.hook, source)
            server.serve(application(vitals, page, hook, settings.watching.page_hosts))
            works = [_count(bulletin, metrics), check.run()]
            works += [teller.run()] if teller is not None else []
            works += [beside(bulletin, loop)] if beside is not None else []
            try:
                tell(f"Watching. The page is at {server.url}")
                return await Daemon(place, settings, loop, source, again).run(works)
            finally:
                await server.close()


@contextmanager
def _tracing() -> Iterator[Tracer]:
    """Traces, where the environment asks for them. SetupError."""
    try:
        tracer = tracer_of(os.environ)
    except TracingError as error:
        raise SetupError(str(error)) from error
    try:
        yield tracer
    finally:
        tracer.close()


def _tools(place: Place, settings: Settings, azure: Connection, journal: Journal) -> Tools:
    if azure.writer is None:
        raise RuntimeError("a connection for writing came without a writer")
    return Tools(
        azure.reader,
        azure.writer,
        journal,
        journal,
        place.clock,
        catalog(),
        new_uuid,
        SystemRandom().random,
        settings.parallelism,
        settings.timeout,
    )


async def _count(bulletin: Bulletin, metrics: Metrics) -> None:
    async for board in bulletin.changes():
        metrics.take(board)


class Daemon:
    """One loop and its source, until a signal ends them."""

    def __init__(
        self, place: Place, settings: Settings, loop: Loop, source: Source, again: Callable[[], Settings]
    ) -> None:
        self._place = place
        self._settings = settings
        self._loop = loop
        self._source = source
        self._again = again
        self._signal: signal.Signals | None = None
        self._task: asyncio.Task[object] | None = None

    async def run(self, beside: Sequence[Coroutine[Any, Any, None]]) -> signal.Signals | None:
        """Raises CancelledError at the second signal. What runs `beside` ends with it, and never by itself."""
        self._task = asyncio.current_task()
        events = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            events.add_signal_handler(number, self._caught, number)
        events.add_signal_handler(signal.SIGHUP, self._hang_up)
        following = follow(self._source, self._loop, self._place.clock, self._settings.watching.interval)
        tasks = [asyncio.create_task(work) for work in (following, *beside)]
        for task in tasks:
            task.add_done_callback(self._broke)
        try:
            await self._loop.run()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._signal

    def _caught(self, number: signal.Signals) -> None:
        again, self._signal = self._signal is not None, number
        if again and self._task is not None:
            self._task.cancel()
        else:
            log.info("stopping", signal=number.name)
            self._loop.stop(f"interrupted by {number.name}")

    def _hang_up(self) -> None:
        """Look now, by the settings as they are now; what cannot change while the process runs stays as it is."""
        log.info("woken", signal="SIGHUP")
        try:
            fresh = self._again()
        except SettingsError as error:
            log.error("settings not reloaded", error=str(error), next="those that were read last stay in force")
        else:
            for name in _unlike(self._settings, fresh):
                log.warning("setting needs a restart", setting=name)
            self._loop.reload(rules(fresh, self._place.clock.now))
        self._source.wake()
        self._loop.wake("SIGHUP")

    def _broke(self, task: asyncio.Task[None]) -> None:
        """Whatever ends one of them is a fault of ours: the process ends rather than going on without it."""
        if not task.cancelled() and task.exception() is not None:
            log.error("the daemon broke", exc_info=task.exception())
            self._loop.stop("a part of the daemon broke")


def _unlike(before: Settings, now: Settings) -> list[str]:
    """What differs and is only read when the process starts."""
    pairs = [(name, getattr(before, name), getattr(now, name)) for name in _AT_START]
    pairs += [(name, getattr(before.watching, name), getattr(now.watching, name)) for name in _OF_WATCHING]
    return [name for name, old, new in pairs if old != new]


def paced(place: Place, speed: float = 1.0) -> Place:
    """An embedded vault whose time runs by itself; any other place as it is."""
    if place.world is None:
        return place
    world = place.world
    world.clock.run(speed)
    return replace(place, clock=PacedClock(lambda: world.now, speed))


def at_rest(place: Place) -> None:
    """The time of an embedded vault stands still again, and its file is given back."""
    if place.world is not None:
        place.world.clock.stop()
        place.world.close()


def rules(settings: Settings, now: Callable[[], datetime]) -> Rules:
    """What the operator allows, as the loop takes it."""
    watching = settings.watching

    def gate() -> str:
        return frozen(watching, now()) or closed(watching.windows, now())

    def paused() -> str | None:
        return settings.pause or pause_file_reason(settings.pause_file)

    return Rules(settings.watching.interval, app.brakes(settings), paused, gate)


def _holder() -> str:
    """This process, and no other one before or beside it."""
    return f"{socket.gethostname()}/{os.getpid()}/{token_hex(4)}"


def _first_board(place: Place, settings: Settings) -> Board:
    now = place.clock.now()
    bound = BOUND * settings.watching.interval
    nobody = LeaseState(Role.STANDBY)
    return Board(place.name, __version__, now, now, settings.watching.interval, bound, SourceState(""), nobody)


async def _in_a_thread(work: Callable[[], Picture]) -> Picture:
    return await asyncio.to_thread(work)
