"""The kinds of values that options take: durations, shares, clouds, formats with a path."""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import click

from reconciler.model.window import Window, WindowError, window
from reconciler.settings import moment_of

SHEETS = ("markdown", "github", "azure-devops", "sarif", "junit")
"""Formats for machines and reviewers, all made of one sheet."""
FORMATS = ("human", "json", "jsonl", *SHEETS)
FORMATS_HELP = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}, on stdout. Default: human."
_CLOUDS = ("azure", "azure-usgov", "azure-china", "embedded")
_UNITS = {
    "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60,
    "h": 3600, "hour": 3600,
    "d": 86400, "day": 86400,
    "w": 604800, "week": 604800,
}  # fmt: skip
_DURATION = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)\s*", re.ASCII)
_LONGEST = 3660 * 86400


def seconds(text: str) -> float:
    """`90 minutes`, `2h`, `1d 12h` in seconds; raises ValueError."""
    total, at = 0.0, 0
    lowered = text.lower()
    while at < len(lowered):
        match = _DURATION.match(lowered, at)
        unit = match and (_UNITS.get(match[2]) or _UNITS.get(match[2].removesuffix("s")))
        if not match or not unit:
            break
        total += float(match[1]) * unit
        at = match.end()
    if not lowered.strip() or at < len(lowered):
        raise ValueError(f"{text!r} is not a duration: write a number and a unit, such as 90s, 30 minutes, 2h, 2 days")
    if not 0 < total <= _LONGEST:
        raise ValueError(f"{text!r} is out of range: more than nothing, and at most ten years")
    return total


class Duration(click.ParamType[float]):
    """In seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Since(click.ParamType[datetime | timedelta]):
    """A day, a time (UTC unless it says otherwise), or a span that counts back."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        text = str(value).strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        try:
            return timedelta(seconds=seconds(text))
        except ValueError:
            self.fail(f"{value!r} is no time: write 2026-11-23, 2026-11-23T08:00, or a span such as 2 days", param, ctx)


class Share(click.ParamType[float]):
    """`20%` or `0.2`, as a number between 0 and 1."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = math.nan
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is not a share: write 20%, or 0.2", param, ctx)
        return share


class Cloud(click.ParamType[str]):
    """A cloud's name, or the endpoint of a Resource Manager; `http://` on loopback only."""

    name = "cloud"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if text in _CLOUDS or (text.startswith("embedded:") and text != "embedded:"):
            return text
        if text.lower().startswith(("https://", "http://")):
            trouble = _endpoint_trouble(text)
        else:
            trouble = "this is no cloud; write azure, azure-usgov, azure-china, embedded, embedded:FILE, or the "
            trouble += "https:// address of a Resource Manager"
        if trouble:
            self.fail(f"{value!r}: {trouble}", param, ctx)
        return text


def _endpoint_trouble(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "this is not an address"
    if not host or parts.username is not None or parts.query or parts.fragment or parts.path not in {"", "/"}:
        return "an endpoint is scheme, host and port only, such as https://management.example.net"
    if any(not 33 <= ord(letter) <= 126 or letter == "\\" for letter in text):
        return "an endpoint is written in plain ASCII without spaces"
    if parts.scheme == "http" and not is_loopback(host):
        return "http:// is accepted on loopback only, because a token would travel in the open; use https://"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Listen(click.ParamType[str]):
    """`HOST:PORT` of this machine; port 0 takes a free one."""

    name = "listen"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        host, _, port = str(value).rpartition(":")
        if not host or not re.fullmatch(r"\d{1,5}", port, re.ASCII) or int(port) > 65535:
            self.fail(f"{value!r}: write HOST:PORT, such as 127.0.0.1:8080", param, ctx)
        return str(value)


class WindowParam(click.ParamType[Window]):
    """`Mon-Fri 22:00-06:00 Europe/Amsterdam`."""

    name = "window"
    envvar_list_splitter = ";"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Window:
        if isinstance(value, Window):
            return value
        try:
            return window(str(value))
        except WindowError as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[datetime]):
    """A moment with its offset from UTC, or a date."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return moment_of(str(value))
        except ValueError:
            self.fail(f"{value!r} is no moment: write 2027-01-04T06:00:00+01:00, or a date", param, ctx)


class FormatParam(click.ParamType[str]):
    """The name of an output format."""

    name = "format"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return known_format(str(value), self, param, ctx)


class OutputFile(click.ParamType[tuple[str, str]]):
    """`FORMAT=PATH`."""

    name = "format=path"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        form, equals, path = str(value).partition("=")
        if not equals or not path:
            self.fail(f"{value!r}: write FORMAT=PATH, such as json=plan.json", param, ctx)
        return known_format(form, self, param, ctx), path


def known_format(
    text: str, kind: click.ParamType[object], param: click.Parameter | None, ctx: click.Context | None
) -> str:
    """`text`, when it names a format that this version has; else a usage error."""
    if text not in FORMATS:
        kind.fail(f"{text!r} is no format: there are {', '.join(FORMATS)}", param, ctx)
    return text


def duration_words(words: tuple[str, ...]) -> timedelta:
    """A duration given as one or several words of a command line; raises click.BadParameter."""
    try:
        return timedelta(seconds=seconds(" ".join(words)))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="DURATION") from error


class JournalPlace(click.ParamType[str]):
    """A path, or the address of a PostgreSQL database. No message repeats the value: it may hold a password."""

    name = "journal"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from reconciler.store.address import is_postgres

        text = str(value)
        if not text.strip() or ("://" in text and not is_postgres(text)):
            self.fail("write a path, or postgresql://USER@HOST:PORT/DATABASE", param, ctx)
        return text
