"""The troubleshooting table polices itself: sorted, complete, without doubles, each code used and each use known."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from reconciler.diagnostics.catalog import UNCLASSIFIED, Row, Words, catalog, catalog_order
from reconciler.diagnostics.catalog_words import FACTS, OBSERVED_FACTS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reconciler"
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SAYS = re.compile(r"finding|diagnostic|failed|retry|mistake|problem|trouble|complain|refuse|^row$", re.IGNORECASE)
"""Names of what takes a code as its first argument or as `code=`: the values of the model, and makers of them."""
ROWS = list(catalog().rows.values())
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SIMPLIFIED = re.compile(r"[这个们为实际发务备义应该场变区长开关从样库错误认证权进对无过还]")
SPAN = re.compile(r"`[^`]+`")
PHRASE = re.compile(r"[a-z0-9+]+( [a-z0-9+]+)*\*?|[a-z0-9+ ]*[\u4e00-\u9fff]+[a-z0-9+\u4e00-\u9fff]*")


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
    matched = row.azure or row.numbers or row.statuses or row.says or row.hints
    assert matched or row.id in WRITTEN or row.id == UNCLASSIFIED


def test_rows_are_sorted() -> None:
    assert list(catalog().rows) == catalog_order(catalog().rows)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_is_complete(row: Row) -> None:
    assert CODE.fullmatch(row.id)
    assert row.operations
    assert len(set(row.operations)) == len(row.operations)
    assert row.source == row.source.strip() != ""
    assert date.fromisoformat(row.verified) <= date(2100, 1, 1)
    for words in (row, *row.variants):
        _said_properly(words, stops=".…")
        assert len(words.title) <= 72


def _said_properly(words: Words, *, stops: str) -> None:
    for text in (words.title, words.cause, *words.remedy_steps):
        assert text == text.strip() != ""
        assert "\n" not in text
    assert words.title[-1] not in ".!:。：！"
    for text in (words.cause, *words.remedy_steps, *filter(None, [words.tell_apart])):
        assert text[-1] in stops, text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_every_row_speaks_both_languages(row: Row) -> None:
    """Chinese is Chinese, of the same shape, without the words and marks of Simplified Chinese."""
    assert row.zh is not None
    for english, chinese in ((row, row.zh), *((variant, variant.zh) for variant in row.variants)):
        _said_properly(chinese, stops="。…")
        for text in (chinese.title, chinese.cause, *chinese.remedy_steps):
            assert CHINESE.search(text), text
            assert not SIMPLIFIED.search(text), text
        assert len(chinese.remedy_steps) == len(english.remedy_steps)
        assert bool(chinese.tell_apart) == bool(english.tell_apart)
        assert set(SPAN.findall(chinese.remedy)) == set(SPAN.findall(english.remedy))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_what_a_row_names_exists(row: Row) -> None:
    assert set(row.predicted_by) <= set(OBSERVED_FACTS)
    assert {variant.retry.fact for variant in row.variants if variant.retry} <= {None, *FACTS}
    assert row.retry.fact in {None, *FACTS}
    assert set(row.or_else) <= set(catalog().rows) - {row.id}
    assert set(row.see) <= set(catalog().topics)
    for variant in row.variants:
        assert set(variant.azure) <= set(row.codes)
        assert set(variant.numbers) <= set(row.numbers)
        assert set(variant.when) <= set(FACTS)
        assert variant.when or variant.azure or variant.says


@pytest.mark.parametrize("row", [row for row in ROWS if row.or_else], ids=lambda row: row.id)
def test_a_row_of_several_meanings_says_what_decides(row: Row) -> None:
    assert row.tell_apart


def test_topics_are_complete() -> None:
    assert list(catalog().topics) == sorted(catalog().topics)
    assert not set(catalog().topics) & set(catalog().rows)
    for topic in catalog().topics.values():
        assert len(topic.zh.text) == len(topic.text)
        assert date.fromisoformat(topic.verified)
        assert topic.source


def test_each_azure_code_stands_once_an_operation() -> None:
    symbolic = Counter(
        (operation, code) for row in ROWS for operation in row.operations for code in row.codes_under(operation)
    )
    numeric = Counter((operation, number) for row in ROWS for operation in row.operations for number in row.numbers)
    assert [key for key, times in (symbolic + numeric).items() if times > 1] == []


def test_a_code_of_any_operation_stands_nowhere_else() -> None:
    general = {code for row in ROWS if "any" in row.operations for code in row.codes}
    special = {code for row in ROWS if "any" not in row.operations for code in row.codes}
    assert general & special == set()


def _signs(row: Row) -> Iterator[tuple[str, frozenset[str]]]:
    for operation in row.operations:
        for text in (*row.says, *row.hints):
            under, _, terms = text.rpartition(":")
            if under in ("", operation):
                yield operation, frozenset(terms.split())


def test_signs_are_made_of_the_vocabulary_and_use_all_of_it() -> None:
    texts = [text for row in ROWS for text in (*row.says, *row.hints, *row.halves)]
    texts += [text for row in ROWS for variant in row.variants for text in variant.says]
    used = {term.lstrip("!") for text in texts for term in text.rpartition(":")[2].split()}
    words = catalog().words
    assert used <= set(words.terms)
    assert set(words.terms) <= used | set(words.compounds) | set(words.foreign)
    assert {*words.compounds, *words.foreign, *words.things} <= set(words.terms)
    assert set(words.mute) <= set(words.vague)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_sign_under_one_operation_names_one_of_the_rows(row: Row) -> None:
    named = {text.rpartition(":")[0] for text in (*row.says, *row.hints)}
    assert "any" in row.operations or named <= {"", *row.operations}


def test_no_two_rows_of_an_operation_share_a_sign() -> None:
    """`says` before `hints`, so a sign may be of either kind, but means one row."""
    seen = Counter(sign for row in ROWS for sign in set(_signs(row)))
    assert [sign for sign, times in seen.items() if times > 1] == []


def test_phrases_are_written_as_they_are_looked_for() -> None:
    """Lower case, without marks; the words of both languages; simplified characters and traditional ones in pairs."""
    words = catalog().words
    for term, phrases in words.terms.items():
        assert CODE.fullmatch(term)
        assert len(set(phrases)) == len(phrases) > 0, term
        for phrase in phrases:
            assert PHRASE.fullmatch(phrase), phrase
    simplified, traditional = words.characters
    assert len(simplified) == len(set(simplified)) == len(traditional)
