"""Azure's own word on protecting a virtual machine: `backupStatus` and `backupPreValidateProtection` (WIRE 7)."""

from __future__ import annotations

import re

import msgspec

from reconciler.azure.decode.errors import UNREADABLE
from reconciler.model.observed import Check

_HELD = {"Protected", "Protecting"}
"""`ProtectionFailed` names where enabling failed, not who holds the VM: the pre-validation decides then."""

_HOST = re.compile(r"https?://[^/]+")


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


def check(status_body: bytes, validation_body: bytes) -> Check | None:
    """Both answers as one; None when either cannot be read. `held_by` loses a host that Azure may write before it."""
    try:
        status = _STATUS.decode(status_body)
        validation = _VALIDATION.decode(validation_body)
    except UNREADABLE:
        return None
    held = _HOST.sub("", status.vault_id or "", count=1) if status.protection_status in _HELD else ""
    passed = validation.status == "Succeeded"
    return Check(
        held_by=held,
        protection_status=status.protection_status,
        code="" if passed else validation.error_code or "PreValidationFailed",
        message="" if passed else validation.error_message or "",
        recommendation="" if passed else validation.recommendation or "",
    )
