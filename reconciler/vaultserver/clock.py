"""The virtual clock: it stands still except when advanced, or runs at a speed while a server keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from reconciler.vaultserver.database import Database

_SETTING = "clock"


class Anchor(msgspec.Struct):
    """The virtual time at a real moment, and how many virtual seconds a real one brings."""

    virtual: datetime
    real: datetime
    speed: float = 0.0


def real_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Virtual time, kept in the database so that every process that opens the file sees the same."""

    def __init__(self, database: Database, real: Callable[[], datetime] = real_now) -> None:
        self._database = database
        self._real = real

    def start_at(self, moment: datetime) -> None:
        """Set the time of a new estate."""
        self._write(Anchor(moment.astimezone(UTC), self._real(), self._read().speed))

    def now(self) -> datetime:
        anchor = self._read()
        elapsed = max((self._real() - anchor.real).total_seconds(), 0.0)
        return anchor.virtual + timedelta(seconds=elapsed * anchor.speed)

    def advance(self, by: timedelta) -> None:
        """Move time forward; never back."""
        if by < timedelta(0):
            raise ValueError("time moves forward only")
        with self._database.transaction():
            self._write(Anchor(self.now() + by, self._real(), self._read().speed))

    @property
    def speed(self) -> float:
        return self._read().speed

    def run(self, speed: float) -> None:
        """Let time flow from where it last stood; the time in which no server ran does not count."""
        self._write(Anchor(self._read().virtual, self._real(), speed))

    def stop(self) -> None:
        """Freeze the time that was reached."""
        self._write(Anchor(self.now(), self._real(), 0.0))

    def keep(self) -> None:
        """Note the time reached, so that a killed server loses little of it."""
        anchor = self._read()
        if anchor.speed and self._real() - anchor.real > timedelta(seconds=5):
            self._write(Anchor(self.now(), self._real(), anchor.speed))

    def _read(self) -> Anchor:
        stored = self._database.setting(_SETTING)
        if stored is not None:
            return msgspec.json.decode(stored, type=Anchor)
        anchor = Anchor(self._real().replace(microsecond=0), self._real())
        self._write(anchor)
        return anchor

    def _write(self, anchor: Anchor) -> None:
        self._database.set_setting(_SETTING, msgspec.json.encode(anchor).decode())
