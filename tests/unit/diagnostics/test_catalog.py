"""Every failure ends in one row, and the specific row wins over the general one."""

from __future__ import annotations

import msgspec
import pytest

from reconciler.diagnostics.catalog import Catalog, RetryRule, catalog, parse
from reconciler.diagnostics.catalog_reading import Vocabulary
from reconciler.model.outcome import AzureError

ROWS_OF_THE_SOURCE = {
    "discover-internal-error",
    "discover-already-running",
    "register-vm-not-running",
    "register-too-many-data-disks",
    "register-internal-error",
    "register-agent-certificate-missing",
    "register-agent-install-timeout",
    "register-item-busy",
    "backup-vhd-copy-timeout",
    "backup-snapshot-timeout",
    "backup-internal-error",
    "backup-extension-install-failed",
    "backup-item-busy",
}


def error(code: str = "", message: str = "", *, number: int = 0, status: int = 0) -> AzureError:
    return AzureError(code, message, status, number)


def test_the_source_document_is_complete() -> None:
    assert set(catalog().rows) >= ROWS_OF_THE_SOURCE


@pytest.mark.parametrize(
    ("operation", "met", "row"),
    [
        ("discover", error("CloudInternalError", status=500), "discover-internal-error"),
        ("register", error("CloudInternalError", status=500), "register-internal-error"),
        ("protect", error("CloudInternalError", status=500), "register-internal-error"),
        ("backup", error("CloudInternalError"), "backup-internal-error"),
        ("policy", error("CloudInternalError"), "service-error"),
        ("discover", error("BMSUserErrorObjectLocked"), "discover-already-running"),
        ("protect", error("BMSUserErrorObjectLocked", status=409), "register-item-busy"),
        ("vault", error("BMSUserErrorObjectLocked"), "vault-busy"),
        ("protect", error("UserErrorGuestAgentStatusUnavailable"), "backup-extension-install-failed"),
        ("backup", error("UserErrorGuestAgentStatusUnavailable"), "backup-snapshot-timeout"),
        ("register", error("Unheard", number=380008), "register-vm-not-running"),
        ("register", error("380008"), "register-vm-not-running"),
        ("discover", error(number=410002), "discover-already-running"),
        ("backup", error(number=400094), "backup-internal-error"),
        ("protect", error("VirtualMachineAlreadyProtected"), "vm-held-by-another-vault"),
        ("protect", error("UserErrorVmVaultLocationMismatch"), "vm-vault-region-mismatch"),
        ("protect", error("UserErrorProtectionQuotaExceeded"), "vault-full"),
        ("stop", error("UserErrorProtectionQuotaExceeded"), "vault-full"),
        ("protect", error("CloudDosAbsoluteLimitReached"), "quota-used-up"),
        ("policy", error("BMSUserErrorInvalidPolicyInput", status=400), "policy-invalid"),
        ("protect", error("ScopeLocked", status=409), "locked"),
        ("vault", error("TooManyRequests", status=429), "throttled"),
        ("vault", error("Unheard", status=429), "throttled"),
        ("protect", error("Unheard", status=403), "authorization-failed"),
        ("policy", error("Unheard", status=503), "azure-unavailable"),
        ("protect", error("Unheard", "what is this", status=400), "unclassified"),
        ("protect", error(), "unclassified"),
        ("any-new-operation", error("CloudInternalError", status=400), "unclassified"),
    ],
)
def test_an_error_finds_its_row(operation: str, met: AzureError, row: str) -> None:
    assert catalog().match(operation, met).id == row


@pytest.mark.parametrize(
    ("operation", "message", "row"),
    [
        ("discover", "Failed to discover new items: encountered an internal error", "discover-internal-error"),
        ("discover", "Another discovery operation is already in progress.", "discover-already-running"),
        ("register", "The virtual machine  is not running.", "register-vm-not-running"),
        ("register", "Number of data disks 9 exceeded the supported limit", "register-too-many-data-disks"),
        ("register", "Azure Backup encountered an internal error. Wait and retry.", "register-internal-error"),
        ("register", "Azure Guest Agent certificate not found", "register-agent-certificate-missing"),
        ("register", "Install agent operation timed out", "register-agent-install-timeout"),
        ("register", "Another operation is currently in progress on this item: internal error", "register-item-busy"),
        ("backup", "Copying VHDs from backup vault timed out", "backup-vhd-copy-timeout"),
        ("backup", "Snapshot VM sub task timed out", "backup-snapshot-timeout"),
        ("backup", "Backup failed with an internal error", "backup-internal-error"),
        ("protect", "Failed to install the Azure Recovery Services extension", "backup-extension-install-failed"),
        ("backup", "Another backup operation is currently in progress", "backup-item-busy"),
        ("discover", "無法探索新的項目 - Microsoft Azure 備份遇到內部錯誤", "discover-internal-error"),
        ("discover", "另一個探索作業已在進行中", "discover-already-running"),
        ("register", "虛擬機器未處於可安裝擴充功能的狀態", "register-vm-not-running"),
        ("register", "遇到內部錯誤", "register-internal-error"),
        ("register", "安裝代理程式作業逾時", "register-agent-install-timeout"),
        ("register", "另一項作業目前正在此項目上進行", "register-item-busy"),
        ("backup", "快照 VM 子工作已逾時", "backup-snapshot-timeout"),
        ("backup", "備份因為內部錯誤而失敗", "backup-internal-error"),
        ("backup", "另一項作業目前正在此項目上進行", "backup-item-busy"),
    ],
)  # fmt: skip
def test_a_message_without_a_known_code_finds_its_row(operation: str, message: str, row: str) -> None:
    assert catalog().match(operation, error("Unheard", message)).id == row


