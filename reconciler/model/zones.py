"""Time zones: IANA names in the YAML, Windows ids on the wire."""

from __future__ import annotations

from functools import cache

from tzlocal import windows_tz

from reconciler.model.ids import fold

UTC = "UTC"


class UnknownZoneError(ValueError):
    """A name that is neither IANA's nor Windows'."""


@cache
def _names() -> dict[str, str]:
    """Every name in lower case → its Windows id."""
    names = {fold(iana): windows for iana, windows in windows_tz.tz_win.items()}
    names |= {fold(windows): windows for windows in windows_tz.win_tz}
    return names | {"utc": UTC, "etc/utc": UTC}


def windows_zone(name: str) -> str:
    """The Windows id that the service wants. Raises UnknownZoneError."""
    found = _names().get(fold(name))
    if found is None:
        raise UnknownZoneError(name)
    return found


def iana_zone(windows_id: str) -> str:
    """The IANA name of a Windows id, for a schedule's next run. Raises UnknownZoneError."""
    if windows_id == UTC:
        return UTC
    found = windows_tz.win_tz.get(windows_id)
    if found is None:
        raise UnknownZoneError(windows_id)
    return str(found)


def known_zones() -> tuple[str, ...]:
    """What may be written, for suggestions."""
    return tuple(sorted({UTC, *windows_tz.tz_win, *windows_tz.win_tz}))
