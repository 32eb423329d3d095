"""Logging, configured once: structured lines on stderr, as text for people and as JSON for machines."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

LEVELS = ("debug", "info", "warning", "error")
_SECRET_WORDS = ("authorization", "token", "secret", "password", "assertion", "cookie", "credential")
_HIDDEN = "***"


def configure(*, level: str = "warning", style: str | None = None, stream: TextIO | None = None) -> None:
    """Log from `level` on to `stream` (stderr). `style` is `text` or `json`; None: text on a terminal, else JSON."""
    out = stream or sys.stderr
    readable = out.isatty() if style is None else style == "text"
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        hide_secrets,
        structlog.processors.EventRenamer("msg"),
    ]
    if readable:
        shared.append(structlog.dev.ConsoleRenderer(colors=False, event_key="msg", timestamp_key="ts"))
    else:
        shared += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(sort_keys=True)]
    structlog.configure(
        processors=shared,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=out, level=max(number, logging.WARNING), format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    for told_in_our_own_words in ("dulwich", "paramiko"):
        logging.getLogger(told_in_our_own_words).setLevel(logging.CRITICAL)


def hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whatever stands under a name that sounds like a secret is not written."""
    for name in event:
        if any(word in name.lower() for word in _SECRET_WORDS):
            event[name] = _HIDDEN
    return event
