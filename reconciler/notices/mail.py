"""Notices by mail, over a connection that is encrypted before anything is said."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime

from reconciler.diagnostics.catalog import Catalog
from reconciler.diagnostics.language import Language
from reconciler.notices.notice import Notice
from reconciler.notices.teller import DeliveryError
from reconciler.notices.words import worded

TIMEOUT = 30.0
_IMPLICIT = 465
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Mail:
    """Implements Channel. STARTTLS is asked for, and needed but on this machine; port 465 is encrypted from the start.

    `tls` makes a context that checks the server's certificate.
    """

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    catalog: Catalog
    user: str = ""
    password: str = field(default="", repr=False)
    page: str = ""
    language: Language = "en"
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context

    @property
    def name(self) -> str:
        return f"mail-{','.join(sorted(self.recipients))}"

    async def deliver(self, notice: Notice) -> None:
        try:
            await asyncio.to_thread(self._send, self.message(notice))
        except (smtplib.SMTPException, OSError) as error:
            final = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused)
            raise DeliveryError(f"the mail was not taken: {type(error).__name__}", final=final) from error

    def message(self, notice: Notice) -> EmailMessage:
        """The mail; a notice that is sent again has the same id."""
        said = worded(notice, self.catalog, self.language, self.page)
        message = EmailMessage()
        message["Subject"] = f"[reconcile] {said.summary}"[:_LONGEST_SUBJECT]
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = format_datetime(notice.at)
        message["Message-ID"] = f"<{notice.id}@reconcile>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(said.body)
        return message

    def _send(self, message: EmailMessage) -> None:
        near = self.host in _LOOPBACK
        if self.port == _IMPLICIT:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=self.tls())
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        with connection:
            connection.ehlo()
            if self.port != _IMPLICIT and (connection.has_extn("starttls") or not near):
                connection.starttls(context=self.tls())
                connection.ehlo()
            if self.user:
                connection.login(self.user, self.password)
            connection.send_message(message)
