"""The embedded vault's database, with a mark that names its content: two equal marks, the same content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from reconciler.vaultserver.database import Database
from reconciler.vaultserver.records import Record


class TrackedDatabase(Database):
    """In memory. `mark` is a digest of all changes since the beginning; it holds within this process only.

    The log of requests, and the number of the last one, are not content: no answer shows them but in a header.
    """

    def __init__(self) -> None:
        self.mark = 0
        super().__init__()

    def put(self, record: Record) -> None:
        self._note("put", record.id, msgspec.json.encode(record))
        super().put(record)

    def put_all(self, records: Iterable[Record]) -> None:
        kept = list(records)
        for record in kept:
            self._note("put", record.id, msgspec.json.encode(record))
        super().put_all(kept)

    def delete(self, record: Record) -> None:
        self._note("delete", record.kind, record.id)
        super().delete(record)

    def clear_scope(self, scope: str) -> None:
        self._note("clear", scope)
        super().clear_scope(scope)

    def set_setting(self, name: str, value: str) -> None:
        self._note("set", name, value)
        super().set_setting(name, value)

    def next_number(self, name: str) -> int:
        if name != "request":
            self._note("number", name)
        return super().next_number(name)

    def add_event(self, due: datetime, kind: str, subject: str, body: dict[str, Any]) -> None:
        self._note("event", due, kind, subject, str(body))
        super().add_event(due, kind, subject, body)

    def take_event(self, now: datetime) -> tuple[datetime, str, str, dict[str, Any]] | None:
        found = super().take_event(now)
        if found is not None:
            self._note("taken", *found[:3])
        return found

    def cancel_events(self, subject: str, kind: str) -> None:
        self._note("cancel", subject, kind)
        super().cancel_events(subject, kind)

    def _note(self, *what: object) -> None:
        self.mark = hash((self.mark, what))
