"""Signed commits: only a key of the list, valid when it signed, puts a commit in force."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dulwich.objects import Commit
from sshsig.sshsig import SshsigWrapper, ssh_enarmor_sshsig

from reconciler.model.board import Declared, Rejection
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import Origin, source, vault

PGP = b"-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----"


def string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


class Signer:
    """A key, and how OpenSSH signs with it."""

    def __init__(self, *, rsa: bool = False) -> None:
        self._key: RSAPrivateKey | Ed25519PrivateKey = (
            generate_private_key(65537, 2048) if rsa else Ed25519PrivateKey.generate()
        )
        self.line = self._key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

    def signature(self, content: bytes, *, namespace: bytes = b"git", weak: bool = False) -> bytes:
        name = "sha1" if weak else "sha512"
        digest = hashlib.new(name, content).digest()
        signed = bytes(SshsigWrapper(namespace=namespace, hash_algo=name.encode(), hash=digest))
        if isinstance(self._key, Ed25519PrivateKey):
            blob = string(b"ssh-ed25519") + string(self._key.sign(signed))
            public = string(b"ssh-ed25519") + string(
                self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            )
        else:
            blob = string(b"rsa-sha2-512") + string(self._key.sign(signed, padding.PKCS1v15(), hashes.SHA512()))
            numbers = self._key.public_key().public_numbers()
            public = string(b"ssh-rsa") + string(_number(numbers.e)) + string(_number(numbers.n))
        raw = b"SSHSIG" + (1).to_bytes(4, "big") + string(public) + string(namespace) + string(b"")
        return ssh_enarmor_sshsig(raw + string(name.encode()) + string(blob)).encode().rstrip()


def _number(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def signed(commit: Commit, by: Signer, *, namespace: bytes = b"git", weak: bool = False) -> Commit:
    commit.gpgsig = by.signature(commit.as_raw_string(), namespace=namespace, weak=weak)
    return commit


def listed(folder: Path, *lines: str) -> Path:
    path = folder / "allowed_signers"
    path.write_text("# who may\n" + "".join(f"{line}\n" for line in lines))
    return path


async def look(origin: Origin, folder: Path, commit: Commit, *lines: str) -> Declared:
    origin.keep(commit)
    return await source(str(origin.folder), folder / "state", signers=listed(folder, *lines)).look()


def require_unsigned(found: Declared, words: str) -> None:
    assert found.desired is None, found.desired
    assert found.state.rejected is not None, found.state
    assert found.state.rejected.because is Rejection.UNSIGNED
    [problem] = found.state.rejected.problems
    assert problem.code == "source-unsigned"
    assert words in problem.message


@pytest.mark.parametrize("rsa", [False, True])
async def test_a_commit_signed_by_a_listed_key(origin: Origin, tmp_path: Path, rsa: bool) -> None:
    ada = Signer(rsa=rsa)
    commit = signed(origin.drafted({"a.yaml": vault("one")}, ()), ada)
    assert names(await look(origin, tmp_path, commit, f"ada@example.org {ada.line}")) == ["one"]


@pytest.mark.parametrize(
    "options",
    [
        'namespaces="git"',
        'namespaces="file,git"',
        'valid-after="20260101",valid-before="20300101Z"',
        'valid-after="202601010000"',
        'valid-before="20300101000000Z"',
    ],
)
async def test_options_that_fit(origin: Origin, tmp_path: Path, options: str) -> None:
    ada = Signer()
    commit = signed(origin.drafted({"a.yaml": vault("one")}, ()), ada)
    assert names(await look(origin, tmp_path, commit, f"ada@example.org {options} {ada.line}")) == ["one"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ('namespaces="file"', "not on the list"),
        ('valid-before="20200101"', "not valid then"),
        ('valid-after="20300101"', "not valid then"),
    ],
)
async def test_options_that_do_not_fit(origin: Origin, tmp_path: Path, options: str, words: str) -> None:
    ada = Signer()
    commit = signed(origin.drafted({"a.yaml": vault("one")}, ()), ada)
    require_unsigned(await look(origin, tmp_path, commit, f"ada@example.org {options} {ada.line}"), words)


async def test_commits_that_nobody_of_the_list_signed(origin: Origin, tmp_path: Path) -> None:
    ada, eve = Signer(), Signer()

    def draft(name: str = "one") -> Commit:
        return origin.drafted({"a.yaml": vault(name)}, ())

    moved = signed(draft(), ada)
    moved.message = b"another message"
    broken = signed(draft(), ada)
    broken.gpgsig = (broken.gpgsig or b"")[:60] + b"\n-----END SSH SIGNATURE-----"
    pgp, other_text = draft(), draft("two")
    pgp.gpgsig = PGP
    other_text.gpgsig = signed(draft(), ada).gpgsig
    cases = [
        (draft(), "it is not signed"),
        (signed(draft(), eve), "not on the list"),
        (moved, "not valid"),
        (other_text, "not valid"),
        (broken, "not valid"),
        (pgp, "in another way"),
        (signed(draft(), ada, namespace=b"file"), "not valid"),
        (signed(draft(), ada, weak=True), "weak hash"),
    ]
    for commit, words in cases:
        require_unsigned(await look(origin, tmp_path, commit, f"ada@example.org {ada.line}"), words)


async def test_the_last_signed_commit_stays_in_force(origin: Origin, tmp_path: Path) -> None:
    ada, bob = Signer(), Signer()
    origin.keep(signed(origin.drafted({"a.yaml": vault("one")}, ()), ada))
    first = signed(origin.drafted({"a.yaml": vault("one")}, ()), ada)
    file = listed(tmp_path, f"ada@example.org {ada.line}")
    origin.keep(first)
    follows = source(str(origin.folder), tmp_path / "state", signers=file)
    assert names(await follows.look()) == ["one"]
    second = signed(origin.drafted({"a.yaml": vault("two")}, [first.id.decode()]), bob)
    origin.keep(second)
    held = await follows.look()
    assert names(held) == ["one"]
    assert held.state.rejected is not None
    assert held.state.rejected.because is Rejection.UNSIGNED
    listed(tmp_path, f"ada@example.org {ada.line}", f"bob@example.org {bob.line}")
    assert names(await follows.look()) == ["two"]


async def test_what_was_put_in_force_unsigned_does_not_come_back_where_signatures_are_asked_for(
    origin: Origin, tmp_path: Path
) -> None:
    origin.commit({"a.yaml": vault("one")})
    assert names(await source(str(origin.folder), tmp_path / "state").look()) == ["one"]
    file = listed(tmp_path, f"ada@example.org {Signer().line}")
    require_unsigned(await source(str(origin.folder), tmp_path / "state", signers=file).look(), "not signed")


@pytest.mark.parametrize(
    "text",
    ["", "nonsense\n", "ada\n", "ada ssh-ed25519 AAAA\n", 'ada valid-after="soon" {}\n', 'ada x="y" {}\n', "é {}\n"],
)
async def test_a_list_that_cannot_be_used_holds_everything(origin: Origin, tmp_path: Path, text: str) -> None:
    origin.commit({"a.yaml": vault("one")})
    file = tmp_path / "allowed_signers"
    file.write_text(text.format(Signer().line))
    found = await source(str(origin.folder), tmp_path / "state", signers=file).look()
    assert found.desired is None
    assert found.state.trouble_code == "source-settings"
    file.unlink()
    found = await source(str(origin.folder), tmp_path / "state", signers=file).look()
    assert found.state.trouble_code == "source-settings"
