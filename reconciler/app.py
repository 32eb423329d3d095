"""The wiring: the one module that knows every adapter and gives the engine what it needs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from secrets import SystemRandom
from typing import TYPE_CHECKING

from reconciler import revision, saved_plan
from reconciler.actor import actor
from reconciler.clocks import Clock, RealClock, StoppableClock, VirtualClock
from reconciler.engine.chronicle import recall
from reconciler.engine.look import look, scope_key, scope_of
from reconciler.engine.ports import Progress
from reconciler.engine.reconcile import reconcile_once
from reconciler.engine.run import Halt
from reconciler.interruption import Interruption
from reconciler.model.audit import Head
from reconciler.model.desired import Desired
from reconciler.model.ids import fold
from reconciler.model.journal import JournalError
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.model.status import Status
from reconciler.model.trace import Trace
from reconciler.planning import Brakes
from reconciler.planning.status import narrowed, points_wanted
from reconciler.planning.status import status as status_of
from reconciler.planning.trace import traces as traces_of
from reconciler.settings import DEFAULT_VAULT_FILE, Settings, pause_file_reason

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from reconciler.azure.connect import Connection
    from reconciler.azure.meter import Meter
    from reconciler.manifests.load import Loaded
    from reconciler.store.journal import Journal, JournalReader
    from reconciler.vaultserver.world import World

EMBEDDED = "embedded"
STATE_FOLDER = Path(".reconcile")


class SetupError(Exception):
    """Something a run needs is not there or does not fit; the message says what, and what to do now."""


class UsageSetupError(SetupError):
    """The flags do not go together, or name what does not exist."""


class PlanRefusedError(Exception):
    """A kept plan may not be applied; the message says why. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run acts. `name` is the cloud as documents write it; `title` as people read it; `notes` are for people.

    `journal` is a path, or an address, which may hold a password. `state` is the folder for what else is kept here.
    `world` is the embedded vault that runs in this process, None for a cloud beyond a network. `file` is its
    database, None where it is kept in memory; a `fresh` one is not on disk yet.
    """

    name: str
    title: str
    clock: Clock
    journal: str
    world: World | None = None
    file: Path | None = None
    fresh: bool = False
    notes: tuple[str, ...] = ()
    state: Path = STATE_FOLDER


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found and did. Without `outcomes` nothing was to be applied; `after` is the closing look.

    `refused` says why a kept plan was not applied, `stopped` why steps were left out: a pause, a signal, or what the
    run met and could not get past, which is `halt`. `head` is the end of the audit log afterwards.
    """

    plan: Plan
    outcomes: Mapping[str, Outcome] | None = None
    after: Plan | None = None
    refused: str = ""
    stopped: str = ""
    halt: Halt | None = None
    head: Head | None = None


def find_place(settings: Settings) -> Place:
    """Which cloud the settings name; an embedded vault is opened, or made in memory from its estate. SetupError."""
    kind, _, file = settings.cloud.partition(":")
    if kind == EMBEDDED:
        return _embedded(settings, Path(file or DEFAULT_VAULT_FILE))
    if settings.estate is not None:
        raise UsageSetupError(f"--estate fills an embedded vault: add --cloud embedded (this is {settings.cloud})")
    title = settings.cloud + (" (the public cloud, management.azure.com)" if settings.cloud == "azure" else "")
    return Place(settings.cloud, title, RealClock(), journal_of(settings))


def journal_of(settings: Settings) -> str:
    """Where the journal is that goes with the cloud, unless the settings say where: a path, or an address."""
    if settings.journal is not None:
        return settings.journal
    kind, _, file = settings.cloud.partition(":")
    if kind == EMBEDDED:
        vault = Path(file or DEFAULT_VAULT_FILE)
        return str(vault.with_name(f"{vault.stem}.journal.db"))
    cloud = re.sub(r"[^A-Za-z0-9.]+", "-", settings.cloud.partition("//")[2] or settings.cloud)
    return str(STATE_FOLDER / ("journal.db" if cloud == "azure" else f"journal-{cloud}.db"))


def journal_reader(settings: Settings) -> JournalReader:
    """The journal, to read; nothing is opened or made yet."""
    from reconciler.store.journal import JournalReader

    return JournalReader(journal_of(settings))


def open_journal(place: Place) -> Journal:
    """The journal, to write; made if it is missing. JournalError."""
    from reconciler.store.journal import Journal

    return Journal(place.journal, place.clock.now, actor=actor(os.environ))


