"""Why a remote cannot be looked at, in words for people and with a row of the table; never with a credential."""

from __future__ import annotations

import socket
import ssl

from dulwich.client import HTTPProxyUnauthorized, HTTPUnauthorized
from dulwich.errors import GitProtocolError, HangupException, NotGitRepository

_LONGEST = 200


class TroubleError(Exception):
    """`code` is a row of the table; the text says what, why and what to do now."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def told(error: BaseException) -> TroubleError:
    """What went wrong between us and a remote, whatever a library called it."""
    if isinstance(error, TroubleError):
        return error
    for cause in _causes(error):
        if isinstance(cause, TroubleError):
            return cause
        if isinstance(cause, HTTPUnauthorized):
            return TroubleError(
                "source-refused", "the remote refuses the credentials (401): check the token and what it may read"
            )
        if isinstance(cause, NotGitRepository):
            return TroubleError(
                "source-refused",
                "the remote has no such repository, or does not show it to this token: check the address and the token",
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = plain(cause.verify_message)
            return TroubleError(
                "source-unreachable",
                f"the certificate of the remote is not trusted: {reason}. Add its authority with SSL_CERT_FILE",
            )
        if isinstance(cause, socket.gaierror):
            return TroubleError(
                "source-unreachable", "the name of the remote is not known: check the address and the DNS"
            )
        if isinstance(cause, TimeoutError):
            return TroubleError("source-unreachable", "the remote did not answer in time")
        if isinstance(cause, HangupException | ConnectionError | EOFError):
            return TroubleError("source-unreachable", f"the remote broke off: {_said(cause) or 'no more was sent'}")
        if isinstance(cause, HTTPProxyUnauthorized):
            return TroubleError("source-unreachable", "the proxy refuses the credentials (407)")
    if isinstance(error, GitProtocolError | OSError):
        return TroubleError("source-unreachable", f"the remote cannot be read: {_said(error)}")
    return TroubleError("source-unreachable", f"what the remote sent cannot be understood ({type(error).__name__})")


def _causes(error: BaseException) -> list[BaseException]:
    """The error, what it was raised from, and what urllib3 keeps inside of its own; innermost first."""
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found[::-1]


def _said(error: BaseException) -> str:
    lines = getattr(error, "stderr_lines", None)
    text = b" ".join(lines).decode("utf-8", "replace") if lines else str(error)
    return plain(text)


def plain(text: str) -> str:
    """Foreign words on one line, without control characters, and not many of them."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
