"""Small boards, made by the planner from the worlds of its own tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from reconciler.model.board import Board, LeaseState, Role, SourceState, VaultState
from reconciler.model.drift import SeenDrift
from reconciler.model.observed import Observed
from reconciler.planning.drift import drifts
from reconciler.planning.status import status
from tests.unit.planning import worlds
from tests.unit.planning.making import NOW

BOUND = 900.0
WORLD: Mapping[str, Any] = {
    "vms": {
        "rg-web/web-01": {"item": "Protected", "tags": {"env": "prod"}},
        "rg-web/web-02": {"item": "IRPending", "tags": {"env": "prod"}},
        "rg-web/web-03": {"tags": {"env": "prod"}},
        "rg-web/web-04": {"tags": {"env": "prod"}, "power": "deallocated"},
        "rg-db/db-01": {"item": "Protected", "policy": "weekly"},
        "rg-db/db-02": {"item": "ProtectionStopped"},
        "rg-dev/dev-01": {"tags": {"env": "dev"}},
        "rg-vdi/vdi-01": {"tags": {"env": "prod"}},
        "rg-new/new-01": {"tags": {"env": "prod"}},
    },
    "vaults": {"rsv": {"policies": {"daily": 30, "weekly": 90}}},
    "documents": {
        "Vault rsv": {"coverage": {"require": True, "tags": {"env": ["prod"]}}},
        "Protection web": {"select": {"names": ["web-*"]}},
        "Protection db": {"select": {"names": ["db-*"]}, "priority": 5},
        "Exemption desktops": {"select": {"names": ["vdi-*"]}},
    },
}


def board_of(case: Mapping[str, Any] = WORLD, *, fresh: bool = True) -> Board:
    """A board of one of the planner's worlds; with `fresh` the protected VMs have a point of an hour ago."""
    seen = worlds.observed(case)
    if fresh:
        seen = with_points(seen)
    wanted = worlds.desired(case)
    made = Board(
        cloud="embedded",
        version="1.0",
        started_at=NOW,
        made_at=NOW,
        interval=300,
        bound=BOUND,
        source=SourceState("backup/"),
        lease=LeaseState(Role.LEADER),
        vaults={name: VaultState(name) for name in seen.vaults},
        desired=wanted,
        observed=seen,
        status=status(wanted, seen),
    )
    planned = worlds.plan_of(case)
    since = NOW - timedelta(hours=2)
    return replace(made, plan=planned, drifts=tuple(SeenDrift(one, since) for one in drifts(planned)))


def with_points(seen: Observed) -> Observed:
    """Every item that is protected has a recovery point of an hour ago."""
    vaults = {}
    for name, vault in seen.vaults.items():
        at = seen.taken_at - timedelta(hours=1)
        items = {key: replace(item, last_recovery_point=at) for key, item in vault.items.items() if item.protected}
        vaults[name] = replace(vault, items={**vault.items, **items})
    return replace(seen, vaults=vaults)