def test_the_order_of_the_file_does_not_matter() -> None:
    backwards = Catalog(dict(sorted(catalog().rows.items(), reverse=True)), words=catalog().words)
    met = [error(code) for row in catalog().rows.values() for code in row.codes]
    met += [error(message="Another operation is in progress: encountered an internal error")]
    for operation in ("discover", "register", "protect", "backup", "policy", "vault"):
        assert [catalog().match(operation, one).id for one in met] == [
            backwards.match(operation, one).id for one in met
        ]


def test_a_vast_message_is_matched_quickly() -> None:
    assert catalog().match("register", error("x", "number of data disks " * 40_000)).id == "unclassified"


def test_an_unknown_code_of_ours_is_a_bug() -> None:
    with pytest.raises(KeyError):
        catalog().row("never-heard-of")


@pytest.mark.parametrize("text", ["register-vm-not-running", " Register-VM-not-running ", "azurevmoffline", "380008"])
def test_explain_finds_a_row_by_every_name(text: str) -> None:
    found = catalog().find(text)
    assert found.row is not None
    assert found.row.id == "register-vm-not-running"


def test_explain_suggests() -> None:
    found = catalog().find("vm-not-running")
    assert found.row is None
    assert "register-vm-not-running" in found.suggestions


def test_a_code_of_several_operations_names_the_other_rows() -> None:
    found = catalog().find("CloudInternalError")
    assert found.row is not None
    assert len({found.row.id, *found.suggestions}) == 4


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (RetryRule("never"), "never by itself"),
        (RetryRule("wait"), "after the running operation has ended"),
        (RetryRule("after", minutes=15, times=3), "after 15 minutes, at most 3 times"),
        (RetryRule("after", minutes=1440, times=1), "after 24 hours, once"),
        (RetryRule("changed", fact="power"), "when this fact changes: the power state of the VM"),
    ],
)
def test_a_retry_rule_in_words(rule: RetryRule, words: str) -> None:
    assert str(rule) == words


@pytest.mark.parametrize(
    "broken",
    [
        'retry = {rule = "after", minutes = 5}',
        'retry = {rule = "never", fact = "power"}',
        'retry = {rule = "sometimes"}',
        'retry = {rule = "never"}\ntypo = 1',
        "",
    ],
)
def test_an_incomplete_row_is_refused(broken: str) -> None:
    row = '[x]\noperations = ["any"]\ntitle = "T"\ncause = "C."\nremedy = "R."\n'
    row += 'who = "azure"\nsource = "s"\nverified = "2026-11-23"\n'
    assert parse(row + 'retry = {rule = "never"}').row("x").title == "T"
    with pytest.raises(msgspec.ValidationError):
        parse(row + broken)


@pytest.mark.parametrize(
    ("operation", "facts", "rule"),
    [
        ("register", (), "after"),
        ("protect", ("os",), "after"),
        ("register", ("nics",), "changed"),
        ("register", ("vm-gone",), "changed"),
        ("protect", ("data-disks",), "changed"),
        ("protect", ("load-balancer", "storage"), "changed"),
        ("backup", (), "after"),
        ("backup", ("vm-gone",), "changed"),
        ("backup", ("data-disks",), "changed"),
    ],
)
def test_facts_tell_a_disguised_failure_from_a_passing_one(operation: str, facts: tuple[str, ...], rule: str) -> None:
    met = error("CloudInternalError", "Microsoft Azure Backup encountered an internal error.", status=500)
    found = catalog().match(operation, met, facts)
    assert found.id in {"register-internal-error", "backup-internal-error"}
    assert found.retry.rule == rule
    assert (found == catalog().row(found.id)) is (rule == "after")


def test_azures_own_code_counts_more_than_a_fact() -> None:
    found = catalog().match("backup", error("UserErrorVmNotFoundV2"), ("data-disks",))
    assert found.retry.fact == "vm-exists"
    assert found.told("zh-TW").title == "備份失敗：VM 已不存在"


@pytest.mark.parametrize("code", ["UserErrorUltraDiskOrPremiumSSDV2DiskVMCannotBeProtectedOnGRSVault", ""])
def test_disks_that_a_geo_redundant_vault_does_not_take_need_another_vault(code: str) -> None:
    said = "Protection of virtual machines with Ultra disk or Premium SSD v2 could not be performed in the selected "
    said += "vault, with storage replication type as geo-redundant."
    row = catalog().match("protect", AzureError(code, said))
    assert (row.id, row.who) == ("storage-type-unsupported", "author")
    assert "LocallyRedundant" in row.told("en").remedy
    assert "LocallyRedundant" in row.told("zh-TW").remedy


