"""A repository that grows: what a team commits, hour by hour, and the last commit that all of it must lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

import yaml

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
VAULTS = ("rsv-web", "rsv-data", "rsv-apps")
VMS = {vault: tuple(f"{vault[4:]}-{number:02}" for number in range(1, 7)) for vault in VAULTS}
"""Which machines are meant for which vault."""
POLICIES = ("daily", "nightly")


def group(vm: str) -> str:
    return f"rg-{vm.partition('-')[0]}"


def estate() -> dict[str, object]:
    """The machines and the empty vaults."""
    place = {"subscriptionId": SUBSCRIPTION, "resourceGroup": "rg-backup", "location": "westeurope"}
    return {
        "estate": "v1",
        "clock": "2026-11-23T08:00:00Z",
        "seed": 1,
        "subscriptions": [{"id": SUBSCRIPTION, "name": "soak"}],
        "vaults": [{"name": name, **place} for name in VAULTS],
        "virtualMachines": [
            {"name": vm, "resourceGroup": group(vm), "os": "Linux"} for vms in VMS.values() for vm in vms
        ],
    }


@dataclass
class Repository:
    """What is declared now: `policy_of` a VM, `None` for one that nobody names; `broken` for one that does not load."""

    random: Random
    policy_of: dict[str, str | None] = field(default_factory=dict)
    hours: dict[str, int] = field(default_factory=lambda: dict.fromkeys(POLICIES, 22))
    broken: bool = False
    report: bool = False
    pause: str = ""
    commits: int = 0

    def __post_init__(self) -> None:
        self.calm()

    def calm(self) -> None:
        """The last commit: every machine by the first policy, nothing paused, nothing broken."""
        self.policy_of = {vm: POLICIES[0] for vms in VMS.values() for vm in vms}
        self.hours = dict.fromkeys(POLICIES, 22)
        self.broken, self.report, self.pause = False, False, ""
        self.commits += 1

    def commit(self, until: str) -> str:
        """Change something at random; what it was. `until` is a moment for a pause to end at."""
        self.commits += 1
        self.broken, self.pause = False, ""
        vm = self.random.choice(sorted(self.policy_of))
        match self.random.randrange(8):
            case 0:
                self.broken = True
                return "a mistake"
            case 1:
                self.policy_of[vm] = None
                return f"{vm} leaves"
            case 2 | 3:
                self.policy_of[vm] = self.random.choice(POLICIES)
                return f"{vm} by {self.policy_of[vm]}"
            case 4:
                policy = self.random.choice(POLICIES)
                self.hours[policy] = self.random.choice((20, 21, 22, 23))
                return f"{policy} at {self.hours[policy]}"
            case 5:
                self.pause = until
                return "a pause"
            case 6:
                self.report = not self.report
                return "report drift" if self.report else "correct drift"
            case _:
                return "nothing but a comment"

    def files(self) -> dict[str, bytes]:
        """The manifests as they are now."""
        if self.broken:
            return {"web.yaml": b"apiVersion: reconciler/v1\nkind: Vault\nmetadata: {name: \n"}
        return {f"{vault}.yaml": yaml.safe_dump_all(self._documents(vault)).encode() for vault in VAULTS}

    def _documents(self, vault: str) -> list[dict[str, object]]:
        place = {"subscriptionId": SUBSCRIPTION, "resourceGroup": "rg-backup", "location": "westeurope"}
        found = [_document("Vault", vault, place)]
        for policy, hour in self.hours.items() if vault == VAULTS[0] else ():
            schedule = {"every": "day", "at": f"{hour}:00", "timeZone": "UTC"}
            rules = {"vaults": list(VAULTS), "schedule": schedule, "retention": {"daily": "30 days"}}
            found.append(_document("BackupPolicy", policy, rules))
        for policy in POLICIES:
            named = [vm for vm in VMS[vault] if self.policy_of[vm] == policy]
            if named:
                refs = [{"name": vm, "resourceGroup": group(vm)} for vm in named]
                drift = "Report" if self.report else "Correct"
                spec = {"vault": vault, "policy": policy, "virtualMachines": refs, "drift": drift}
                found.append(_document("Protection", f"{vault}-{policy}", spec))
        if self.pause and vault == VAULTS[1]:
            spec = {"vault": vault, "reason": "a move", "owner": "ops", "until": self.pause}
            found.append(_document("Pause", "hands-off", spec))
        return found


def _document(kind: str, name: str, spec: Mapping[str, object]) -> dict[str, object]:
    return {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