def _embedded(settings: Settings, file: Path) -> Place:
    from reconciler.vaultserver.database import NotAVaultError, VaultBusyError
    from reconciler.vaultserver.world import World

    notes: tuple[str, ...] = ()
    if file.exists():
        try:
            world = World.copy_of(file) if settings.dry_run else World(file)
        except VaultBusyError as error:
            raise SetupError(str(error)) from error
        except NotAVaultError as error:
            raise SetupError(f"this file is no embedded vault: {error}") from error
        if settings.estate is not None:
            notes = (f"{file} exists: the estate {settings.estate} is passed over. Remove {file} to start anew.",)
        where = f"{file}, read only" if settings.dry_run else str(file)
    else:
        world = seeded(settings.estate, file)
        where = "in memory, from the estate" if settings.dry_run else f"{file}, made from the estate"
    title = f"embedded ({where}), where it is {world.now:%Y-%m-%d %H:%M} UTC"
    return Place(
        EMBEDDED, title, VirtualClock(world), journal_of(settings), world, file, not file.exists(), notes, file.parent
    )


def keep_world(place: Place) -> Place:
    """Write a new embedded vault to its file, whole or not at all, and go on with the file. SetupError."""
    from reconciler.vaultserver.world import World

    if place.world is None or place.file is None:
        return place
    try:
        place.world.database.save_as(place.file)
    except OSError as error:
        raise SetupError(f"the embedded vault cannot be kept in {place.file}: {error}") from error
    place.world.close()
    world = World(place.file)
    return replace(place, world=world, clock=VirtualClock(world), fresh=False)


def seeded(estate: str | None, file: Path) -> World:
    """A new world in memory, filled from an estate file; SetupError with all that is wrong with it."""
    from reconciler.vaultserver import estate as estates
    from reconciler.vaultserver.world import World

    if estate is None:
        raise SetupError(
            f"there is no embedded vault in {file} yet, and nothing to fill one with. Either give --estate FILE, "
            "such as --estate examples/quickstart/estate.yaml, or make one of N machines: reconcile vault seed 20"
        )
    world = World()
    try:
        estates.load(world, read_estate(Path(estate)))
    except estates.EstateError as error:
        raise SetupError(f"the estate {estate} cannot be used: {error}") from error
    return world


def read_estate(path: Path) -> object:
    """The data of an estate file, read as strictly as a manifest; SetupError."""
    from reconciler.diagnostics.text import render_diagnostics
    from reconciler.manifests.reader import read_document

    try:
        content = path.read_bytes()
    except OSError as error:
        raise SetupError(f"the estate {path} cannot be read: {error.strerror}") from error
    found = read_document(content, str(path))
    if found.diagnostics:
        page = render_diagnostics(found.diagnostics, {str(path): found.text or ""})
        raise SetupError(f"the estate {path} cannot be used:\n{page.plain}")
    return found.data


def load_manifests(files: tuple[str, ...], today: date) -> Loaded:
    """All manifests under the given paths, or all that is wrong with them; the revision is that of the first path."""
    from reconciler.manifests.load import load

    loaded = load([Path(file) for file in files], today=today)
    if loaded.desired is None:
        return loaded
    return replace(loaded, desired=replace(loaded.desired, revision=revision.revision(Path(files[0]))))


def manifest_schema(kind: str | None) -> str:
    """The JSON Schema of one kind, or of all, as text; UsageSetupError for a kind that there is not."""
    from reconciler.manifests.kinds import KINDS
    from reconciler.manifests.schema import ALL, file_name, texts

    names = {file_name(known) for known in KINDS} | {ALL}
    wanted = ALL if kind is None else file_name(kind)
    if wanted not in names:
        raise UsageSetupError(f"there is no kind {kind!r}: there are {', '.join(KINDS)}")
    return texts()[f"{wanted}.json"]


def require_allowed(desired: Desired, settings: Settings) -> None:
    """SetupError when a manifest names a subscription that the operator does not allow."""
    allowed = {fold(subscription) for subscription in settings.subscriptions}
    for vault in desired.vaults:
        if allowed and fold(vault.subscription_id) not in allowed:
            raise SetupError(
                f"{vault.span}: the vault {vault.name} is in subscription {vault.subscription_id}, which this "
                "machine's settings do not allow (--subscription). Nothing was read or written there."
            )


