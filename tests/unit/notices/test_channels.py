"""What arrives: a signed CloudEvent, and a mail over an encrypted connection; and what must not be sent."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import trustme
from aiohttp import web
from aiosmtpd.smtp import SMTP

from reconciler.diagnostics.catalog import catalog
from reconciler.notices.cause import Cause, Kind
from reconciler.notices.mail import Mail
from reconciler.notices.notice import MOST_NAMES, Notice, gathered
from reconciler.notices.teller import DeliveryError
from reconciler.notices.webhook import AddressError, Webhook
from reconciler.notices.words import worded

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CODE = "register-vm-not-running"


def notice(*vms: str, over: bool = False, text: str = "It is off.") -> Notice:
    causes = [Cause(Kind.FAILURE, CODE, "rsv", vm, text) for vm in vms]
    return gathered(causes, NOW, over=over)[0]


def hook(url: str, **more: Any) -> Webhook:
    return Webhook(url, "urn:reconcile:test", catalog(), lambda: NOW, **more)


@asynccontextmanager
async def listening(status: int = 204) -> AsyncIterator[tuple[str, list[tuple[Mapping[str, str], bytes]]]]:
    """A web server on this machine that keeps what it is sent."""
    got: list[tuple[Mapping[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=status, headers={"location": "/elsewhere"})

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/hook?token=abc", got
    finally:
        await runner.cleanup()


async def test_a_web_hook_gets_a_cloud_event_with_the_row_and_the_remedy() -> None:
    async with listening() as (url, got):
        await hook(url, page="https://backup.example.com").deliver(notice("rg/web-1", "rg/web-2"))
    [(headers, body)] = got
    event = json.loads(body)
    assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert {name: event[name] for name in ("specversion", "type", "source", "subject", "time")} == {
        "specversion": "1.0",
        "type": "reconcile.failure.begun",
        "source": "urn:reconcile:test",
        "subject": "rsv",
        "time": "2026-11-23T08:00:00+00:00",
    }
    assert event["data"]["code"] == CODE
    assert event["data"]["subjects"] == ["rg/web-1", "rg/web-2"]
    assert event["data"]["remedy"] == catalog().rows[CODE].remedy
    assert event["data"]["page"] == "https://backup.example.com"
    assert "webhook-signature" not in headers


@pytest.mark.parametrize(
    "secret", ["a secret of ours", "whsec_" + base64.b64encode(b"thirty-two bytes of randomness!!").decode()]
)
async def test_who_knows_the_secret_can_tell_that_it_is_from_us(secret: str) -> None:
    async with listening() as (url, got):
        await hook(url, secret=secret).deliver(notice("rg/web-1"))
    [(headers, body)] = got
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))


def test_the_same_notice_has_the_same_id_and_its_end_another() -> None:
    assert notice("a").id == notice("a").id
    assert len({notice("a").id, notice("a", over=True).id, notice("b").id}) == 3


@pytest.mark.parametrize(("status", "final"), [(302, True), (404, True), (413, True), (429, False), (500, False)])
async def test_no_redirect_is_followed_and_only_what_may_pass_is_tried_again(status: int, *, final: bool) -> None:
    async with listening(status) as (url, got):
        with pytest.raises(DeliveryError, match=str(status)) as caught:
            await hook(url).deliver(notice("rg/web-1"))
    assert caught.value.final is final
    assert len(got) == 1
    assert "abc" not in str(caught.value)


async def test_a_web_hook_that_is_not_there_is_told_without_its_address() -> None:
    with pytest.raises(DeliveryError) as caught:
        await hook("http://127.0.0.1:1/secret").deliver(notice("rg/web-1"))
    assert "secret" not in str(caught.value)
    assert not caught.value.final


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "ftp://example.com", "https://u:p@example.com", "example.com", "file:///etc/passwd"]
)
def test_addresses_in_the_open_are_refused(url: str) -> None:
    with pytest.raises(AddressError):
        hook(url)


def test_the_address_which_may_hold_a_secret_is_shown_nowhere() -> None:
    one = hook("https://example.com/T000/secret-token", secret="hidden-key")
    assert "secret-token" not in repr(one) + one.name
    assert "hidden-key" not in repr(one)


class Inbox:
    """What an SMTP server was given, and over what."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.encrypted: list[bool] = []

    async def take(self, server: SMTP, session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


HANDLER = type("Handler", (Inbox,), {"handle_DATA": Inbox.take})
"""As aiosmtpd wants it to be spelled."""


@asynccontextmanager
async def mail_server(context: ssl.SSLContext | None) -> AsyncIterator[tuple[int, Inbox]]:
    """On this machine; with a context it takes no mail before STARTTLS."""
    inbox, loop = HANDLER(), asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(inbox, hostname="localhost", tls_context=context, require_starttls=context is not None, loop=loop)

    server = await loop.create_server(protocol, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], inbox


def mail(port: int, **more: Any) -> Mail:
    return Mail("127.0.0.1", port, "reconcile@example.com", ("a@example.com", "b@example.com"), catalog(), **more)


async def test_a_mail_says_what_where_and_what_to_do() -> None:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    async with mail_server(server) as (port, inbox):
        await mail(port, tls=lambda: client).deliver(notice("rg/web-1"))
    assert inbox.encrypted == [True]
    message = message_from_bytes(inbox.mails[0], policy=default)
    assert message["Subject"] == "[reconcile] Failure: The VM is not running (rsv · rg/web-1)"
    assert message["To"] == "a@example.com, b@example.com"
    body = message.get_content()
    assert "It is off." in body
    assert catalog().rows[CODE].remedy in " ".join(body.split())
    assert f"reconcile explain {CODE}" in body


async def test_a_mail_server_that_nobody_vouches_for_gets_nothing() -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(server)
    async with mail_server(server) as (port, inbox):
        refused = mail(port).deliver(notice("rg/web-1"))
        with pytest.raises(DeliveryError):
            await refused
    assert inbox.mails == []


async def test_a_mail_server_of_this_machine_may_do_without() -> None:
    async with mail_server(None) as (port, inbox):
        await mail(port).deliver(notice("rg/web-1"))
    assert inbox.encrypted == [False]


def test_hostile_names_stay_on_their_line_in_every_part() -> None:
    evil = "web\r\nBcc: all@example.com\r\n\r\n<script>\u202e"
    one = mail(25).message(notice(evil, text=f"{evil} is off"))
    assert one["Bcc"] is None
    assert "\r" not in one["Subject"]
    assert "\u202e" not in one.get_content()
    assert json.dumps(hook("https://example.com").event(notice(evil)))


def test_a_mail_is_short_however_many_vms_it_is_about() -> None:
    names = [f"rg/vm-{number:05}" for number in range(5000)]
    said = worded(notice(*names), catalog(), "en")
    assert f"(+{5000 - MOST_NAMES})" in said.body
    assert len(said.body) < 5000
    assert "5000" in said.summary


def test_the_end_asks_for_nothing() -> None:
    said = worded(notice("rg/web-1", over=True), catalog(), "en")
    assert said.summary == "Over: Failure: The VM is not running (rsv · rg/web-1)"
    assert "What to do" not in said.body


def test_traditional_chinese_for_who_reads_it() -> None:
    said = worded(notice("rg/web-1"), catalog(), "zh-TW", "https://backup.example.com")
    assert said.summary.startswith("失敗")
    assert "處理方式" in said.body


def test_a_code_without_a_row_is_told_too() -> None:
    odd = replace(notice("rg/web-1"), causes=(Cause(Kind.FAILURE, "", "rsv", "rg/web-1", "Odd."),))
    assert "Odd." in worded(odd, catalog(), "en").body
