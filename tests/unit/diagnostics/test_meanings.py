"""An error without the operation that it answered: the row is among those that are named, and what decides is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.cells import cell_len

from reconciler.diagnostics.catalog import UNCLASSIFIED, catalog
from reconciler.diagnostics.explain_json import meanings_document
from reconciler.diagnostics.language import LANGUAGES, Language
from reconciler.diagnostics.meanings import OPERATIONS, heard, is_vague, meanings, with_code
from reconciler.diagnostics.meanings_text import render_meanings, render_unknown, render_vague
from reconciler.model.outcome import AzureError

CORPUS = Path(__file__).parents[2] / "cases" / "corpus"
MOST_NOT_AMONG = 0.02
AGENT = "VM agent is unable to communicate with the Azure Backup Service."


def found(message: str, *operations: str) -> dict[str, tuple[str, ...]]:
    told = meanings(catalog(), AzureError("", message), operations or OPERATIONS)
    return {one.row.id: one.operations for one in told}


@pytest.mark.parametrize(
    ("message", "rows"),
    [
        (AGENT, {"backup-extension-install-failed": ("register", "protect"), "backup-snapshot-timeout": ("backup",)}),
        ("(AuthorizationFailed) no\nCode: AuthorizationFailed\nMessage: no", {"authorization-failed": OPERATIONS}),
        ("Code: GuestAgentSnapshotTaskStatusError Message: x", {"backup-snapshot-timeout": ("backup",)}),
        ("The moon is made of cheese.", {}),
    ],
)
def test_all_operations_are_tried(message: str, rows: dict[str, tuple[str, ...]]) -> None:
    assert found(message) == rows


def test_an_operation_narrows_them() -> None:
    assert found(AGENT, "backup") == {"backup-snapshot-timeout": ("backup",)}
    assert found(AGENT, "policy") == {}


@pytest.mark.parametrize("name", ["held-out", "fresh", "last", "blind-1", "blind-3", "blind-6", "batches"])
def test_the_row_of_a_message_is_among_those_that_are_named(name: str) -> None:
    cases: list[dict[str, Any]] = yaml.safe_load((CORPUS / f"{name}.yaml").read_text(encoding="utf-8"))
    lost = []
    for case in cases:
        error = AzureError(case.get("code", ""), case["message"], case.get("status", 0), case.get("number", 0))
        right = {*(case["row"] if isinstance(case["row"], list) else [case["row"]])}
        told = [one.row.id for one in meanings(catalog(), error)]
        if not right & {*told, UNCLASSIFIED}:
            lost.append((right, told, case["message"]))
    assert len(lost) <= MOST_NOT_AMONG * len(cases), lost


@pytest.mark.parametrize("code", ["OperationNotAllowed", "badrequest", " ResourceNotFound "])
def test_a_code_that_names_no_cause_lists_the_rows_that_have_it(code: str) -> None:
    assert is_vague(catalog(), code)
    listed = {row.id for row in catalog().rows.values() if code.strip().lower() in map(str.lower, row.codes)}
    told = with_code(catalog(), code)
    assert {one.row.id for one in told} == listed
    page = " ".join(render_vague(code.strip(), told).plain.split())
    assert f"The code {code.strip()} names no cause by itself. Give the message that came with it" in page
    assert all(f"{name}: " in page for name in listed)
    assert not is_vague(catalog(), "GuestAgentSnapshotTaskStatusError")


def test_what_was_read_in_a_message_without_a_row_is_said() -> None:
    known = heard(catalog(), "The gadget UserErrorGadgetBroken with its lock is unfortunately broken")
    assert known.codes == ("UserErrorGadgetBroken",)
    assert "locked" in known.terms
    page = render_unknown("The \x1b[2Jgadget", known).plain
    assert "The table has no row for this.\n  It says      The \\x1b[2Jgadget\n" in page
    assert "UserErrorGadgetBroken" in page


def test_one_row_is_shown_in_full_and_several_in_short() -> None:
    one = meanings(catalog(), AzureError("", AGENT), ("backup",))
    assert render_meanings(one).plain.startswith("backup-snapshot-timeout: ")
    several = render_meanings(meanings(catalog(), AzureError("", AGENT))).plain
    assert "Told apart by  The instance view of the VM" in several
    assert "--operation register | protect | backup" in several
    assert "What to do" not in several


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("message", [AGENT, "Internal error occurred during backup."])
def test_everything_fits(message: str, language: Language) -> None:
    told, known = meanings(catalog(), AzureError("", message)), heard(catalog(), message)
    pages = [render_meanings(told, language=language), render_unknown(message, known, "policy", language=language)]
    pages.append(render_vague("OperationNotAllowed", told, language=language))
    assert max(cell_len(line) for page in pages for line in page.plain.splitlines()) <= 80


def test_the_document_has_the_row_where_it_is_one_and_all_that_are_possible() -> None:
    table = catalog()
    several: Any = meanings_document(table, meanings(table, AzureError("", AGENT)), "en")
    assert several["row"] is None
    assert [one["id"] for one in several["possible"]] == ["backup-extension-install-failed", "backup-snapshot-timeout"]
    one: Any = meanings_document(table, meanings(table, AzureError("", AGENT), ("protect",)), "zh-TW")
    assert one["row"]["id"] == one["possible"][0]["id"] == "backup-extension-install-failed"
    assert [other["id"] for other in one["possible"][1:]] == one["row"]["or_else"]
    sure: Any = meanings_document(table, meanings(table, AzureError("", AGENT), ("backup",)), "en")
    assert (sure["row"]["id"], sure["possible"]) == ("backup-snapshot-timeout", [])
    vague: Any = meanings_document(table, (), "en", vague=True)
    assert (vague["vague"], vague["row"], vague["possible"]) == (True, None, [])
