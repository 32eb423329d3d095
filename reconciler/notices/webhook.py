"""Notices as CloudEvents 1.0 to a web hook of the operator's, signed as Standard Webhooks has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import aiohttp

from reconciler.diagnostics.catalog import Catalog
from reconciler.diagnostics.language import Language
from reconciler.notices.notice import MOST_NAMES, Notice
from reconciler.notices.teller import DeliveryError
from reconciler.notices.words import worded

TIMEOUT = 15.0
_ASKS_AGAIN = frozenset({408, 425, 429})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class AddressError(ValueError):
    """No address for a web hook; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Implements Channel. Redirects are not followed: the address is the operator's word, not the server's.

    `source` names this daemon to whoever gets events of several; `now` is the machine's own clock, aware UTC.
    """

    url: str = field(repr=False)
    source: str
    catalog: Catalog
    now: Callable[[], datetime]
    secret: str = field(default="", repr=False)
    page: str = ""
    language: Language = "en"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"https", "http"} or not parts.hostname or parts.username is not None:
            raise AddressError("a web hook is an address that begins with https://, without a user in it")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise AddressError("a web hook over http:// is accepted on this machine only; use https://")

    @property
    def name(self) -> str:
        """Of the address, which may hold a secret itself: so a digest of it."""
        return f"webhook-{hashlib.sha256(self.url.encode()).hexdigest()[:12]}"

    async def deliver(self, notice: Notice) -> None:
        body = json.dumps(self.event(notice), ensure_ascii=True, sort_keys=True).encode()
        headers = {"content-type": "application/cloudevents+json; charset=utf-8", **self.signature(notice.id, body)}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        near = urlsplit(self.url).hostname in _LOOPBACK
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=not near) as session,
                session.post(self.url, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(f"the web hook did not answer: {type(error).__name__}") from error
        if 200 <= status < 300:
            return
        final = 300 <= status < 500 and status not in _ASKS_AGAIN
        raise DeliveryError(f"the web hook answered {status}", final=final)

    def event(self, notice: Notice) -> Mapping[str, object]:
        """The event, in structured mode."""
        said = worded(notice, self.catalog, self.language, self.page)
        return {
            "specversion": "1.0",
            "id": notice.id,
            "source": self.source,
            "type": f"reconcile.{notice.kind}.{'over' if notice.over else 'begun'}",
            "time": notice.at.isoformat(),
            "subject": notice.vault or self.source,
            "datacontenttype": "application/json",
            "data": {
                "kind": str(notice.kind),
                "state": "over" if notice.over else "begun",
                "code": notice.code,
                "summary": said.summary,
                "title": said.title,
                "cause": said.cause,
                "remedy": said.remedy,
                "who": said.who,
                "vault": notice.vault,
                "subjects": list(notice.subjects[:MOST_NAMES]),
                "total": len(notice.subjects),
                "messages": list(notice.texts[:MOST_NAMES]),
                "page": self.page,
            },
        }

    def signature(self, message_id: str, body: bytes) -> Mapping[str, str]:
        """The headers of Standard Webhooks; without a secret only those that name the message."""
        stamp = str(int(self.now().timestamp()))
        headers = {"webhook-id": message_id, "webhook-timestamp": stamp}
        if self.secret:
            signed = f"{message_id}.{stamp}.".encode() + body
            digest = hmac.new(_key(self.secret), signed, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode('ascii')}"
        return headers


def _key(secret: str) -> bytes:
    """`whsec_` and base64, as Standard Webhooks writes keys; any other text is taken as it is."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            pass
    return secret.encode()
