"""The simulated estate: its clock, its virtual machines and vaults, and what is due next."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from reconciler.vaultserver import facts, timeline
from reconciler.vaultserver.clock import Clock
from reconciler.vaultserver.database import Database
from reconciler.vaultserver.records import (
    ContainerRecord,
    ItemRecord,
    JobRecord,
    PointRecord,
    PolicyRecord,
    RequestRecord,
    VaultRecord,
    VmRecord,
)

_SPACE = uuid.UUID("5a0c1a4e-93a1-5d8b-8f0f-0f6f3f6f2a15")
_LISTS = 16
SOMEBODY = "somebody@contoso.example"
R = TypeVar("R")


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What may differ between estates; stored with them."""

    seed: int = 1
    page_size: int = 200
    retry_after: int = 60
    protect_stopped: bool = False
    group_must_exist: bool = False
    throttle: bool = False
    hourly_quota: int = 0
    """Requests of one action an hour; 0 is no quota."""

    jitter_minutes: int = 0


class World:
    """An estate in one database. Everything that happens in it happens inside a transaction."""

    def __init__(self, path: str | Path = ":memory:", clock: datetime | None = None, seed: int | None = None) -> None:
        self.database = Database(path)
        self.clock = Clock(self.database)
        self.actor = SOMEBODY
        """Who does what is done in the portal."""
        self._moment: datetime | None = None
        self._lists: dict[str, tuple[tuple[int, int], list[Any]]] = {}
        if clock is not None:
            self.clock.start_at(clock)
        if seed is not None:
            self.configure(seed=seed)

    @classmethod
    def copy_of(cls, path: str | Path) -> World:
        """What a vault's file holds, in memory: whatever happens to the copy, the file stays as it is."""
        world = cls()
        world.database.close()
        world.database = Database.copy_of(path)
        world.clock = Clock(world.database)
        return world

    def close(self) -> None:
        self.database.close()

    # time

    @property
    def now(self) -> datetime:
        """Virtual time, aware, UTC; while an event is carried out, the time it was due."""
        return self._moment or self.clock.now()

    def advance(self, by: timedelta) -> None:
        """Let time pass and everything happen that falls due in it."""
        self.clock.advance(by)
        self.settle()

    def settle(self) -> None:
        """Carry out what is due by now."""
        timeline.settle(self)

    def later(self, due: datetime, kind: str, subject: str, **body: Any) -> None:
        """Have an event of the timeline happen at a virtual time."""
        self.database.add_event(due, kind, subject, body)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Make `now` a given moment, for what an event does."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    # settings and identities

    @property
    def settings(self) -> Settings:
        stored = self.database.setting("settings")
        return msgspec.json.decode(stored, type=Settings) if stored else Settings()

    def configure(self, **changes: Any) -> None:
        """Change settings by name; an unknown name or a value of the wrong type is a ValueError."""
        merged = msgspec.to_builtins(self.settings) | changes
        try:
            settings = msgspec.convert(merged, Settings)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        self.database.set_setting("settings", msgspec.json.encode(settings).decode())

    def guid(self, *names: str) -> str:
        """A guid that is the same for the same seed and names; without names, the next of a series."""
        key = "/".join(names) if names else f"#{self.database.next_number('guid')}"
        return guid_of(self.settings.seed, key)

    def chance(self, *names: str) -> float:
        """A number in [0, 1) drawn from the seed and the names."""
        return uuid.uuid5(_SPACE, f"{self.settings.seed}?{'/'.join(names)}").int / 2**128

    # virtual machines

    def vms(self, subscription: str | None = None) -> list[VmRecord]:
        """The virtual machines that exist (in a subscription), by id."""
        return [vm for vm in self.database.all(VmRecord, subscription) if not vm.deleted]

    def vm(self, arm_id: str) -> VmRecord | None:
        """One that exists; ids compare case-insensitively."""
        record = self.database.get(VmRecord, arm_id)
        return None if record is None or record.deleted else record

    def put_vm(self, vm: VmRecord) -> None:
        self.database.put(vm)

    def set_vm(self, arm_id: str, fact: str, value: object) -> VmRecord:
        """Change one fact (`power`, `agent.status`, `tags.env`); raises facts.FactError on a bad name or value."""
        record = self.database.get(VmRecord, arm_id)
        if record is None:
            raise facts.FactError(f"there is no virtual machine {arm_id}")
        changed = facts.changed(record, fact, value)
        self.database.put(changed)
        return changed

    # vaults and what is in them

    def vaults(self, subscription: str | None = None) -> list[VaultRecord]:
        return [vault for vault in self.database.all(VaultRecord, subscription) if vault.deleted is None]

    def vault(self, arm_id: str) -> VaultRecord | None:
        record = self.database.get(VaultRecord, arm_id)
        return None if record is None or record.deleted else record

    def items(self, vault: str | None = None) -> list[ItemRecord]:
        """Protected items (of a vault), soft-deleted ones included; not those whose enabling still runs."""
        return [item for item in self.database.all(ItemRecord, vault) if not item.pending]

    def policies(self, vault: str | None = None) -> list[PolicyRecord]:
        return self.database.all(PolicyRecord, vault)

    def containers(self, vault: str | None = None) -> list[ContainerRecord]:
        return self.database.all(ContainerRecord, vault)

    def jobs(self, vault: str | None = None) -> list[JobRecord]:
        """Newest first."""
        return sorted(self.database.all(JobRecord, vault), key=lambda job: (job.start, job.id), reverse=True)

    def recovery_points(self, item: str) -> list[PointRecord]:
        """Those of an item, newest first."""
        return sorted(self.database.linked(PointRecord, item), key=lambda point: point.time, reverse=True)

    def recall(self, key: str, compute: Callable[[], list[R]]) -> list[R]:
        """A list that is made anew only after a document changed, as its pages are asked for. Not to be altered."""
        version = self.database.version
        kept = self._lists.get(key)
        if kept is None or kept[0] != version:
            if len(self._lists) >= _LISTS:
                self._lists.clear()
            kept = self._lists[key] = (version, compute())
        return kept[1]

    # the request log

    def requests(self, after: int = 0) -> list[RequestRecord]:
        """What the wire was asked, oldest first; `after` is the number of the last one already read."""
        return self.database.requests(after)


def guid_of(seed: int, key: str) -> str:
    """The guid that a seed gives to a name."""
    return str(uuid.uuid5(_SPACE, f"{seed}/{key}"))
