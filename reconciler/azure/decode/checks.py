"""Azure's own word on protecting a virtual machine: `backupStatus` and `backupPreValidateProtection` (WIRE 7)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

import msgspec

from reconciler.azure.decode.errors import UNREADABLE
from reconciler.model.observed import Check

_HELD = {"Protected", "Protecting"}
"""`ProtectionFailed` names where enabling failed, not who holds the VM: the pre-validation decides then."""

_HOST = re.compile(r"https?://[^/]+")

_T = TypeVar("_T")


class _Status(msgspec.Struct, rename="camel"):
    protection_status: str
    vault_id: str | None = None


class _Validation(msgspec.Struct, rename="camel"):
    status: str
    error_code: str | None = None
    error_message: str | None = None
    recommendation: str | None = None


_STATUS = msgspec.json.Decoder(_Status)
_VALIDATION = msgspec.json.Decoder(_Validation)


def check(status_body: bytes | None, validation_body: bytes | None) -> Check | None:
    """Both answers as one, or what one of them tells where the other cannot be read; None when neither can.

    `held_by` loses a host that Azure may write before it.
    """
    status, validation = _read(_STATUS, status_body), _read(_VALIDATION, validation_body)
    if status is None and validation is None:
        return None
    found = Check() if status is None else Check(_holder(status), status.protection_status)
    if validation is None or validation.status == "Succeeded":
        return found
    return replace(
        found,
        code=validation.error_code or "PreValidationFailed",
        message=validation.error_message or "",
        recommendation=validation.recommendation or "",
    )


def _read(decoder: msgspec.json.Decoder[_T], body: bytes | None) -> _T | None:
    try:
        return None if body is None else decoder.decode(body)
    except UNREADABLE:
        return None


def _holder(status: _Status) -> str:
    return _HOST.sub("", status.vault_id or "", count=1) if status.protection_status in _HELD else ""