def connect(place: Place, settings: Settings, *, write: bool, meter: Meter | None = None) -> Connection:
    """A connection with a reader and, only if asked for, a writer; nothing is sent yet. SetupError."""
    from reconciler.azure.clouds import UnknownCloudError
    from reconciler.azure.connect import connect as connect_to

    cloud: str | Starlette = settings.cloud
    if place.world is not None:
        from reconciler.vaultserver.app import create_app

        cloud = create_app(place.world)
    try:
        return connect_to(cloud, clock=place.clock, random=SystemRandom(), writable=write, meter=meter)
    except UnknownCloudError as error:
        raise UsageSetupError(str(error)) from error


async def plan_only(desired: Desired, place: Place, settings: Settings, progress: Progress) -> Report:
    """A dry run: nothing here could write, neither to the cloud nor to the journal."""
    from reconciler.store.journal import JournalReader

    journal = JournalReader(place.journal)
    past = replace(recall(journal), sizes=journal.last_sizes(scope_key(desired)))
    async with connect(place, settings, write=False) as azure:
        progress.phase("Looking")
        seen = await look(desired, azure.reader, brakes=brakes(settings), past=past, targets=settings.targets)
    return Report(seen.plan)


async def status(desired: Desired, place: Place, settings: Settings, *, all_points: bool = False) -> Status:
    """How the VMs of the manifests' vaults, or the targets among them, are backed up; only reads are sent."""
    async with connect(place, settings, write=False) as azure:
        observed = await azure.reader.observe(scope_of(desired))
        wanted = points_wanted(desired, observed, settings.targets, everything=all_points)
        observed, unread = await azure.reader.points(observed, wanted)
    whole = status_of(desired, observed, unread)
    return narrowed(whole, settings.targets) if settings.targets else whole


async def traces(desired: Desired, place: Place, settings: Settings, name: str) -> tuple[Trace, ...]:
    """Why the VMs of a name, `group/name` or ARM id are treated as they are; only reads are sent."""
    async with connect(place, settings, write=False) as azure:
        return traces_of(desired, await azure.reader.observe(scope_of(desired)), name)


async def apply(
    desired: Desired, place: Place, settings: Settings, progress: Progress, interruption: Interruption
) -> Report:
    """Reconcile once, to the end. Raises PlanRefusedError, and JournalError before anything was sent."""
    kept = None if settings.plan is None else _kept_plan(settings, place)
    clock = StoppableClock(place.clock)
    interruption.stop_gently(clock)
    stop = stop_of(settings, interruption)
    with open_journal(place) as journal:
        async with connect(place, settings, write=True) as azure:
            if azure.writer is None:
                raise RuntimeError("a connection for writing came without a writer")
            result = await reconcile_once(
                desired,
                azure.reader,
                azure.writer,
                journal,
                clock,
                progress,
                brakes=brakes(settings),
                targets=settings.targets if kept is None else kept.targets,
                parallelism=settings.parallelism,
                timeout=settings.timeout,
                stop_requested=stop,
                reviewed_digest=None if kept is None else kept.digest,
                reviewed_steps=() if kept is None else kept.steps,
                notes=journal,
            )
        head = None if isinstance(result.halt, JournalError) else journal.head()
    stopped = str(result.halt or stop() or "")
    return Report(result.plan, result.outcomes, result.after, result.refused, stopped, result.halt, head)


def _kept_plan(settings: Settings, place: Place) -> saved_plan.SavedPlan:
    path = Path(settings.plan or "")
    try:
        kept = saved_plan.read(path)
        kept.require_fresh(cloud=place.name, now=place.clock.now())
    except saved_plan.SavedPlanError as error:
        raise SetupError(f"the plan {path} cannot be used: {error}") from error
    except saved_plan.StalePlanError as error:
        raise PlanRefusedError(f"the plan {path} is not applied: {error}") from error
    if settings.targets and sorted(settings.targets) != sorted(kept.targets):
        raise UsageSetupError("--plan brings its own targets; leave --target away")
    return kept


def stop_of(settings: Settings, interruption: Interruption) -> Callable[[], str | None]:
    """What says, asked before each request, why nothing more may be sent: a signal, a pause, or None."""

    def stop() -> str | None:
        return interruption.reason or settings.pause or pause_file_reason(settings.pause_file)

    return stop


def brakes(settings: Settings) -> Brakes:
    """The limits of one run, as the planner takes them."""
    gone = frozenset(map(fold, settings.confirm_gone))
    return Brakes(settings.max_writes, settings.max_stops, settings.max_shrink, gone, settings.canary)
