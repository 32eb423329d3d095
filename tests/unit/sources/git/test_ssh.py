"""Over SSH: only a host whose key is known is signed in to, and only with the key that was given."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sources.git.remote import Access
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import Origin, source, vault
from tests.unit.sources.git.remotes import saying
from tests.unit.sources.git.ssh_remote import PATH, SshRemote, locked_key, new_key, over_ssh


@pytest.fixture
def remote(origin: Origin, tmp_path: Path) -> Iterator[SshRemote]:
    origin.commit({"a.yaml": vault("one")})
    with over_ssh(SshRemote(origin, new_key(tmp_path / "host"), new_key(tmp_path / "user"))) as made:
        yield made


async def test_a_branch_is_followed(remote: SshRemote, tmp_path: Path) -> None:
    access = Access(ssh_key=tmp_path / "user", known_hosts=remote.known(tmp_path / "known"))
    follows = source(remote.address, tmp_path / "state", access=access)
    first = await follows.look()
    assert names(first) == ["one"], first.state
    assert first.state.title == f"ssh://127.0.0.1:{remote.port}{PATH} (main)"
    assert remote.ran == [f"git-upload-pack '{PATH}'".encode()]
    assert remote.signed_in == ["git"]
    assert first.state.in_force is not None
    remote.origin.commit({"a.yaml": vault("two")}, [first.state.in_force.id or ""])
    assert names(await follows.look()) == ["two"]


async def test_a_host_that_is_not_known_is_not_signed_in_to(remote: SshRemote, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("# none\n")
    other = remote.known(tmp_path / "other-host", host="git.example.org")
    other_port = remote.known(tmp_path / "other-port", host="127.0.0.1")
    for known in (empty, other, other_port):
        access = Access(ssh_key=tmp_path / "user", known_hosts=known)
        found = await source(remote.address, tmp_path / "state", access=access).look()
        assert found.state.trouble_code == "source-refused"
        assert "not in the file of known hosts" in found.state.trouble
    assert (remote.signed_in, remote.ran) == ([], [])


async def test_a_host_that_shows_another_key_is_not_signed_in_to(remote: SshRemote, tmp_path: Path) -> None:
    known = remote.known(tmp_path / "known", new_key(tmp_path / "another"))
    found = await source(
        remote.address, tmp_path / "state", access=Access(ssh_key=tmp_path / "user", known_hosts=known)
    ).look()
    assert found.state.trouble_code == "source-refused"
    assert "shows another key" in found.state.trouble
    assert (remote.signed_in, remote.ran) == ([], [])


async def test_a_key_that_is_refused(remote: SshRemote, tmp_path: Path) -> None:
    new_key(tmp_path / "wrong")
    access = Access(ssh_key=tmp_path / "wrong", known_hosts=remote.known(tmp_path / "known"))
    found = await source(remote.address, tmp_path / "state", access=access).look()
    assert found.state.trouble_code == "source-refused"
    assert "refuses the key" in found.state.trouble


@pytest.mark.parametrize("lacking", ["key", "hosts", "no key", "locked key", "no hosts", "markers"])
async def test_what_is_needed_and_not_given(remote: SshRemote, tmp_path: Path, lacking: str) -> None:
    known = remote.known(tmp_path / "known")
    (tmp_path / "text").write_text("hello")
    locked_key(tmp_path / "locked")
    (tmp_path / "marked").write_text("@cert-authority * ssh-ed25519 AAAA\n" + known.read_text())
    access = {
        "key": Access(known_hosts=known),
        "hosts": Access(ssh_key=tmp_path / "user"),
        "no key": Access(ssh_key=tmp_path / "text", known_hosts=known),
        "locked key": Access(ssh_key=tmp_path / "locked", known_hosts=known),
        "no hosts": Access(ssh_key=tmp_path / "user", known_hosts=tmp_path / "missing"),
        "markers": Access(ssh_key=tmp_path / "user", known_hosts=tmp_path / "marked"),
    }[lacking]
    found = await source(remote.address, tmp_path / "state", access=access).look()
    assert found.state.trouble_code == "source-settings"
    assert remote.signed_in == []


async def test_what_the_host_says_is_told_in_one_plain_line(remote: SshRemote, tmp_path: Path) -> None:
    remote.says = b"ERROR: \x1b[31mno such\nrepository " + b"x" * 900
    access = Access(ssh_key=tmp_path / "user", known_hosts=remote.known(tmp_path / "known"))
    found = await source(remote.address, tmp_path / "state", access=access).look()
    assert found.desired is None
    assert found.state.trouble_code == "source-unreachable"
    assert found.state.trouble.isprintable()
    assert len(found.state.trouble) < 500


async def test_a_server_that_does_not_speak_ssh(remote: SshRemote, tmp_path: Path) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    known = remote.known(tmp_path / "known")
    with saying(talk, None) as port:
        remote.known(known, host=f"[127.0.0.1]:{port}")
        access = Access(ssh_key=tmp_path / "user", known_hosts=known)
        found = await source(f"ssh://git@127.0.0.1:{port}/b", tmp_path / "state", access=access).look()
    assert found.state.trouble_code == "source-unreachable"
