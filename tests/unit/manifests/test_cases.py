"""Wrong manifests, each the mistake of a real person: the whole of what is told is the expectation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.manifests.load import load

CASES = Path(__file__).parents[2] / "cases" / "manifests"
NAMES = sorted(path.stem for path in CASES.glob("*.yaml"))
TODAY = date(2026, 11, 23)


def _told(one: Diagnostic) -> str:
    lines = [f"{one.span.line}:{one.span.column}-{one.span.end_column} {one.severity}[{one.code}] {one.message}"]
    lines += [f"  help: {one.help}"] if one.help else []
    lines += [f"  note: {note.span.line}:{note.span.column} {note.text}" for note in one.notes]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_answer(name: str) -> None:
    loaded = load([CASES / f"{name}.yaml"], today=TODAY)
    assert "".join(map(_told, loaded.diagnostics)) == (CASES / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_code_has_a_row_and_every_message_its_way_out(name: str) -> None:
    for one in load([CASES / f"{name}.yaml"], today=TODAY).diagnostics:
        assert "manifest" in catalog().row(one.code).operations
        assert one.message
        assert one.help, one.message


def test_every_expectation_has_its_case() -> None:
    assert sorted(path.stem for path in CASES.glob("*.txt")) == NAMES
    assert len(NAMES) >= 25
