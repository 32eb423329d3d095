"""The facts on Azure's codes beside the repository: each is in our table, and means there what the facts say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.diagnostics.catalog import catalog
from reconciler.model.outcome import AzureError
from tests.unit.diagnostics.arrivals import as_answer, as_job, as_validation

FACTS = Path(__file__).parents[3] / "shared" / "facts" / "TROUBLESHOOTING.md"
TEXT = FACTS.read_text(encoding="utf-8") if FACTS.exists() else ""
pytestmark = pytest.mark.skipif(not TEXT, reason=f"no facts at {FACTS}")

_CODE = re.compile(r"`([A-Z][A-Za-z0-9]{9,})`")
_ROW = re.compile(r"\| \d+ \|")
_CHOICE = re.compile(r"\(([^)]*)\)(\??)")
_TODAY = ("# B. The 13 rows in today's service", "# C. ")
_FURTHER = ("# C. Further codes", "# D. ")


def _part(first: str, after: str) -> str:
    return TEXT[TEXT.index(first) : TEXT.index(f"\n{after}")] if TEXT else ""


def _named(part: tuple[str, str]) -> set[str]:
    """The codes in the first column of a part's tables, after the number."""
    lines = [line for line in _part(*part).splitlines() if _ROW.match(line)]
    return {code for line in lines for code in _CODE.findall(line.split("|")[2])}


def _matchers() -> list[dict[str, Any]]:
    """The facts' own list of part B: row, operations, patterns of codes, numbers."""
    found = re.search(r"```yaml\n(.*?)```", _part(*_TODAY), re.DOTALL)
    return yaml.safe_load(found.group(1)) if found else []


def _codes(pattern: str) -> Iterator[str]:
    """`^Cloud(Internal|Timeout)Error$` is two codes; `^(User)?Error$` is two as well."""
    parts = _CHOICE.split(pattern.strip("^$"))
    groups = zip(parts[1::3], parts[2::3], strict=True)
    choices = [[*choice.split("|"), *([""] if optional else [])] for choice, optional in groups]
    for chosen in itertools.product(*choices):
        yield "".join(itertools.chain.from_iterable(itertools.zip_longest(parts[::3], chosen, fillvalue="")))


def _rows() -> dict[tuple[str, str | int], str]:
    """By operation and code; where two of the facts' rows have one, the first counts: they say that order matters."""
    rows: dict[tuple[str, str | int], str] = {}
    for matcher in _matchers():
        codes = [code for pattern in matcher.get("code", ()) for code in _codes(pattern)]
        for operation, code in itertools.product(matcher["op"], [*codes, *matcher.get("num", ())]):
            if operation != "restore":
                rows.setdefault((operation, code), matcher["id"])
    return rows


def _met() -> Iterator[Any]:
    for (operation, code), row in _rows().items():
        if isinstance(code, int):
            ways = {"job": as_job(code, "發生錯誤。")}
        else:
            ways = {"answer": as_answer(code), "validation": as_validation(code), "job": as_job(0, f"作業失敗: {code}")}
        for way, error in ways.items():
            yield pytest.param(operation, error, row, id=f"{operation}-{way}-{code}")


@pytest.mark.parametrize(("operation", "error", "row"), list(_met()))
def test_todays_codes_mean_the_row_of_the_facts(operation: str, error: AzureError, row: str) -> None:
    assert catalog().match(operation, error).id == row


def test_every_code_of_today_is_tried() -> None:
    tried = {code for _, code in _rows() if isinstance(code, str)}
    named = _named(_TODAY)
    assert len(named) > 40
    assert sorted(code for code in named | tried if catalog().find(code).row is None) == []


def test_every_further_code_has_a_row() -> None:
    codes = _named(_FURTHER)
    assert len(codes) > 60
    assert sorted(code for code in codes if catalog().find(code).row is None) == []
