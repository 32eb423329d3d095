"""Whom a daemon tells by itself, made of its settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from reconciler.app import Place, UsageSetupError
from reconciler.clocks import Clock, RealClock
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.language import spoken
from reconciler.engine.ports import Notebook
from reconciler.model.board import Board
from reconciler.notices.teller import Channel, Teller
from reconciler.settings import NoticeSettings
from reconciler.watch.sources import secret_in


def teller_of(
    place: Place, settings: NoticeSettings, notes: Notebook, clock: Clock, board: Callable[[], Board]
) -> Teller | None:
    """None where nobody is to be told. UsageSetupError, SetupError."""
    channels = [channel for channel in (_webhook(place, settings), _mail(settings)) if channel is not None]
    return Teller(channels, notes, clock, board) if channels else None


def _webhook(place: Place, settings: NoticeSettings) -> Channel | None:
    if settings.webhook is None:
        return None
    from reconciler.notices.webhook import AddressError, Webhook

    try:
        return Webhook(
            settings.webhook,
            f"urn:reconcile:{place.name}",
            catalog(),
            RealClock().now,
            _secret(settings.webhook_secret_file, settings.webhook_secret, "the web hook"),
            settings.page_url or "",
            spoken(settings.language, os.environ),
        )
    except AddressError as error:
        raise UsageSetupError(f"--notify-webhook: {error}") from error


def _mail(settings: NoticeSettings) -> Channel | None:
    if not settings.mail_to:
        return None
    from reconciler.notices.mail import Mail

    host, _, port = settings.smtp.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageSetupError(f"--smtp is HOST:PORT, such as mail.example.com:587; this is {settings.smtp!r}")
    for address in (*settings.mail_to, settings.mail_from or settings.mail_to[0]):
        if "@" not in address or any(letter.isspace() or not letter.isprintable() for letter in address):
            raise UsageSetupError(f"{address!r} is no mail address")
    return Mail(
        host.strip("[]"),
        int(port),
        settings.mail_from or settings.mail_to[0],
        settings.mail_to,
        catalog(),
        settings.smtp_user or "",
        _secret(settings.smtp_password_file, settings.smtp_password, "the mail server"),
        settings.page_url or "",
        spoken(settings.language, os.environ),
    )


def _secret(file: str | None, text: str | None, whose: str) -> str:
    return secret_in(Path(file), whose) if file is not None else text or ""
