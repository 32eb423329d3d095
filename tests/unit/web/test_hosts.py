"""The page answers to its own names only, and listens beyond loopback only for who has said by which names."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from reconciler.web.app import create_app
from reconciler.web.hosts import ListenError, allowed_names, host_of, is_loopback, require_safe
from tests.unit.web.asking import ask, daemon_of
from tests.unit.web.boards import board_of

GOOD_HOSTS = [
    "127.0.0.1",
    "127.0.0.1:8080",
    "127.0.0.1:65535",
    "localhost",
    "LOCALHOST:80",
    "LocalHost:8080",
    "[::1]",
    "[::1]:8080",
    "backup.example.com",
    "Backup.Example.COM:443",
]
BAD_HOSTS = [
    "",
    "evil.example",
    "evil.example:8080",
    "127.0.0.1.nip.io",
    "localhost.evil.example",
    "evil.localhost",
    "localhost.",
    "localhost:",
    "localhost:99999",
    "localhost:80:80",
    "localhost:8o",
    "127.0.0.1:-1",
    "127.1",
    "0",
    "0.0.0.0:8080",
    "2130706433",
    "0x7f000001",
    "127.0.0.2:8080",
    "[::]:8080",
    "[::ffff:127.0.0.1]:8080",
    "::1",
    "[::1",
    "[::1%25lo]",
    "user@localhost",
    "localhost@evil.example",
    "localhost/evil",
    "localhost?x",
    "localhost#x",
    "localhost evil.example",
    "localhost, evil.example",
    "backup.example.com.evil.example",
    "xbackup.example.com",
    "xn--lcalhost-9za",
    "l\u00f6calhost",
]
BAD_ORIGINS = [
    "null",
    "http://evil.example",
    "https://evil.example:8080",
    "http://localhost.evil.example",
    "http://127.0.0.1.nip.io",
    "http://localhost@evil.example",
    "file://localhost",
    "chrome-extension://abcdef",
    "localhost",
    "http://",
]


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    return create_app(daemon_of(board_of()), names=["backup.example.com"])


@pytest.mark.parametrize("host", GOOD_HOSTS)
async def test_its_own_names(app: ASGIApp, host: str) -> None:
    assert (await ask(app, "/", ("host", host))).status == 200


@pytest.mark.parametrize("host", BAD_HOSTS)
async def test_no_other_name_is_shown_anything(app: ASGIApp, host: str) -> None:
    answer = await ask(app, "/vms", ("host", host))
    assert answer.status == 421
    assert "web-01" not in answer.text


@pytest.mark.parametrize("hosts", [(), ("localhost", "localhost"), ("localhost", "evil.example")])
async def test_exactly_one_name(app: ASGIApp, hosts: tuple[str, ...]) -> None:
    headers = [("host", host) for host in hosts]
    scope_headers = headers or [("host", ""), ("x", "y")]
    assert (await ask(app, "/", *scope_headers)).status == 421


@pytest.mark.parametrize("origin", BAD_ORIGINS)
async def test_no_foreign_origin(app: ASGIApp, origin: str) -> None:
    answer = await ask(app, "/vms.json", ("origin", origin))
    assert answer.status == 403
    assert answer.json["error"]["code"] == "origin"
    assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://localhost", "https://backup.example.com"])
async def test_its_own_origin_gets_no_rights_either(app: ASGIApp, origin: str) -> None:
    answer = await ask(app, "/vms.json", ("origin", origin))
    assert answer.status == 200
    assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.parametrize(
    ("site", "mode", "dest", "status"),
    [
        ("same-origin", "cors", "empty", 200),
        ("none", "navigate", "document", 200),
        ("cross-site", "navigate", "document", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "script", 403),
        ("cross-site", "no-cors", "image", 403),
        ("same-site", "cors", "empty", 403),
    ],
)
async def test_other_sites_may_link_and_not_load(app: ASGIApp, site: str, mode: str, dest: str, status: int) -> None:
    headers = (("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest))
    assert (await ask(app, "/", *headers)).status == status


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost", "LocalHost"])
def test_loopback_needs_no_statement(host: str) -> None:
    assert is_loopback(host)
    require_safe(host, ())


@pytest.mark.parametrize("host", ["0.0.0.1", "::", "192.168.1.10", "10.0.0.1", "backup", "localhost.example", ""])
def test_other_addresses_do(host: str) -> None:
    with pytest.raises(ListenError, match="--page-host"):
        require_safe(host, ())
    require_safe(host, ["backup.example.com"])


@pytest.mark.parametrize("name", ["https://backup.example.com", "backup.example.com:443", "a/b", "*", "", "a b"])
def test_a_name_is_a_name(name: str) -> None:
    with pytest.raises(ListenError, match="is no name of a host"):
        allowed_names([name])


def test_the_port_does_not_matter_and_the_case_neither() -> None:
    assert host_of("Localhost:1") == "localhost"
    assert allowed_names(["Backup"]) == {"localhost", "127.0.0.1", "[::1]", "backup"}
