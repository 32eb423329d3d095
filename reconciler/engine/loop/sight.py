"""The latest look at each vault and each subscription, put together to one observation of the estate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.desired import Desired, Vault
from reconciler.model.ids import fold, subscription_path, vault_path
from reconciler.model.observed import Check, Gap, Observed, ObservedVault, RecoveryPoint, VirtualMachine, VmKey


@dataclass(frozen=True, slots=True)
class _Machines:
    vms: Mapping[VmKey, VirtualMachine]
    gaps: tuple[Gap, ...]
    at: float


@dataclass(slots=True)
class _Part:
    """What is known of one vault. `found` is what was seen last, also where the latest look saw nothing."""

    id: str
    found: ObservedVault | None = None
    gaps: tuple[Gap, ...] = ()
    at: float = 0.0
    checks: Mapping[VmKey, Check] = field(default_factory=dict)
    points: dict[VmKey, RecoveryPoint] = field(default_factory=dict)
    unread: tuple[Gap, ...] = ()
    hidden: frozenset[str] = frozenset()


class Sight:
    """Each vault is looked at alone, but selection, priorities and who holds a VM are matters of the whole estate.

    What was seen longer than `bound` seconds ago is known no more: it is a gap, so nothing is taken away on the
    strength of it and nothing shown as verified.
    """

    def __init__(self, bound: float) -> None:
        self.bound = bound
        self._parts: dict[str, _Part] = {}
        self._machines: dict[str, _Machines] = {}
        self._taken_at: datetime | None = None
        self.version = 0
        """Grows with whatever is put in."""

    def put(self, vault: Vault, seen: Observed, begun: float) -> frozenset[VmKey]:
        """Take in a look at one vault and its subscription, begun at `begun`; the VMs of which a fact has changed."""
        part = self._part(vault)
        part.found = seen.vaults.get(vault.name) or part.found
        part.gaps = tuple(gap for gap in seen.gaps if gap.vault is not None)
        part.at, part.hidden = begun, seen.hidden
        key = fold(vault.subscription_id)
        known = self._machines.get(key)
        changed: frozenset[VmKey] = frozenset()
        if known is None or known.at <= begun:
            changed = _changed(known.vms if known else {}, seen.vms)
            own = tuple(gap for gap in seen.gaps if gap.vault is None)
            self._machines[key] = _Machines(seen.vms, own, begun)
        self._taken_at = max(self._taken_at or seen.taken_at, seen.taken_at)
        self.version += 1
        return changed

    def asked(self, vault: Vault, checks: Mapping[VmKey, Check]) -> None:
        """Azure's word on the VMs of one vault, in place of what it said before."""
        self._part(vault).checks = checks
        self.version += 1

    def checked(self, vault: Vault) -> bool:
        """Whether there is a word of Azure's on any VM of the vault."""
        return bool(self._part(vault).checks)

    def points_read(self, vault: Vault, points: Mapping[VmKey, RecoveryPoint], unread: tuple[Gap, ...]) -> None:
        """The latest recovery points of some items of one vault."""
        part = self._part(vault)
        part.points |= points
        part.unread = unread
        self.version += 1

    def unread(self) -> tuple[Gap, ...]:
        """The recovery points that could not be read."""
        return tuple(gap for part in self._parts.values() for gap in part.unread)

    def whole(self, desired: Desired, now: datetime, monotonic: float) -> Observed:
        """The estate of these declarations as far as it is known; `monotonic` says how old that is."""
        parts = [(vault.name, part) for vault in desired.vaults if (part := self._known(vault)) is not None]
        gaps: set[Gap] = set()
        vms: dict[VmKey, VirtualMachine] = {}
        for subscription in sorted({fold(vault.subscription_id) for vault in desired.vaults}):
            machines = self._machines.get(subscription)
            if machines is not None:
                vms |= machines.vms
                gaps.update(machines.gaps, self._aged(subscription_path(subscription), machines.at, monotonic, None))
        for name, part in parts:
            gaps.update(part.gaps, self._aged(part.id, part.at, monotonic, name))
        return Observed(
            self._taken_at or now,
            {name: part.found for name, part in parts if part.found is not None},
            vms,
            {(name, key): check for name, part in parts for key, check in part.checks.items()},
            tuple(sorted(gaps, key=lambda gap: (gap.vault or "", gap.scope, gap.reason))),
            {(name, key): point for name, part in parts for key, point in part.points.items()},
            frozenset(group for _, part in parts for group in part.hidden),
        )

    def _known(self, vault: Vault) -> _Part | None:
        part = self._parts.get(vault.name)
        return part if part is not None and part.id == _id(vault) else None

    def keep(self, desired: Desired) -> None:
        """Forget what nothing declares any more."""
        names = {vault.name for vault in desired.vaults}
        subscriptions = {fold(vault.subscription_id) for vault in desired.vaults}
        self._parts = {name: part for name, part in self._parts.items() if name in names}
        self._machines = {key: one for key, one in self._machines.items() if key in subscriptions}
        self.version += 1

    def _part(self, vault: Vault) -> _Part:
        part = self._known(vault)
        if part is None:
            part = self._parts[vault.name] = _Part(_id(vault))
        return part

    def _aged(self, scope: str, at: float, monotonic: float, vault: str | None) -> list[Gap]:
        age = monotonic - at
        if age <= self.bound:
            return []
        return [Gap(scope, f"it was last read {age / 60:.0f} minutes ago", vault)]


def _id(vault: Vault) -> str:
    return fold(vault_path(vault.subscription_id, vault.resource_group, vault.name))


def _changed(before: Mapping[VmKey, VirtualMachine], now: Mapping[VmKey, VirtualMachine]) -> frozenset[VmKey]:
    if before is now:
        return frozenset()
    return frozenset(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
