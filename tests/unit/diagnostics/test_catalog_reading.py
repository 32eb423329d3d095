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


@pytest.mark.parametrize(
    ("message", "others"),
    [
        ("VM has reported a failure when processing extension 'installoxa'", True),
        ("Provisioning of VM extension AzureMonitorWindowsAgent has timed out", True),
        ("VM has reported a failure when processing extension 'VMSnapshotLinux'", False),
        ("VM extension type 'Microsoft.Azure.RecoveryServices.VMSnapshot' failed for extension 'ext-1'", False),
        ("預配 VM 擴充功能「CustomScript」逾時。擴充功能安裝可能耗時過長。", True),
        ("Provisioning of the extension failed because the VM agent is not installed.", False),
    ],
)
def test_the_extension_of_somebody_else_is_not_that_of_azure_backup(message: str, others: bool) -> None:
    said = Reader(catalog().words).read(message).facts[-1]
    assert ("other-extension" in said, "extension" in said) == (others, not others)


@pytest.mark.parametrize(
    "label",
    ["Code: Conflict", "Status: 409 (Conflict)", "ErrorCode: OperationNotAllowed", "(BadRequest)", "Conflict: "],
)
def test_a_label_with_a_code_that_names_no_cause_says_nothing(label: str) -> None:
    reader = Reader(catalog().words)
    assert reader.read(f"The VM was not found. {label}").facts == reader.read("The VM was not found.").facts


def test_a_word_that_a_translating_machine_glued_is_read() -> None:
    assert facts("VM agent toofail") == [{"agent", "failed"}]


@pytest.mark.parametrize(
    ("message", "half"),
    [("Please check the VM.", True), ("The VM failed", True), ("The VM failed. Please check the VM.", False)],
)
def test_one_half_of_a_message(message: str, half: bool) -> None:
    assert READER.read(message).is_half is half
