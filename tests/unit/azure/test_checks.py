"""Azure's two words on protecting a VM: what one of them tells still counts when the other cannot be read."""

from __future__ import annotations

import pytest

from reconciler.azure.decode.checks import check
from reconciler.model.observed import Check

VAULT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.RecoveryServices/vaults/theirs"
HELD = b'{"protectionStatus": "Protected", "vaultId": "https://management.example%s"}' % VAULT.encode()
FREE = b'{"protectionStatus": "NotProtected"}'
FITS = b'{"status": "Succeeded"}'
REFUSED = b'{"status": "Failed", "errorCode": "X", "errorMessage": "no", "recommendation": "do"}'


@pytest.mark.parametrize(
    ("status", "held"),
    [("Protected", VAULT), ("Protecting", VAULT), ("ProtectionFailed", ""), ("NotProtected", ""), ("New", "")],
)
def test_a_vault_holds_a_vm_only_while_it_protects_it(status: str, held: str) -> None:
    answer = HELD.replace(b"Protected", status.encode())
    assert check(answer, FITS) == Check(held, status)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"<html>", b'{"protectionStatus": 3}'])
def test_what_cannot_be_read_says_nothing(body: bytes) -> None:
    assert check(body, body) is None


@pytest.mark.parametrize(
    ("status", "validation", "expected"),
    [
        (HELD, FITS, Check(VAULT, "Protected")),
        (HELD, None, Check(VAULT, "Protected")),
        (HELD, b"", Check(VAULT, "Protected")),
        (HELD, REFUSED, Check(VAULT, "Protected", "X", "no", "do")),
        (None, REFUSED, Check(code="X", message="no", recommendation="do")),
        (b"[]", REFUSED, Check(code="X", message="no", recommendation="do")),
        (FREE, FITS, Check(protection_status="NotProtected")),
        (FREE, b'{"status": "Failed"}', Check(protection_status="NotProtected", code="PreValidationFailed")),
        (None, FITS, Check()),
        (None, None, None),
        (b"{", b"null", None),
    ],
)
def test_each_answer_counts_for_itself(status: bytes | None, validation: bytes | None, expected: Check | None) -> None:
    assert check(status, validation) == expected
