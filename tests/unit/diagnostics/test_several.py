"""An error that several rows explain: none is guessed, and what would tell them apart is said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.diagnostics.as_json import plan_document
from reconciler.diagnostics.as_markdown import markdown_page
from reconciler.diagnostics.catalog import Judged, catalog
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.plan_sheet import plan_sheet
from reconciler.diagnostics.plan_text import render_plan
from reconciler.diagnostics.possible import possible
from reconciler.model.outcome import AzureError, Failed, Outcome, Retry
from reconciler.model.plan import Finding, Plan, Severity
from tests.unit.diagnostics import samples

TIE = "The limit of restore point collections is reached. 資源群組 rg 上有鎖定"
BOTH, OTHERS = ("locked", "restore-points-full"), ("locked", "provisioning-failed")
AGENT = ("register-agent-install-timeout", "register-vm-not-running")
VMS = samples.WEB[:4]


@pytest.mark.parametrize(
    ("operation", "code", "facts", "fine", "row", "or_else"),
    [
        ("protect", "UserErrorGuestAgentStatusUnavailable", (), (), "backup-extension-install-failed", AGENT),
        (
            "protect",
            "UserErrorGuestAgentStatusUnavailable",
            (),
            ("power",),
            "backup-extension-install-failed",
            AGENT[:1],
        ),
        ("protect", "UserErrorGuestAgentStatusUnavailable", (), ("power", "os"), "backup-extension-install-failed", ()),
        ("backup", "CloudTimeoutError", ("vm-gone",), (), "backup-internal-error", ()),
        ("backup", "CloudTimeoutError", (), ("vm-exists", "data-disks"), "backup-internal-error", ()),
        ("register", "AzureVmOffline", (), (), "register-vm-not-running", ("provisioning-failed",)),
        ("backup", "Unheard", (), (), "unclassified", ()),
    ],
)
def test_observed_facts_narrow_what_an_answer_can_mean(
    operation: str, code: str, facts: tuple[str, ...], fine: tuple[str, ...], row: str, or_else: tuple[str, ...]
) -> None:
    found = catalog().judged(operation, AzureError(code, ""), facts, fine)
    assert (found.row.id, found.or_else) == (row, or_else)
    assert catalog().match(operation, AzureError(code, ""), facts).id == row


def test_of_a_tie_none_is_chosen_and_all_are_named_in_one_order() -> None:
    found = catalog().judged("backup", AzureError("RSVaultUpdateErrorConflictingOperationInProgress", ""))
    assert (found.row.id, found.or_else) == ("unclassified", ("register-item-busy", "vault-busy"))


@pytest.mark.parametrize(
    ("foreseen", "left"),
    [
        ((), AGENT),
        (("backup-extension-install-failed",), ()),
        (("register-vm-not-running",), AGENT[1:]),
        (("locked",), AGENT),
    ],
)
def test_what_facts_foresee_by_themselves_decides(foreseen: tuple[str, ...], left: tuple[str, ...]) -> None:
    row = catalog().row("backup-extension-install-failed")
    assert Judged(row, AGENT).given(foreseen) == Judged(row, left)


@pytest.mark.parametrize(
    ("code", "or_else", "language", "said"),
    [
        ("locked", (), "en", ""),
        (
            "register-vm-not-running",
            ("provisioning-failed",),
            "en",
            "Can also be: provisioning-failed (The VM is in a failed provisioning state). "
            "Told apart by: The VM's power state is stopped or deallocated.",
        ),
        (
            "register-vm-not-running",
            ("provisioning-failed",),
            "zh-TW",
            "也可能是：provisioning-failed（VM 處於佈建失敗的狀態）。如何分辨：VM 的電源狀態是已停止或已解除配置。",
        ),
        (
            "unclassified",
            ("locked", "provisioning-failed"),
            "en",
            "Can be: locked (A lock forbids the change); provisioning-failed (The VM is in a failed "
            "provisioning state). Told apart by: provisioning-failed: Azure shows provisioningState Failed or "
            "Updating for the VM, or for one of its extensions.",
        ),
    ],
)
def test_what_else_it_can_be_is_one_line(code: str, or_else: tuple[str, ...], language: Language, said: str) -> None:
    assert possible(code, or_else, language) == said


@pytest.mark.parametrize(("language", "more"), [("en", "; and 2 more."), ("zh-TW", "；還有 2 列。")])
def test_a_vague_answer_names_some_of_many(language: Language, more: str) -> None:
    assert more in possible("unclassified", list(catalog().rows)[:6], language)


def outcomes(*ended: Outcome) -> tuple[Plan, dict[str, Outcome]]:
    steps = tuple(samples.step("protect", vm, "not-protected") for vm, _ in zip(VMS, ended, strict=False))
    plan = replace(samples.PLAN, steps=steps, held=(), findings=())
    return plan, {step.id: outcome for step, outcome in zip(steps, ended, strict=True)}


def shown(plan: Plan, ended: dict[str, Outcome] | None, language: Language = "en", *, full: bool = False) -> str:
    page = render_plan(
        plan, cloud="embedded", symbols=samples.SYMBOLS, outcomes=ended, width=2000, language=language, full=full
    )
    return page.plain


def met(*or_else: str, code: str = "unclassified") -> Failed:
    return Failed(code, AzureError("Strange", TIE, 400), or_else=or_else)


def test_failures_that_can_mean_the_same_are_told_once_and_others_apart() -> None:
    plan, ended = outcomes(met(*BOTH), met(*BOTH), met(*OTHERS), met())
    text = shown(plan, ended)
    assert text.count("Can be: locked (A lock forbids the change); restore-points-full (") == 1
    assert text.count("Can be: locked (A lock forbids the change); provisioning-failed (") == 1
    assert text.count("  failed   protect ") == 3
    assert shown(plan, ended, full=True).count("restore-points-full (") == 1
    assert "可能是：locked（" in shown(plan, ended, "zh-TW")


def test_the_remedy_of_the_first_comes_first_and_the_list_of_what_to_do_stays() -> None:
    known = met(*AGENT, code="backup-extension-install-failed")
    plan, ended = outcomes(known, known, met(*BOTH))
    text = shown(plan, ended)
    assert text.index("→ Check that the VM agent") < text.index("Can also be: register-agent-install-timeout (")
    assert "Can" not in text[text.index("To do") :]


def test_a_finding_says_so_in_every_form() -> None:
    error = AzureError("Strange", TIE)
    findings = tuple(
        Finding(
            "unclassified",
            Severity.ERROR,
            (vm.id,),
            f"The last backup of {vm.name} failed.",
            azure=(error,),
            or_else=ids,
        )
        for vm, ids in zip(VMS, (BOTH, BOTH, OTHERS, ()), strict=True)
    )
    plan = replace(samples.PLAN, steps=(), held=(), findings=findings)
    text = shown(plan, None)
    assert text.count("restore-points-full (") == text.count("provisioning-failed (") == 1
    told = markdown_page(plan_sheet(plan, cloud="embedded"))
    assert told.count("Can be: locked") == 3
    document: Any = plan_document(plan, cloud="embedded")
    assert [one.get("or_else") for one in document["findings"]] == [list(BOTH)] * 2 + [list(OTHERS), None]


@pytest.mark.parametrize("outcome", [met(*BOTH), Retry("locked", 60.0, AzureError("Strange", TIE), or_else=BOTH[1:])])
def test_an_outcome_names_them_where_there_are_any(outcome: Failed | Retry) -> None:
    plan, ended = outcomes(outcome, replace(outcome, or_else=()))
    document: Any = json.loads(json.dumps(plan_document(plan, cloud="embedded", outcomes=ended)))
    assert document["steps"][0]["or_else"] == list(outcome.or_else)
    assert "or_else" not in document["steps"][1]


def test_a_step_that_was_not_sent_can_be_what_its_finding_says() -> None:
    plan, ended = outcomes(Failed("backup-extension-install-failed"))
    finding = Finding("backup-extension-install-failed", Severity.ERROR, (VMS[0].id,), "Azure says so.", or_else=AGENT)
    text = shown(replace(plan, findings=(finding,)), ended)
    assert text.count("Can also be: register-agent-install-timeout (") == 1
