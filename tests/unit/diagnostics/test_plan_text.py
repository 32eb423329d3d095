"""The plan as a person reads it: the whole page is the expectation."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from reconciler.diagnostics.plan_facts import summary
from reconciler.diagnostics.plan_text import print_plan, render_plan
from reconciler.model.outcome import AzureError, Done, Failed, Outcome, Retry, Skipped
from reconciler.model.plan import Coverage, Finding, Plan, Quiet, Seen, Severity, Subject, SubjectKind
from tests.unit.diagnostics.samples import (
    DISCOVER,
    NOTHING,
    OUTCOMES,
    PLAN,
    PROTECT,
    REGISTER,
    STOP,
    SYMBOLS,
    THE_VAULT,
    VAULT,
    WEB,
    step,
    vm,
)

POLICY = Subject(SubjectKind.POLICY, f"{VAULT}/daily-30d", f"{THE_VAULT.id}/backupPolicies/daily-30d")
Same = Callable[[str, str], None]
HOSTILE = {
    "ansi": "web\x1b[2J\x1b]0;owned\x07",
    "bidi": "web\u202egnp.exe\u2066",
    "newline": "web\n::error::forged\r\x85\u2028",
    "zero width": "we\u200bb\ufeff",
    "markup": "[bold red]web[/] :boom: [link=https://example.invalid]x[/link]",
    "long": "x" * 4096,
    "wide": "日本語" * 100,
}


def test_a_plan(same_as: Same) -> None:
    same_as("plan.txt", render_plan(PLAN, cloud="embedded", symbols=SYMBOLS).plain)


def test_a_plan_unfolded(same_as: Same) -> None:
    few = dataclasses.replace(PLAN, quiet=PLAN.quiet[-3:])
    same_as("plan-full.txt", render_plan(few, cloud="embedded", symbols=SYMBOLS, full=True, width=100).plain)


def test_the_result_of_an_apply(same_as: Same) -> None:
    page = render_plan(PLAN, cloud="embedded", symbols=SYMBOLS, outcomes=OUTCOMES, dry_run=False)
    same_as("result.txt", page.plain)


def test_the_result_unfolded(same_as: Same) -> None:
    few = dataclasses.replace(PLAN, quiet=PLAN.quiet[-3:])
    page = render_plan(few, cloud="embedded", symbols=SYMBOLS, outcomes=OUTCOMES, dry_run=False, full=True, width=120)
    same_as("result-full.txt", page.plain)


def test_a_plan_with_nothing_to_do(same_as: Same) -> None:
    same_as("nothing.txt", render_plan(NOTHING, cloud="azure", symbols=SYMBOLS).plain)


def test_a_partial_look_is_said_at_the_top() -> None:
    plan = dataclasses.replace(NOTHING, complete=False)
    lines = render_plan(plan, cloud="azure", symbols=SYMBOLS).plain.splitlines()
    assert lines[3].startswith("  Partial")
    assert lines[-1] == "Nothing can be done on what was seen"


def test_the_header_says_what_was_seen_and_when() -> None:
    moment = NOTHING.taken_at.replace(microsecond=200_000)
    plan = dataclasses.replace(NOTHING, seen=Seen(200, 1, 3), taken_at=moment)
    line = render_plan(plan, cloud="azure", symbols=SYMBOLS).plain.splitlines()[1]
    assert line == "  Azure    200 VMs, 1 protected item in 3 vaults, seen 2026-11-23T22:00:00Z"


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("full", [False, True])
def test_every_width_is_kept_without_trailing_spaces(width: int, full: bool) -> None:
    for outcomes in (None, OUTCOMES):
        page = render_plan(PLAN, cloud="embedded", symbols=SYMBOLS, outcomes=outcomes, full=full, width=width)
        for line in page.plain.splitlines():
            assert line == line.rstrip()
            assert cell_len(line) <= width


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("full", [False, True])
def test_a_hostile_name_stays_a_name(name: str, full: bool) -> None:
    bad = vm(name, "rg-evil")
    plan = Plan(
        PLAN.taken_at,
        complete=True,
        config_digest="",
        revision=name,
        files=1,
        steps=(DISCOVER, step("protect", bad, name, policy=name, before={name: name}, after={name: "x"})),
        quiet=(Quiet(vm(name), name),),
        findings=(Finding("unclassified", Severity.ERROR, (bad.name, bad.id), name, vault=name),),
        coverage=dataclasses.replace(PLAN.coverage, uncovered=(bad.id,)),
    )
    harmless = render_plan(plan, cloud=name, symbols=SYMBOLS, full=full).plain
    for line in harmless.split("\n"):
        assert line.isprintable()
        assert not line.startswith("::")
        assert cell_len(line) <= 80


def test_a_console_prints_the_page_and_no_more() -> None:
    out = io.StringIO()
    print_plan(Console(file=out, width=80, force_terminal=False), PLAN, cloud="embedded", symbols=SYMBOLS)
    assert out.getvalue() == render_plan(PLAN, cloud="embedded", symbols=SYMBOLS).plain


def test_colour_only_adds_to_the_page() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system="standard", legacy_windows=False)
    with console.capture() as capture:
        print_plan(console, PLAN, cloud="embedded", symbols=SYMBOLS)
    assert "\x1b[" in capture.get()
    assert Text.from_ansi(capture.get()).plain.rstrip("\n") == render_plan(
        PLAN, cloud="embedded", symbols=SYMBOLS
    ).plain.rstrip("\n")


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (NOTHING, "Nothing to do"),
        (dataclasses.replace(NOTHING, quiet=PLAN.quiet), "Nothing to do: 413 VMs are as declared"),
        (dataclasses.replace(NOTHING, quiet=PLAN.quiet[:1]), "Nothing to do: 1 VM is as declared"),
        (
            dataclasses.replace(NOTHING, quiet=(Quiet(vm("x"), "orphan"),), held=PLAN.held, findings=PLAN.findings),
            "Nothing to apply · 1 held · 4 findings",
        ),
        (dataclasses.replace(NOTHING, steps=(DISCOVER,)), "Plan: 1 vault to discover"),
        (dataclasses.replace(NOTHING, steps=(PROTECT[0],)), "Plan: 1 VM to protect"),
        (
            dataclasses.replace(PLAN, steps=(DISCOVER, *PROTECT), quiet=(), findings=PLAN.findings[:1]),
            "Plan: 1 vault to discover, 12 VMs to protect · 1 held · 1 finding",
        ),
    ],
)
def test_the_summary_is_english(plan: Plan, line: str) -> None:
    assert summary(plan) == line


def test_steps_without_an_outcome_count_as_skipped() -> None:
    plan = dataclasses.replace(NOTHING, steps=(DISCOVER, PROTECT[0]))
    assert summary(plan, {DISCOVER.id: OUTCOMES[DISCOVER.id]}) == "Result: 1 step done, 1 skipped"


def test_what_stays_undone_is_said_in_words() -> None:
    plan = dataclasses.replace(NOTHING, steps=(*REGISTER[8:10], *PROTECT[8:10]))
    outcomes = {one.id: OUTCOMES[one.id] for one in plan.steps}
    assert summary(plan, outcomes) == "Result: nothing changed, 2 VMs still cannot be protected"
    one_done = outcomes | {REGISTER[8].id: Done()}
    assert summary(plan, one_done) == "Result: 1 step done, 1 failed, 2 skipped"
    stopping = dataclasses.replace(NOTHING, steps=(STOP,))
    assert summary(stopping, OUTCOMES) == "Result: 1 step failed"


def test_a_failure_is_told_once() -> None:
    """With what a finding knows of it; the finding itself is not repeated, one about another VM is."""
    about = Finding("register-vm-not-running", Severity.ERROR, (WEB[8].id.upper(),), "rg-web/web-09 is deallocated.")
    other = Finding("register-vm-not-running", Severity.ERROR, (vm("web-99").id,), "rg-web/web-99 is deallocated.")
    plan = dataclasses.replace(NOTHING, steps=(REGISTER[8],), findings=(about, other))
    page = render_plan(plan, cloud="azure", symbols=SYMBOLS, outcomes=OUTCOMES).plain
    failed, findings = page.split("\nFindings\n")
    assert failed.count("rg-web/web-09 is deallocated.") == 1
    assert "web-09" not in findings
    assert "rg-web/web-99 is deallocated." in findings
    assert page.endswith(
        "still cannot be protected · 1 finding\nA remedy in full: reconcile explain " + about.code + "\n"
    )


def test_the_cause_of_a_skipped_step_has_no_step_id() -> None:
    create = step("create-policy", POLICY, "policy-missing", policy="daily-30d")
    ways = {
        REGISTER[0].id: "its register failed",
        create.id: "create-policy daily-30d is to be retried",
        "protect:elsewhere/rg-web/web-01": "an earlier protect has not ended",
        "a pause file says so": "a pause file says so",
    }
    for because, words in ways.items():
        plan = dataclasses.replace(NOTHING, steps=(create, REGISTER[0], PROTECT[0]))
        outcomes: dict[str, Outcome] = {
            create.id: Retry("service-error", 60.0),
            REGISTER[0].id: Failed("register-vm-not-running"),
            PROTECT[0].id: Skipped(because),
        }
        page = render_plan(plan, cloud="azure", symbols=SYMBOLS, outcomes=outcomes, width=120).plain
        assert f"rg-web/web-01  skipped: {words}\n" in page


def test_steps_stand_in_the_order_of_a_life() -> None:
    actions = ["stop", "protect", "change-policy", "resume", "register", "undelete", "create-policy", "start-vm"]
    steps = tuple(step(action, WEB[0], "x", policy="daily-30d") for action in actions)
    page = render_plan(dataclasses.replace(NOTHING, steps=steps), cloud="azure", symbols={}).plain
    shown = [line.split()[1] for line in page.splitlines() if line.startswith("    ")]
    assert shown == [
        "create-policy",
        "undelete",
        "start-vm",
        "register",
        "protect",
        "resume",
        "change-policy",
        "stop",
    ]


def test_the_uncovered_are_named_while_they_are_few() -> None:
    for number, text in (
        (5, "rg-web/vm-0, vm-1, vm-2, vm-3, vm-4"),
        (6, "6 VMs rg-web/vm-0 … vm-5 (--full lists them)"),
    ):
        lost = tuple(vm(f"vm-{place}").id for place in range(number))
        plan = dataclasses.replace(NOTHING, coverage=Coverage(in_scope=number, uncovered=lost))
        page = " ".join(render_plan(plan, cloud="azure", symbols=SYMBOLS).plain.split())
        assert f"Coverage: {number} VMs in scope: {number} uncovered: {text}" in page


def test_outcomes_have_a_colour_and_a_word() -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system="standard", legacy_windows=False)
    print_plan(console, PLAN, cloud="embedded", symbols=SYMBOLS, outcomes=OUTCOMES)
    for text in (
        "\x1b[32mdone\x1b[0m",
        "\x1b[31mfailed  internal-error\x1b[0m",
        "\x1b[2mskipped: their register failed",
    ):
        assert text in out.getvalue()


def test_many_findings_of_one_code_are_one_entry() -> None:
    many = tuple(
        Finding("register-vm-not-running", Severity.ERROR, (vm(f"web-{number}").id,), f"web-{number} is deallocated.")
        for number in range(1000, 2000)
    )
    page = render_plan(dataclasses.replace(NOTHING, findings=many), cloud="azure", symbols=SYMBOLS).plain
    assert "The VM is not running: 1000 VMs rg-web/web-1000 … web-1999" in " ".join(page.split())
    assert "Each is deallocated." in page
    assert "1000 findings" in page
    assert page.count("→") == 1
    assert len(page.splitlines()) < 20


def test_findings_that_differ_in_a_number_say_of_how_many() -> None:
    groups = {33: ("a", "b", "c"), 40: ("d", "e")}
    many = tuple(
        Finding(
            "register-too-many-data-disks",
            Severity.ERROR,
            tuple(vm(name).id for name in names),
            f"Each has {disks} data disks.",
        )
        for disks, names in groups.items()
    )
    page = render_plan(dataclasses.replace(NOTHING, findings=many), cloud="azure", symbols=SYMBOLS).plain
    assert "3 VMs: each has 33 data disks." in page
    assert "2 VMs: each has 40 data disks." in page


def test_findings_that_differ_show_two() -> None:
    many = tuple(
        Finding("vm-held-by-another-vault", Severity.ERROR, (vm(name).id,), f"rg-web/{name} is held by rsv-{name}.")
        for name in ("alpha", "beta", "gamma")
    )
    page = render_plan(dataclasses.replace(NOTHING, findings=many), cloud="azure", symbols=SYMBOLS).plain
    assert "rg-web/alpha is held by rsv-alpha." in page
    assert "gamma is held" not in page
    assert "… and 1 more like this (--full shows all)" in page


def test_an_arm_id_in_a_message_is_a_name() -> None:
    text = f"rg-web/x is held by the vault {THE_VAULT.id}."
    plan = dataclasses.replace(NOTHING, findings=(Finding("orphan", Severity.INFO, (vm("x").id,), text),))
    assert f"held by the vault rg-backup/{VAULT}." in render_plan(plan, cloud="azure", symbols={}).plain
    assert THE_VAULT.id in render_plan(plan, cloud="azure", symbols={}, full=True, width=300).plain


def test_a_finding_about_several_is_told_like_several_about_one() -> None:
    cause = Finding("register-vm-not-running", Severity.ERROR, (WEB[0].id, WEB[8].id), "Each is deallocated.")
    page = render_plan(dataclasses.replace(NOTHING, findings=(cause,)), cloud="azure", symbols=SYMBOLS).plain
    assert "error    The VM is not running: 2 VMs rg-web/web-01, web-09\n           Each is deallocated. " in page
    failed = dataclasses.replace(NOTHING, findings=(cause,), steps=(REGISTER[8],))
    page = render_plan(failed, cloud="azure", symbols=SYMBOLS, outcomes=OUTCOMES).plain
    told, left = page.split("\nFindings\n")
    assert "rg-web/web-09 is deallocated." in told
    assert "error    rg-web/web-01 is deallocated." in left


def test_what_azure_said_of_a_finding_is_kept_for_who_asks() -> None:
    said = AzureError("CloudInternalError", "An internal error,\r\ntry again.", 400, 0, "5f1c-check")
    finding = Finding("unclassified", Severity.ERROR, (WEB[0].id,), "Azure's check of rg-web/web-01.", azure=(said,))
    plan = dataclasses.replace(NOTHING, findings=(finding,))
    words = "Azure: CloudInternalError (HTTP 400): An internal error, try again."
    assert words not in render_plan(plan, cloud="azure", symbols=SYMBOLS).plain
    page = render_plan(plan, cloud="azure", symbols=SYMBOLS, full=True).plain
    assert words in page
    assert "correlation id 5f1c-check" in page
