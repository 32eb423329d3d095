"""From an error of Azure's to the rows of the table that explain it, and to their variants."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from reconciler.diagnostics.catalog_rows import Row, Variant
from reconciler.model.ids import fold
from reconciler.model.outcome import AzureError

_LONGEST_MESSAGE = 8192
"""Characters of a message that patterns are tried on: Azure's own messages are far shorter."""
_CODE = re.compile(r"[A-Z][A-Za-z0-9_]{9,}")
"""What may be a code within a message: wrapped errors carry the inner code in the text only."""
_NOT = re.compile(r"n't\b", re.IGNORECASE)
_VM = re.compile(r"virtual machine", re.IGNORECASE)
_SPELLINGS = {
    "延伸模組": "擴充功能",
    "磁片": "磁碟",
    "布建": "佈建",
    "來賓": "客體",
    "快照集": "快照",
    "儲存區": "儲存體",
}
"""Azure's Chinese messages are translated again and again; these words mean the same."""


class Matcher:
    """Compares one error, met under one operation, with rows."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = tuple(rows)
        flags = re.IGNORECASE | re.DOTALL
        texts = {text for row in self._rows for text in (*row.text, *row.first)}
        texts |= {text for row in self._rows for variant in row.variants for text in variant.text}
        self._patterns: Mapping[str, re.Pattern[str]] = {text: re.compile(text, flags) for text in texts}
        self._known = {fold(code) for row in self._rows for code in row.codes}

    def rows(self, operation: str, error: AzureError, facts: Collection[str]) -> tuple[Row, ...]:
        """All rows that the first test with an answer leaves; more than one when nothing tells them apart."""
        near = self.ordered(operation)
        for test in self._tests(operation, error):
            found = [row for row in near if row.concerns(operation) and test(row)]
            if found:
                best = _rank(found[0], operation)
                level = (row for row in found if _rank(row, operation) == best)
                return tuple(self._narrowed(row, error, facts) for row in level)
        return tuple(row for row in near if error.code and _has(row, "", error.code, anywhere=True))

    def ordered(self, operation: str) -> list[Row]:
        """Rows of the operation itself before those of any; the specific before the general."""
        return sorted(self._rows, key=lambda row: (*_rank(row, operation), row.id))

    def _tests(self, operation: str, error: AzureError) -> Iterator[Callable[[Row], bool]]:
        message = _message(error)
        numbers = {error.number, number(error.code)} - {0, -1}
        yield lambda row: self._speaks(row.first, message)
        yield lambda row: _has(row, operation, error.code)
        yield lambda row: bool(numbers & set(row.numbers)) or any(_has(row, operation, str(one)) for one in numbers)
        if fold(error.code) not in self._known:
            inner = [code for code in dict.fromkeys(_CODE.findall(message)) if fold(code) in self._known]
            yield lambda row: any(_has(row, operation, code) for code in inner)
        yield lambda row: self._speaks([text for text in row.text if text.isascii()], message)
        yield lambda row: self._speaks([text for text in row.text if not text.isascii()], message)
        yield lambda row: error.status in row.statuses

    def _speaks(self, texts: Collection[str], message: str) -> bool:
        if not texts:
            return False
        plain, tight = _plain(message), _tight(message)
        return any(self._patterns[text].search(plain if text.isascii() else tight) for text in texts)

    def _narrowed(self, row: Row, error: AzureError, facts: Collection[str]) -> Row:
        """The variant that the error itself names, else the one that observed facts name, else the row as it is."""
        message = _message(error)
        own = {fold(error.code), *map(fold, _CODE.findall(message))}
        for variant in row.variants:
            if own & {fold(code) for code in variant.azure} or _numbered(variant, error):
                return row.as_variant(variant)
        for variant in row.variants:
            if self._speaks(variant.text, message) or set(facts) & set(variant.when):
                return row.as_variant(variant)
        return row


def number(code: str) -> int:
    """A numeric code as a number; -1 for one that is none."""
    return int(code) if code.isascii() and code.isdigit() and len(code) <= 12 else -1


def _numbered(variant: Variant, error: AzureError) -> bool:
    return bool({error.number, number(error.code)} & set(variant.numbers))


def _rank(row: Row, operation: str) -> tuple[bool, int]:
    return operation not in row.operations, row.order


def _has(row: Row, operation: str, code: str, *, anywhere: bool = False) -> bool:
    """Azure spells its own codes in several cases, so case does not count."""
    wanted = fold(code)
    if anywhere:
        return wanted in _folded(row.codes)
    return bool(wanted) and not _folded(row.azure).isdisjoint((wanted, f"{operation}:{wanted}"))


@lru_cache(maxsize=1024)
def _folded(codes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(fold, codes))


def _message(error: AzureError) -> str:
    return error.message[:_LONGEST_MESSAGE]


@lru_cache(maxsize=64)
def _plain(message: str) -> str:
    """In one spelling: single spaces, `is not` for `isn't`, `vm` for virtual machine."""
    text = _NOT.sub(" not", " ".join(message.replace("’", "'").split()))
    return _VM.sub("vm", text)


@lru_cache(maxsize=64)
def _tight(message: str) -> str:
    """Without spaces, which translations set at will around Latin words, and in one spelling."""
    text = "".join(message.split())
    for other, ours in _SPELLINGS.items():
        text = text.replace(other, ours)
    return text