def test_case_of_a_code_does_not_matter() -> None:
    for code in ("UserErrorKeyVaultPermissionsNotConfigured", "UserErrorKeyvaultPermissionsNotConfigured"):
        assert catalog().match("protect", error(code)).id == "key-vault-access-missing"


def test_the_code_within_a_wrapped_message_counts() -> None:
    message = '{"error": {"code": "UserErrorProtectionQuotaExceeded", "message": "…"}}'
    assert catalog().match("protect", error("DeploymentFailed", message)).id == "vault-full"
    assert catalog().match("protect", error("ScopeLocked", message)).id == "locked"


def test_a_missing_vault_is_not_taken_for_a_missing_vm() -> None:
    message = "The Resource 'Microsoft.{}' under resource group 'rg' was not found."
    vm, vault = message.format("Compute/virtualMachines/a"), message.format("RecoveryServices/vaults/v")
    assert catalog().match("protect", error("ResourceNotFound", vm, status=404)).id == "vm-gone"
    assert catalog().match("protect", error("ResourceNotFound", vault, status=404)).id == "vault-not-found"
    assert catalog().match("backup", error("ResourceNotFound", vault, status=404)).id == "vault-not-found"


def test_several_possible_rows_are_all_named() -> None:
    met = error("UserErrorVmNotInDesirableState")
    found = catalog().candidates("register", met)
    assert [row.id for row in found] == ["register-vm-not-running", "provisioning-failed"]
    assert all(row.tell_apart for row in found)
    assert [row.id for row in catalog().candidates("protect", error("Unheard"))] == ["unclassified"]


def test_what_several_rows_say_alike_is_not_guessed() -> None:
    alike = '[{}]\noperations = ["backup"]\ntitle = "T"\ncause = "C."\nremedy = "R."\nwho = "azure"\nsource = "s"\n'
    alike += 'verified = "2026-11-23"\nretry = {{rule = "never"}}\nsays = ["broke"]\n'
    last, words = catalog().rows["unclassified"], Vocabulary(terms={"broke": ("it broke",)})
    table = Catalog({**parse(alike.format("one") + alike.format("two")).rows, "unclassified": last}, words=words)
    assert table.match("backup", error("x", "It broke.")).id == "unclassified"
    assert [row.id for row in table.candidates("backup", error("x", "It broke."))] == ["one", "two"]


def test_a_code_known_under_other_operations_only_names_them() -> None:
    found = catalog().candidates("stop", error("CloudInternalError"))
    assert {row.id for row in found} >= {"register-internal-error", "backup-internal-error", "service-error"}
    assert catalog().match("stop", error("CloudInternalError")).id == "unclassified"


@pytest.mark.parametrize("name", ["vm-agent", "NETWORK", "consistency"])
def test_explain_finds_a_topic(name: str) -> None:
    found = catalog().find(name)
    assert found.row is None
    assert found.topic is not None


def _table(words: Vocabulary, operation: str = "backup") -> Catalog:
    """One row, meant by `it broke`, whose own words speak of a pump."""
    row = f'[broken]\noperations = ["{operation}"]\ntitle = "The pump broke"\ncause = "C."\nremedy = "R."\n'
    row += 'who = "azure"\nsource = "s"\nverified = "2026-11-23"\nretry = {rule = "never"}\nsays = ["broke"]\n'
    return Catalog({**parse(row).rows, "unclassified": catalog().rows["unclassified"]}, words=words)


@pytest.mark.parametrize(
    ("message", "row"),
    [
        ("it broke", "broken"),
        ("it broke, and the pump with it", "broken"),
        ("it broke, and the valve with it", "unclassified"),
        ("it broke while something was restored", "unclassified"),
        ("something was restored. it broke", "unclassified"),
    ],
)
def test_a_message_about_something_else_means_no_row(message: str, row: str) -> None:
    terms = {"broke": ("it broke",), "pump": ("pump",), "valve": ("valve",), "restoring": ("restored",)}
    words = Vocabulary(terms=terms, foreign=("restoring",), things=("pump", "valve"))
    assert _table(words).match("backup", error(message=message)).id == row


def test_a_row_of_any_operation_has_to_do_with_every_thing() -> None:
    words = Vocabulary(terms={"broke": ("it broke",), "valve": ("valve",)}, things=("valve",))
    assert _table(words, "any").match("backup", error(message="it broke, and the valve with it")).id == "broken"


def test_a_sign_counts_under_another_operation_on_the_same_vm() -> None:
    words = Vocabulary(terms={"broke": ("it broke",)})
    assert _table(words, "backup").match("protect", error(message="it broke")).id == "broken"
    assert _table(words, "vault").match("protect", error(message="it broke")).id == "unclassified"
    assert _table(words, "backup").match("vault", error(message="it broke")).id == "unclassified"
