"""Messages that people met, and every code of today's service on each way by which it can come, find their rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.diagnostics.catalog import UNCLASSIFIED, catalog
from reconciler.model.outcome import AzureError
from tests.unit.diagnostics.arrivals import CLIENTS, as_answer, as_job, as_quoted, as_validation, as_wrapped

CASES = Path(__file__).parents[2] / "cases" / "corpus"
LARGEST_SHARE_UNCLASSIFIED = 0.05


def _read(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def _error(case: dict[str, Any]) -> AzureError:
    return AzureError(case.get("code", ""), case["message"], case.get("status", 0), case.get("number", 0))


def _rows(case: dict[str, Any]) -> list[str]:
    """The row of a case; of a few, either of two."""
    row = case["row"]
    return row if isinstance(row, list) else [row]


BLIND = sorted(path.stem for path in CASES.glob("blind-*.yaml"))
"""Sets that were new when they were run; one more needs only its file."""
CORPUS = {name: _read(name) for name in ("tuned", "held-out", "fresh", "last", *BLIND)}
OTHERS = {name: _read(name) for name in ("made-up", "made-up-2", "made-up-3", "foreign", "batches", "others")}
HALVES = {"halves": _read("halves")}
"""Cut messages: a client shows whole ones."""


@pytest.mark.parametrize("name", [*CORPUS, *OTHERS, *HALVES])
def test_no_message_is_taken_for_another(name: str) -> None:
    cases = {**CORPUS, **OTHERS, **HALVES}[name]
    found = [(catalog().match(case["operation"], _error(case)).id, case) for case in cases]
    assert [(got, case["message"]) for got, case in found if got not in {*_rows(case), UNCLASSIFIED}] == []
    unknown = [case["message"] for got, case in found if got == UNCLASSIFIED and got not in _rows(case)]
    assert len(unknown) <= LARGEST_SHARE_UNCLASSIFIED * len(found), unknown


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_client_says_around_a_message_changes_nothing(client: str) -> None:
    """Nearly nothing: where the table knows nothing of a message, the client's own words may name a row."""
    changed = []
    for case in (case for cases in (*CORPUS.values(), *OTHERS.values()) for case in cases):
        met = _error(case)
        bare = catalog().match(case["operation"], met).id
        told = CLIENTS[client].format(code=met.code or "BadRequest", message=met.message)
        if met.number or met.status or bare == UNCLASSIFIED:
            continue
        got = catalog().match(case["operation"], AzureError("", told)).id
        changed += [(got, case["message"])] if got not in {*_rows(case), bare} else []
    assert [one for one in changed if one[0] != UNCLASSIFIED] == []
    assert len(changed) <= 5, changed


def test_the_corpus_is_large_and_speaks_both_languages() -> None:
    messages = [case["message"] for cases in CORPUS.values() for case in cases]
    assert len(messages) >= 60
    assert sum(not message.isascii() for message in messages) >= 30
    assert all(case["source"] for cases in CORPUS.values() for case in cases)
    assert {row for cases in CORPUS.values() for case in cases for row in _rows(case)} <= set(catalog().rows)


def _ways() -> Iterator[Any]:
    """(operation, the error as our adapter decodes it, row, whether only a change heals it), named by way and code."""
    for case in _read("todays-codes"):
        for code in case["codes"]:
            for way in (as_answer, as_validation, as_wrapped, as_quoted):
                yield _case(case, way(code), f"_{way.__name__}-{code}")
        for number in case.get("numbers", ()):
            yield _case(case, as_job(number, "發生錯誤。"), f"_as_job-{number}")
        for text in case.get("texts", ()):
            yield _case(case, as_job(0, text), f"_as_job-{text[:24]}")


def _case(case: dict[str, Any], error: AzureError, name: str) -> Any:
    values = (case["operation"], error, case["row"], case.get("permanent", False))
    return pytest.param(*values, id=f"{case['operation']}{name}")


@pytest.mark.parametrize(("operation", "met", "row", "permanent"), list(_ways()))
def test_a_code_of_today_finds_its_row_however_it_comes(
    operation: str, met: AzureError, row: str, permanent: bool
) -> None:
    found = catalog().match(operation, met)
    assert found.id == row
    if permanent:
        assert found.retry.rule in {"never", "changed"}
