"""The troubleshooting table polices itself: sorted, complete, without doubles, each code used and each use known."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from reconciler.diagnostics.catalog import UNCLASSIFIED, Row, catalog, catalog_order

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reconciler"
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SAYS = re.compile(r"finding|diagnostic|failed|retry|mistake|problem|trouble|complain|refuse|^row$", re.IGNORECASE)
"""Names of what takes a code as its first argument or as `code=`: the values of the model, and makers of them."""
ROWS = list(catalog().rows.values())


def _sources() -> Iterator[Path]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in {"diagnostics", "vaultserver"}:
            yield path


def _name(call: ast.Call) -> str:
    return {ast.Name: "id", ast.Attribute: "attr"}.get(type(call.func), "") and ast.unparse(call.func).split(".")[-1]


def _literals(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and CODE.fullmatch(inner.value):
            yield inner.value


def _said(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and SAYS.search(_name(node)):
            codes = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            for code in node.args[:1] or codes:
                if isinstance(code, ast.Constant | ast.IfExp):
                    yield from _literals(code)


SAID = sorted({(path.relative_to(ROOT).as_posix(), code) for path in _sources() for code in _said(path)})
WRITTEN = {code for path in _sources() for code in _literals(ast.parse(path.read_text(encoding="utf-8")))}


def test_codes_were_found_in_the_source() -> None:
    assert len(SAID) > 20


@pytest.mark.parametrize(("path", "code"), SAID)
def test_every_code_said_has_a_row(path: str, code: str) -> None:
    assert code in catalog().rows, f"{path} says {code!r}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_is_reachable(row: Row) -> None:
    """By a matcher, by a literal in the source, or as the last one."""
    matched = row.azure or row.numbers or row.statuses or row.text
    assert matched or row.id in WRITTEN or row.id == UNCLASSIFIED


def test_rows_are_sorted() -> None:
    assert list(catalog().rows) == catalog_order(catalog().rows)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_is_complete(row: Row) -> None:
    assert CODE.fullmatch(row.id)
    assert row.operations
    assert len(set(row.operations)) == len(row.operations)
    for text in (row.title, row.cause, row.remedy, row.source):
        assert text
        assert text == text.strip()
        assert "\n" not in text
    assert row.title[-1] not in ".!:"
    assert row.cause[-1] in ".…"
    assert row.remedy[-1] in ".…"
    assert len(row.title) <= 72
    assert date.fromisoformat(row.verified) <= date(2100, 1, 1)
    for pattern in row.text:
        re.compile(pattern)


def test_each_azure_code_stands_once_an_operation() -> None:
    symbolic = Counter(
        (operation, code)
        for row in ROWS
        for operation in row.operations
        for code in row.codes
        if row.has_code(operation, code)
    )
    numeric = Counter((operation, number) for row in ROWS for operation in row.operations for number in row.numbers)
    assert [key for key, times in (symbolic + numeric).items() if times > 1] == []


def test_a_code_of_any_operation_stands_nowhere_else() -> None:
    general = {code for row in ROWS if "any" in row.operations for code in row.codes}
    special = {code for row in ROWS if "any" not in row.operations for code in row.codes}
    assert general & special == set()
