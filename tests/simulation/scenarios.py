"""Small worlds, and the examples: where a run begins, what is wanted of it, and what it may touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from reconciler.manifests.load import load
from reconciler.model.desired import Desired
from reconciler.planning import Brakes

WORLDS = Path(__file__).parent / "worlds"
EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Scenario:
    """`ours` are globs over `group/name` of the VMs that a run may change; `settings` are those of the vault.

    One that is `made` brings its estate and what is wanted with it; the others have a folder.
    """

    name: str
    ours: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    brakes: Brakes = field(default_factory=Brakes)
    example: bool = False
    made: tuple[Mapping[str, Any], Desired] | None = None

    @property
    def folder(self) -> Path:
        return (EXAMPLES if self.example else WORLDS) / self.name

    def estate(self) -> Any:
        """Not to be altered."""
        if self.made is not None:
            return self.made[0]
        return _data(self.folder / "estate.yaml")

    def end(self) -> Mapping[str, Any] | None:
        """What the vault must hold at the end, written by hand; None where that is told elsewhere."""
        path = WORLDS / self.name / "end.yaml"
        return _data(path) if path.exists() else None

    def desired(self) -> Desired:
        if self.made is not None:
            return self.made[1]
        return _desired(self.folder / ("backup" if self.example else "backup.yaml"), self.estate()["clock"].date())


@cache
def _data(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@cache
def _desired(path: Path, today: date) -> Desired:
    loaded = load([path], today=today)
    if loaded.desired is None:
        raise ValueError(f"{path} does not load: {loaded.diagnostics}")
    return loaded.desired


_SMALL = (
    Scenario("fresh", ("rg/web-*",)),
    Scenario("made", ("rg/web-1",)),
    Scenario("stronger", ("rg/web-1",)),
    Scenario("drifted", ("rg/web-*",)),
    Scenario("retired", ("rg/web-1", "rg/old-1")),
    Scenario("started", ("rg/off-*",)),
    Scenario("preview", ("svc/web-1",)),
    Scenario("shorter", ("rg/web-*",)),
    Scenario("paged", ("rg/web-*", "rg/old-1"), {"page_size": 1}),
    Scenario("troubled", ("rg/web-1", "rg/ill-1", "rg/off-1")),
    Scenario("twofold", ("rg/web-1",)),
)
_EXAMPLES = (
    Scenario("quickstart", ("rg-web/web-*", "rg-data/*", "rg-apps/*"), example=True),
    Scenario("preview-2015", ("svc-shop/*", "svc-blog/web-01"), example=True),
    Scenario("contoso", ("rg-*/*", "svc-*/*"), example=True),
)
SMALL: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _SMALL}
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in (*_SMALL, *_EXAMPLES)}
