"""Over HTTPS: what a good remote gives, and each thing that a bad one may do."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from reconciler.model.board import Declared
from reconciler.sources.git.mirror import Limits
from reconciler.sources.git.remote import Access, token_from
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import Origin, source, vault
from tests.unit.sources.git.remotes import PATH, Trust, answer, line, over_https, proxy, saying, token_file

CANARY = "t0ken-canary-4711"


@pytest.fixture(scope="module")
def trust() -> Trust:
    return Trust()


async def test_a_branch_is_followed(origin: Origin, tmp_path: Path, trust: Trust) -> None:
    sha = origin.commit({"a.yaml": vault("one")})
    with over_https(origin, trust) as (address, asked):
        follows = source(address, tmp_path / "state", access=trust.access())
        first = await follows.look()
        assert names(first) == ["one"], first.state
        assert first.state.title == f"{address} (main)"
        assert asked == [f"GET {PATH}/info/refs", f"POST {PATH}/git-upload-pack"]
        assert (await follows.look()).desired is first.desired
        assert asked[2:] == [f"GET {PATH}/info/refs"]
        origin.commit({"a.yaml": vault("two")}, [sha])
        assert names(await follows.look()) == ["two"]


async def test_a_rewind_is_held_across_a_restart(origin: Origin, tmp_path: Path, trust: Trust) -> None:
    """The history that is kept is short: whether an old commit follows is found out by asking for all of it."""
    first = sha = origin.commit({"a.yaml": vault("v0")})
    for number in range(1, 120):
        sha = origin.commit({"a.yaml": vault(f"v{number}")}, [sha])
    with over_https(origin, trust) as (address, _):
        assert names(await source(address, tmp_path / "state", access=trust.access()).look()) == ["v119"]
        [kept] = (tmp_path / "state").glob("*/followed.json")
        assert '"shallow": ["' in kept.read_text()
        origin.set("main", first)
        held = await source(address, tmp_path / "state", access=trust.access()).look()
        assert names(held) == ["v119"]
        assert held.state.rejected is not None
        assert held.state.rejected.revision.id == first
        origin.set("main", sha)
        for number in range(120, 330):
            sha = origin.commit({"a.yaml": vault(f"v{number}")}, [sha])
        late = await source(address, tmp_path / "state", access=trust.access()).look()
        assert names(late) == ["v329"]


async def test_a_token_is_sent_and_never_told(
    origin: Origin, tmp_path: Path, trust: Trust, capfd: pytest.CaptureFixture[str]
) -> None:
    origin.commit({"a.yaml": vault("one")})
    with over_https(origin, trust, token=CANARY) as (address, _), capture_logs() as logs:
        found = await source(address, tmp_path / "state", access=trust.access(CANARY)).look()
        assert names(found) == ["one"]
        without = await source(address, tmp_path / "state", access=trust.access()).look()
        wrong = await source(address, tmp_path / "state", access=trust.access(CANARY + "x")).look()
    for one in (without, wrong):
        assert one.state.trouble_code == "source-refused"
        assert "401" in one.state.trouble
    written = [path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()]
    seen = [repr(found), repr(without), repr(wrong), repr(logs), *capfd.readouterr(), *map(repr, written)]
    assert [text for text in seen if CANARY in text] == []


async def test_a_renewed_token_is_taken_without_a_restart(origin: Origin, tmp_path: Path, trust: Trust) -> None:
    origin.commit({"a.yaml": vault("one")})
    file = token_file(tmp_path, "old")
    access = Access(token=token_from(file, None), tls=trust.client)
    with over_https(origin, trust, token=CANARY) as (address, _):
        follows = source(address, tmp_path / "state", access=access)
        assert (await follows.look()).state.trouble_code == "source-refused"
        token_file(tmp_path, CANARY)
        assert names(await follows.look()) == ["one"]
        token_file(tmp_path, "two words")
        assert (await follows.look()).state.trouble_code == "source-settings"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_a_certificate_that_is_not_trusted(origin: Origin, tmp_path: Path, trust: Trust, name: str) -> None:
    """By the system, or for another name."""
    origin.commit({"a.yaml": vault("one")})
    tls = ssl.create_default_context() if name == "127.0.0.1" else trust.client
    with over_https(origin, trust, token=CANARY) as (address, asked):
        access = Access(token=lambda: CANARY, tls=tls)
        found = await source(address.replace("127.0.0.1", name), tmp_path / "state", access=access).look()
    assert found.state.trouble_code == "source-unreachable"
    assert "certificate" in found.state.trouble
    assert asked == []


async def meeting(
    talk: Callable[[socket.socket], None], tmp_path: Path, trust: Trust, *, limits: Limits | None = None
) -> Declared:
    """One look at a remote that does as `talk` says; it always ends in a trouble, with nothing in force."""
    with saying(talk, trust.server) as port:
        address = f"https://127.0.0.1:{port}/b.git"
        found = await source(address, tmp_path / "state", access=trust.access(CANARY), limits=limits).look()
    assert found.desired is None
    assert found.state.trouble_code.startswith("source-")
    assert found.state.trouble.isprintable()
    assert CANARY not in found.state.trouble
    assert len(found.state.trouble) < 500
    return found


ADVERTISEMENT = line(b"# service=git-upload-pack\n") + b"0000"
REF = line(b"1" * 40 + b" refs/heads/main\0 side-band-64k shallow ofs-delta\n") + b"0000"


@pytest.mark.parametrize(
    ("says", "code", "words"),
    [
        (answer(b"<html>Sign in</html>", kind="text/html"), "unreachable", "is no Git remote"),
        (answer(b"1" * 40 + b"\trefs/heads/main\n", kind="text/plain"), "unreachable", "is no Git remote"),
        (answer(b"", status="401 Unauthorized"), "refused", "401"),
        (answer(b"", status="403 Forbidden"), "refused", "403"),
        (answer(b"", status="404 Not Found"), "refused", "no such repository"),
        (answer(b"", status="500 Oops"), "unreachable", "500"),
        (answer(b"", status="204 No Content"), "unreachable", "204"),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://evil.example/x\r\nContent-Length: 0\r\n\r\n", "unreachable", "evil"),
        (b"HTTP/1.1 302 Found\r\nLocation: /login\x1b[31m\r\nContent-Length: 0\r\n\r\n", "unreachable", "sends us on"),
        (answer(b""), "unreachable", ""),
        (answer(b"0000"), "unreachable", ""),
        (answer(b"zzzz"), "unreachable", ""),
        (answer(b"ffff" + b"x" * 100), "unreachable", ""),
        (answer(line(b"# service=git-receive-pack\n") + b"0000"), "unreachable", ""),
        (answer(ADVERTISEMENT + b"0000"), "branch-missing", "it is empty"),
        (answer(ADVERTISEMENT + line(b"nonsense\n") + b"0000"), "unreachable", ""),
        (answer(ADVERTISEMENT + line(b"ERR go away \x1b]8;;x\n")), "unreachable", ""),
        (answer(ADVERTISEMENT + REF.replace(b"1" * 40, b"2" * 64)), "", ""),
        (answer(gzip.compress(ADVERTISEMENT)).replace(b"200 OK\r\n", b"200 OK\r\nContent-Encoding: gzip\r\n"), "", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-x\r\nContent-Length: 999\r\n\r\n", "unreachable", ""),
        (b"SSH-2.0-not-http\r\n", "unreachable", ""),
        (b"", "unreachable", "broke off"),
    ],
)
async def test_a_remote_that_says_something_else(
    tmp_path: Path, trust: Trust, says: bytes, code: str, words: str
) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(says)

    found = await meeting(talk, tmp_path, trust)
    assert found.state.trouble_code.startswith(f"source-{code}")
    assert words in found.state.trouble


async def test_a_remote_without_end(tmp_path: Path, trust: Trust) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(answer(b"")[:-4].replace(b"Content-Length: 0\r\n", b"") + b"\r\n\r\n" + ADVERTISEMENT)
        while True:
            connection.sendall(line(b"1" * 40 + b" refs/heads/" + b"x" * 900) * 100)

    found = await meeting(talk, tmp_path, trust, limits=Limits(pack=100_000))
    assert found.state.trouble_code == "source-limit"


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n", answer(line(b"x" * 500))[:-400]])
async def test_a_remote_that_falls_silent(tmp_path: Path, trust: Trust, first: bytes) -> None:
    """The look is cut off, and its thread ends."""
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(first)
        over.wait(30)

    with saying(talk, trust.server) as port:
        follows = source(f"https://127.0.0.1:{port}/b.git", tmp_path / "state", access=trust.access(), patience=0.3)
        found = await follows.look()
        assert "took more than 0.3 seconds" in found.state.trouble
        again = await follows.look()
        assert "took more than 0.3 seconds" in again.state.trouble
        over.set()
    looking = [thread for thread in threading.enumerate() if thread.name == "git"]
    for thread in looking:
        thread.join(10)
    assert [thread for thread in looking if thread.is_alive()] == []


async def test_nobody_listens(tmp_path: Path, trust: Trust) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = await source(f"https://127.0.0.1:{port}/b.git", tmp_path / "state", access=trust.access()).look()
    assert found.state.trouble_code == "source-unreachable"
    assert "broke off" in found.state.trouble
    assert "Connection refused" in found.state.trouble


async def test_a_commit_that_is_named_and_not_sent(tmp_path: Path, trust: Trust) -> None:
    turns = iter([ADVERTISEMENT + REF, line(b"NAK\n") + line(b"\x01PACK\0\0\0\2\0\0\0\0" + bytes(20)) + b"0000"])

    def talk(connection: socket.socket) -> None:
        body = next(turns)
        kind = "advertisement" if body.startswith(ADVERTISEMENT) else "result"
        connection.sendall(answer(body, kind=f"application/x-git-upload-pack-{kind}"))

    found = await meeting(talk, tmp_path, trust)
    assert found.state.trouble_code == "source-unreachable"


async def test_a_proxy_is_used_where_the_machine_has_one(
    origin: Origin, tmp_path: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It passes the bytes on, and sees neither the token nor what is asked for."""
    origin.commit({"a.yaml": vault("one")})
    for name in ("no_proxy", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with over_https(origin, trust, token=CANARY) as (address, _), proxy() as (through, asked):
        monkeypatch.setenv("https_proxy", through)
        host = address.removeprefix("https://").partition("/")[0]
        found = await source(address, tmp_path / "state", access=trust.access(CANARY)).look()
        assert names(found) == ["one"], found.state
        assert set(asked) == {host}
        asked.clear()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert names(await source(address, tmp_path / "state", access=trust.access(CANARY)).look()) == ["one"]
        assert asked == []
