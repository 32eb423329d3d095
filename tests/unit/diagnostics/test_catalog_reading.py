"""How a message is read: sentences, terms of both languages, what is advice, and what only looks like a term."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.catalog_reading import Reader, Vocabulary

READER = Reader(
    Vocabulary(
        terms={
            "agent": ("vm agent", "代理程式"),
            "failed": ("fail*", "can not", "無法"),
            "key-vault": ("key vault*", "金鑰保存庫"),
            "not-running": ("not running", "未執行"),
            "vault": ("vault*", "保存庫"),
            "vm": ("vm", "virtual machine*", "虛擬機器"),
        },
        compounds=("agent", "key-vault"),
        spellings={"虛擬機器": "虛擬機", "machine agent": "vm agent"},
        characters=("虚拟机执", "虛擬機執"),
        advice=("please", "請"),
        lead_ins=("message", "with error"),
    )
)


def facts(message: str) -> list[set[str]]:
    return [set(passage) for passage in READER.read(message).facts]


@pytest.mark.parametrize(
    ("message", "terms"),
    [
        ("The VM isn't running.", {"vm", "not-running"}),
        ("The VM  is not\nrunning", {"vm"}),
        ("VM is not running", {"vm", "not-running"}),
        ("虛擬機器 未 執行", {"vm", "not-running"}),
        ("虚拟机未执行", {"vm", "not-running"}),
        ("無法存取 VM", {"failed", "vm"}),
        ("It failed: cannot read it", {"failed"}),
        ("unfailing", set()),
        ("vmx", set()),
        ("A key vault", {"key-vault"}),
        ("A key vault and a vault", {"key-vault", "vault"}),
        ("VM agent", {"agent"}),
        ("金鑰保存庫", {"key-vault"}),
        ("the vault 'failed-vm-01'", {"vault"}),
        ("the vault <your VM>", {"vault"}),
        ("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v-1 fails", {"vm", "failed"}),
        ("VirtualMachineFailedToBoot", {"vm", "failed"}),
    ],
)  # fmt: skip
def test_the_terms_of_a_message(message: str, terms: set[str]) -> None:
    assert (facts(message) or [set()])[-1] == terms


def test_each_sentence_is_read_by_itself_then_all_together() -> None:
    assert facts("The VM is there. It failed! 保存庫。") == [{"vm"}, {"failed"}, {"vault"}, {"vm", "failed", "vault"}]
    assert facts('{"code": "x", "message": "VM"}') == [{"vm"}]
    assert facts("It failed - the VM") == [{"failed"}, {"vm"}, {"failed", "vm"}]


def test_advice_is_no_fact() -> None:
    found = READER.read("It failed. Please start the VM. 請檢查保存庫。")
    assert found.facts == (frozenset({"failed"}),)
    assert found.advice == (frozenset({"vm"}), frozenset({"vault"}))


@pytest.mark.parametrize(
    "message",
    [
        "creating VM: unexpected status 400 with error: Bad: It failed",
        '{"error":{"message":"see details","details":[{"message":"It failed"}]}}',
        "**Error message** : It failed",
        "New-AzVM : It failed\nAt line:1 char:1\n+ New-AzVM -Vault $vault",
        "It failed, VM;iaasvmcontainerv2;rg;vm-1",
    ],
)
def test_only_the_words_of_the_service_count(message: str) -> None:
    assert facts(message) == [{"failed"}]


def test_a_lead_in_that_nothing_follows_leads_to_nothing() -> None:
    assert facts("The VM is off, message: none") == [{"vm"}]


def test_what_may_be_codes() -> None:
    found = READER.read('Code="UserErrorVmNotFound" (400094) at 2024-01-01, id 1234567 UserErrorVmNotFound')
    assert found.codes == ("UserErrorVmNotFound",)
    assert READER.read("it says usererrorvmnotfound").codes == ("usererrorvmnotfound",)
    assert found.numbers == {400094}


def test_a_vast_message_ends() -> None:
    assert facts("x" * 10_000_000 + " failed") == []


def test_the_words_that_ship_have_no_two_entries_of_one_spelling() -> None:
    """Spellings are put right before anything is looked for, so one may not undo another."""
    spellings = catalog().words.spellings
    for other in spellings:
        assert not any(other in right for right in spellings.values())
