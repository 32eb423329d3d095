"""Declarations for the small world, and whole runs of the engine on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from reconciler.engine.chronicle import recall
from reconciler.engine.look import Look, look
from reconciler.engine.ports import Journal
from reconciler.engine.reconcile import Result, reconcile_once
from reconciler.model.backup_rules import BackupRules, Every, Retention, Schedule, Tier
from reconciler.model.desired import BackupPolicy, Desired, IfStopped, Protection, Retirement, Vault, VmRef
from reconciler.model.ids import fold
from reconciler.model.observed import ObservedPolicy, VirtualMachine
from reconciler.planning import Brakes
from tests.unit.engine.estate import SUBSCRIPTION, VAULT, VAULT_ID, never, vault
from tests.unit.engine.virtual import Pad, Silence, VirtualClock, names
from tests.unit.engine.world import World

RULES = BackupRules(Tier.STANDARD, Schedule(Every.DAY, "22:00", "UTC"), Retention(daily=30), instant_restore=2)
BRAKES = Brakes()


def wish(*vms: str, retired: Sequence[str] = (), if_stopped: IfStopped = IfStopped.FAIL) -> Desired:
    """One vault, one policy, these VMs protected by it, those retired."""
    protection = Protection("all", VAULT, "daily", _refs(vms), if_stopped=if_stopped)
    retirement = Retirement("gone", VAULT, _refs(retired), "sold", "ops")
    return Desired(
        vaults=(Vault(VAULT, SUBSCRIPTION, "rg-backup", "westeurope"),),
        policies=(BackupPolicy("daily", (VAULT,), RULES),),
        protections=(protection,) if vms else (),
        retirements=(retirement,) if retired else (),
        digest="sha256:wish",
        files=1,
    )


def _refs(vms: Sequence[str]) -> tuple[VmRef, ...]:
    return tuple(VmRef(name, "rg") for name in vms)


def world_of(clock: VirtualClock, *vms: VirtualMachine) -> World:
    """An empty vault beside `vms`."""
    world = World(clock, [vault()], vms)
    world.policies[fold("daily")] = ObservedPolicy(f"{VAULT_ID}/backupPolicies/daily", "daily", RULES, "{}")
    return world


@dataclass
class Runner:
    """Runs the engine on a world as often as a test likes; each run is a process of its own."""

    world: World
    clock: VirtualClock
    desired: Desired
    journal: Journal
    parallelism: int = 10
    timeout: float = 3600.0
    stop: Callable[[], str | None] = never
    brakes: Brakes = BRAKES
    ids: Callable[[], str] = field(default_factory=names)
    epoch: int = 0
    notes: Pad = field(default_factory=Pad)

    def once(self, reviewed: str | None = None) -> Result:
        return self.clock.run(
            reconcile_once(
                self.desired,
                self.world,
                self.world,
                self.journal,
                self.clock,
                Silence(),
                brakes=self.brakes,
                targets=(),
                parallelism=self.parallelism,
                timeout=self.timeout,
                stop_requested=self.stop,
                reviewed_digest=reviewed,
                new_id=self.ids,
                epoch=self.epoch,
                notes=self.notes,
            )
        )

    def look(self) -> Look:
        """A dry run."""
        return self.clock.run(look(self.desired, self.world, brakes=self.brakes, past=recall(self.notes), targets=()))

    def settle(self, most: int = 4) -> int:
        """Runs, every five minutes, until nothing is left to do or owed; how many sent something, `most` at most."""
        for runs in range(most + 1):
            if not self.once().outcomes and not self.journal.debts():
                return runs
            self.clock.run(self.clock.sleep(300))
        raise AssertionError(f"not settled after {most} runs: {[step.id for step in self.look().plan.steps]}")
