"""Where a scenario is played: an embedded vault, real runs on it, and what each of them left behind."""

from __future__ import annotations

import asyncio
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from reconciler import app
from reconciler.clocks import VirtualClock
from reconciler.diagnostics.catalog import catalog
from reconciler.engine.verdict import matched
from reconciler.interruption import Interruption
from reconciler.manifests.load import load_texts
from reconciler.model import plan as plans
from reconciler.model.desired import Desired
from reconciler.model.outcome import AzureError, Outcome
from reconciler.model.plan import Plan
from reconciler.rehearsal.script import Scenario, ScenarioError, Step
from reconciler.settings import Settings
from reconciler.vaultserver import estate, faults, portal
from reconciler.vaultserver.records import OperationRecord
from reconciler.vaultserver.world import World

_READS = ("backupStatus", "backupPreValidateProtection")
_ACTIONS = {"/refreshContainers": "discover", "/protectedItems/": "protect", "/protectionContainers/": "register"}
"""The action of a request, by what its path has; the first that fits."""

_UNITS = {"minute": 60, "minutes": 60, "hour": 3600, "hours": 3600, "day": 86400, "days": 86400}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one step of a scenario left behind. Only runs have a plan, and only applies outcomes."""

    plan: Plan | None = None
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    answered: Mapping[str, str] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)
    jobs: Mapping[str, int] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    health: Mapping[str, str] = field(default_factory=dict)


class Stage:
    """One embedded vault in memory. `folder` takes the journal, which lasts as long as the scenario."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.world = World()
        try:
            estate.load(self.world, scenario.estate)
        except estate.EstateError as error:
            raise ScenarioError(f"the estate of {scenario.row}: {error}") from error
        self._desired = _desired(scenario.manifests)
        self._settings = Settings(files=(), cloud=app.EMBEDDED)
        self._place = app.Place(
            app.EMBEDDED, "rehearsal", VirtualClock(self.world), str(folder / "journal.db"), self.world
        )

    def close(self) -> None:
        self.world.close()

    def act(self, step: Step) -> Evidence:
        """Do one step, and look at what it changed."""
        requests = len(self.world.requests())
        ended = {job.id for job in self.world.jobs() if job.end is not None}
        failed = {one.id for one in _failed(self.world)}
        seen = Evidence()
        match step.do:
            case "dry-run":
                seen = Evidence(asyncio.run(self._dry_run()))
            case "apply":
                seen = asyncio.run(self._apply(lambda: self._change(step.meanwhile)))
            case "commit":
                self._desired = _desired(step.manifests)
            case _:
                self._change(step.do)
        done = [job for job in self.world.jobs() if job.end is not None and job.id not in ended]
        return replace(
            seen,
            answered=dict(_answered(self.world, requests, failed)),
            writes=Counter(_writes(self.world, requests)),
            jobs=Counter(f"{job.operation} {job.status}" for job in done),
            protected=tuple(sorted(item.friendly_name for item in self.world.items() if _protected(item.state))),
            health={i.friendly_name: i.health_details[0]["title"] for i in self.world.items() if i.health_details},
        )

    async def _dry_run(self) -> Plan:
        return (await app.plan_only(self._desired, self._place, self._settings, _Watch())).plan

    async def _apply(self, meanwhile: Callable[[], None]) -> Evidence:
        report = await app.apply(self._desired, self._place, self._settings, _Watch(meanwhile), Interruption())
        return Evidence(report.plan, report.outcomes or {})

    def _change(self, do: str) -> None:
        if not do:
            return
        verb, *words = shlex.split(do)
        match verb, words:
            case "set", [vm, *facts]:
                found = portal.find_vm(self.world, vm)
                for fact in facts:
                    name, _, value = fact.partition("=")
                    self.world.set_vm(found.id, name, value)
            case "portal", [action, *rest]:
                getattr(portal, action.replace("-", "_"))(self.world, *rest)
            case "advance", [number, unit]:
                self.world.advance(timedelta(seconds=int(number) * _UNITS[unit]))
            case "fault", [operation, code, *rest]:
                times, vm = (*rest, "1", "*")[:2] if not rest else (*rest, "*")[:2]
                faults.inject(self.world, operation=operation, code=code, times=int(times), vm=vm)
            case _:
                raise ScenarioError(f"{do!r} is nothing that can be done in a scenario")


class _Watch:
    """Progress that nobody watches; somebody else acts once when the run begins to apply what it has looked at."""

    def __init__(self, meanwhile: Callable[[], None] | None = None) -> None:
        self._meanwhile = meanwhile

    def phase(self, text: str, total: int | None = None) -> None:
        del total
        if text == "Applying" and self._meanwhile is not None:
            act, self._meanwhile = self._meanwhile, None
            act()

    def advance(self, amount: int = 1) -> None: ...

    def step(self, step: plans.Step, outcome: Outcome) -> None: ...

    def close(self) -> None: ...


def _desired(manifests: str) -> Desired:
    loaded = load_texts({"backup.yaml": manifests.encode()})
    if loaded.desired is None:
        mistakes = "; ".join(f"{one.span}: {one.message}" for one in loaded.diagnostics)
        raise ScenarioError(f"the manifests are mistaken: {mistakes}")
    return loaded.desired


def _writes(world: World, after: int) -> list[str]:
    """The kind of each request that could change something: method and resource type, or method and action."""
    told = []
    for request in world.requests()[after:]:
        parts = request.path.rstrip("/").split("/")
        if request.method != "GET" and parts[-1] not in {*_READS, "resources"}:
            told.append(f"{request.method} {parts[-1] if request.method == 'POST' else parts[-2]}")
    return told


def _failed(world: World) -> list[OperationRecord]:
    return [one for one in world.database.all(OperationRecord) if one.error is not None]


def _answered(world: World, after: int, known: set[str]) -> Iterator[tuple[str, str]]:
    """Each code that the vault refused a write with, at once or later, and the row that the engine takes it for."""
    for request in world.requests()[after:]:
        if request.code and request.method != "GET":
            yield request.code, _row(request.path, AzureError(request.code, "", request.status))
    for one in _failed(world):
        if one.id not in known and one.error is not None:
            error = AzureError(one.error["code"], one.error["message"])
            yield error.code, _row(f"{one.subject}/refreshContainers" if one.family == "fabric" else one.subject, error)


def _row(path: str, error: AzureError) -> str:
    action = next((action for part, action in _ACTIONS.items() if part in path), "")
    return matched(action, error, catalog()).row.id


def _protected(state: str) -> bool:
    return state in {"Protected", "IRPending", "ProtectionError"}
