"""The options of watch mode that say whom it tells by itself, and how."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from reconciler.cli.options import option
from reconciler.settings import NoticeSettings

_FILE = click.Path(dir_okay=False)
NOTICE_OPTIONS = (
    option("--notify-webhook", metavar="URL",
           help="With --watch: tell this address, as a CloudEvent, what fails, drifts or is uncovered, and its end."),
    option("--notify-secret-file", type=_FILE, metavar="FILE",
           help="The secret that signs what is told; else RECONCILE_NOTIFY_SECRET has it."),
    option("--notify-mail", multiple=True, metavar="ADDRESS", help="With --watch: tell it by mail; repeatable."),
    option("--mail-from", metavar="ADDRESS", help="Who the mail is from. Default: the first that gets it."),
    option("--smtp", default="127.0.0.1:25", show_default=True, metavar="HOST:PORT",
           help="The mail server; STARTTLS is required but on this machine."),
    option("--smtp-user", metavar="NAME", help="Who signs in to the mail server."),
    option("--smtp-password-file", type=_FILE, metavar="FILE",
           help="The password for it; else RECONCILE_SMTP_PASSWORD has it."),
    option("--page-url", metavar="URL", help="The address under which people find the page, for what is told."),
)  # fmt: skip


def notice_settings(words: Mapping[str, Any]) -> NoticeSettings:
    return NoticeSettings(
        webhook=words["notify_webhook"],
        webhook_secret=os.environ.get("RECONCILE_NOTIFY_SECRET"),
        webhook_secret_file=words["notify_secret_file"],
        mail_to=words["notify_mail"],
        mail_from=words["mail_from"],
        smtp=words["smtp"],
        smtp_user=words["smtp_user"],
        smtp_password=os.environ.get("RECONCILE_SMTP_PASSWORD"),
        smtp_password_file=words["smtp_password_file"],
        page_url=words["page_url"],
        language=words["lang"],
    )
