"""Logging, configured once: structured lines on stderr, as text for people and as JSON for machines.

One event is one line in either style, whatever Azure named its things: what is foreign is escaped here, for all.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from reconciler.diagnostics.escape import json_text, log_value, terminal
from reconciler.model.call import Json

LEVELS = ("debug", "info", "warning", "error")
_SECRET_WORDS = ("authorization", "token", "secret", "password", "assertion", "cookie", "credential")
_HIDDEN = "***"
_SECRETS = re.compile(
    r"(?<=bearer )[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=[?&]sig=)[^&\s\"']+", re.IGNORECASE | re.ASCII
)
"""A token in the words of an exception, a signed token anywhere, the signature of a shared-access address."""
_OURS = frozenset({"ts", "level", "msg"})
_TRACE = "    | "
"""Before each line of a traceback, so that none of them can pass for an event."""

Event = MutableMapping[str, Any]


def configure(*, level: str = "warning", style: str | None = None, stream: TextIO | None = None) -> None:
    """Log from `level` on to `stream` (stderr). `style` is `text` or `json`; None: text on a terminal, else JSON."""
    out = stream or sys.stderr
    readable = out.isatty() if style is None else style == "text"
    number = logging.getLevelNamesMapping()[level.upper()]
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.EventRenamer("msg"),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    if readable:
        console = structlog.dev.ConsoleRenderer(
            colors=False, event_key="msg", timestamp_key="ts", exception_formatter=structlog.dev.plain_traceback
        )
        processors += [_harmless, console]
    else:
        processors.append(structlog.processors.JSONRenderer(serializer=_as_json))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Foreign(readable=readable))
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler])
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    for told_in_our_own_words in ("dulwich", "paramiko"):
        logging.getLogger(told_in_our_own_words).setLevel(logging.CRITICAL)


def hide_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Whatever stands under a name that sounds like a secret is not written, and nothing that looks like one."""
    for name, value in event.items():
        if any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = _HIDDEN
        elif not isinstance(value, bool | int | float | None):
            event[name] = hushed(str(value))
    return event


def hushed(text: str) -> str:
    """A text without what looks like a secret."""
    return _SECRETS.sub(_HIDDEN, text)


def _harmless(_logger: object, _method: str, event: Event) -> Event:
    """Each value is one word or in quotes, and forges neither a pair nor a line."""
    trace = event.pop("exception", None)
    shown: Event = {name: terminal(str(value)) for name, value in event.items() if name in _OURS}
    shown.update({terminal(name): _Word(str(value)) for name, value in event.items() if name not in _OURS})
    if trace:
        shown["exception"] = "\n".join(f"{_TRACE}{terminal(line)}" for line in str(trace).splitlines())
    return shown


def _as_json(event: Event, **_options: Any) -> str:
    found: dict[str, Json] = {str(name): event[name] for name in sorted(event)}
    return json_text(found)


class _Word:
    """A value as it is to stand in a line: the renderer prints the `repr` of what is no text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return log_value(self._text)


class _Foreign(logging.Formatter):
    """Records of the libraries, in the style of our own."""

    def __init__(self, *, readable: bool) -> None:
        super().__init__("%(message)s")
        self._readable = readable

    def format(self, record: logging.LogRecord) -> str:
        text, level = hushed(super().format(record)), record.levelname.lower()
        if self._readable:
            return f"{level} {terminal(record.name)} {terminal(text)}"
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        return json_text({"level": level, "logger": record.name, "msg": text, "ts": at})
