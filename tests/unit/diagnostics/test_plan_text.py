"""The plan as a person reads it: the whole page is the expectation."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from reconciler.diagnostics.plan_text import print_plan, render_plan, summary
from reconciler.model.plan import Finding, Plan, Quiet, Severity
from tests.unit.diagnostics.samples import DISCOVER, NOTHING, OUTCOMES, PLAN, PROTECT, SYMBOLS, step, vm

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


def test_a_plan_with_nothing_to_do(same_as: Same) -> None:
    same_as("nothing.txt", render_plan(NOTHING, cloud="azure", symbols=SYMBOLS).plain)


def test_a_partial_look_is_said_at_the_top() -> None:
    plan = dataclasses.replace(NOTHING, complete=False)
    lines = render_plan(plan, cloud="azure", symbols=SYMBOLS).plain.splitlines()
    assert lines[3].startswith("  Partial")
    assert lines[-1] == "Plan: nothing can be done on what was seen"


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
        (NOTHING, "Plan: nothing to do"),
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


def test_many_findings_of_one_code_are_one_entry() -> None:
    many = tuple(
        Finding("register-vm-not-running", Severity.ERROR, (vm(f"web-{number}").id,), f"web-{number} is deallocated.")
        for number in range(1000, 2000)
    )
    page = render_plan(dataclasses.replace(NOTHING, findings=many), cloud="azure", symbols=SYMBOLS).plain
    assert "The VM is not running: 1000 VMs rg-web/web-1000 … web-1999" in " ".join(page.split())
    assert "… and 998 more like this" in page
    assert "1000 findings" in page
    assert page.count("help:") == 1
    assert len(page.splitlines()) < 20
