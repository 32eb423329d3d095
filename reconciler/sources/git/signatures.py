"""Who signed a commit, by an SSH key of the operator's list; Git's own `allowed_signers` file is that list."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from dulwich.objects import Commit
from sshsig.allowed_signers import AllowedSigner, load_allowed_signers_file
from sshsig.ssh_public_key import PublicKey
from sshsig.sshsig import InvalidSignature, SshsigSignature, check_signature

from reconciler.sources.git.trouble import TroubleError

_SSH = b"-----BEGIN SSH SIGNATURE-----"
_NAMESPACE = "git"
_HASHES = {b"sha256", b"sha512"}
_TIME = re.compile(r"([0-9]{8})([0-9]{4})?([0-9]{2})?Z?")


class UnsignedError(Exception):
    """Nobody of the list signed this; the message says what is wrong with the signature."""


def allowed_signers(path: Path) -> list[AllowedSigner]:
    """The list, one key a line: principals, options, key. Raises TroubleError.

    Keys of a kind that cannot be checked (other than Ed25519 and RSA), and authorities, count as not on the list.
    """
    try:
        with path.open(encoding="ascii") as file:
            signers = [one for one in load_allowed_signers_file(file) if _is_usable(one)]
    except (OSError, ValueError, IndexError) as error:
        reason = getattr(error, "strerror", None) or "each line is PRINCIPALS [OPTIONS] KEY"
        raise TroubleError("source-settings", f"the list of signers {path} cannot be used: {reason}") from error
    if not signers:
        raise TroubleError("source-settings", f"the list of signers {path} names no key of Ed25519 or RSA")
    return signers


def _is_usable(one: AllowedSigner) -> bool:
    """Raises ValueError where it cannot be understood."""
    _bounds(one)
    try:
        _key(one)
    except NotImplementedError:
        return False
    return "cert-authority" not in (one.options or {})


def signer(commit: Commit, signers: list[AllowedSigner]) -> str:
    """The principals of the key that signed `commit`, valid when it was committed. Raises UnsignedError."""
    content, signature = commit.raw_without_sig(), commit.gpgsig
    if signature is None:
        raise UnsignedError("it is not signed")
    if not signature.startswith(_SSH):
        raise UnsignedError("it is not signed by an SSH key, but in another way")
    try:
        if SshsigSignature.from_armored(signature).hash_algo not in _HASHES:
            raise UnsignedError("its signature uses a weak hash")
        key = check_signature(content, signature, _NAMESPACE)
    except NotImplementedError as error:
        raise UnsignedError("it is signed by a kind of key other than Ed25519 and RSA") from error
    except (InvalidSignature, ValueError, EOFError, IndexError) as error:
        raise UnsignedError("its signature is not valid") from error
    at = datetime.fromtimestamp(commit.commit_time, UTC)
    known = [one for one in signers if _key(one) == key and _for_git(one)]
    for one in known:
        begin, end = _bounds(one)
        if begin <= at < end:
            return one.principals
    raise UnsignedError(
        "the key that signed it was not valid then" if known else "it is signed by a key that is not on the list"
    )


def _key(one: AllowedSigner) -> PublicKey:
    return PublicKey.from_openssh_str(f"{one.key_type} {one.base64_key}")


def _for_git(one: AllowedSigner) -> bool:
    return _NAMESPACE in (one.options or {}).get("namespaces", _NAMESPACE).split(",")


def _bounds(one: AllowedSigner) -> tuple[datetime, datetime]:
    """From when until when the key is valid; times without a zone are UTC. Raises ValueError."""
    options = one.options or {}
    begin, end = options.get("valid-after"), options.get("valid-before")
    return (
        _time(begin) if begin else datetime.min.replace(tzinfo=UTC),
        _time(end) if end else datetime.max.replace(tzinfo=UTC),
    )


def _time(text: str) -> datetime:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("no time")
    day, minute, second = match.groups()
    return datetime.strptime(f"{day}{minute or '0000'}{second or '00'}Z", "%Y%m%d%H%M%S%z")
