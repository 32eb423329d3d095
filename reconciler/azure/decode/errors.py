"""Error bodies: ARM's, the older service's, and what is neither."""

from __future__ import annotations

from typing import Any

import msgspec

from reconciler.model.outcome import AzureError

_CLIP = 2000
"""Characters of a message that are kept."""

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes from elsewhere; deep nesting is a RecursionError, not a DecodeError."""


def plain(body: bytes) -> Any:
    """The JSON value of a body, or None when it is none."""
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        return None


def azure_error(status: int, body: bytes, correlation_id: str = "", retry_after: float | None = None) -> AzureError:
    """The refusal in Azure's words; where it gave none, the code is `Http<status>`."""
    found = error_in(plain(body))
    code, message = found or (f"Http{status}", f"Azure answered {status} without an explanation.")
    return AzureError(code, message, status, 0, correlation_id, retry_after)


def error_in(value: Any) -> tuple[str, str] | None:
    """(code, message) of a decoded body, None when it holds no error."""
    if not isinstance(value, dict):
        return None
    inner = value.get("error")
    if isinstance(inner, dict):
        return _pair(inner.get("code"), inner.get("message"))
    if isinstance(value.get("ErrorCode"), str | int):
        message = value.get("Message")
        return _pair(value["ErrorCode"], message.get("Value") if isinstance(message, dict) else message)
    if isinstance(value.get("code"), str) and isinstance(value.get("message"), str):
        return _pair(value["code"], value["message"])
    return None


def _pair(code: Any, message: Any) -> tuple[str, str] | None:
    named = str(code) if isinstance(code, str | int) and code != "" else ""
    said = message[:_CLIP] if isinstance(message, str) else ""
    return (named or "Unnamed", said) if named or said else None
