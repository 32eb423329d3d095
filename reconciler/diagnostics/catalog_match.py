"""From an error of Azure's to the rows of the table that explain it, and to their variants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from reconciler.diagnostics.catalog_reading import Reader, Reading, Said, Vocabulary
from reconciler.diagnostics.catalog_rows import Row, Variant, Words
from reconciler.model.ids import fold
from reconciler.model.outcome import AzureError

MARGIN = 0.15
"""By how much the terms of a row must outweigh those of another; less is no difference."""
_AFFIXES = ("bmsusererror", "usererror")
"""What Azure writes before or after some of its codes, and leaves out elsewhere."""

_OF_A_VM = ("register", "protect", "backup")
"""The operations on one VM: what the rows of one of them say can answer another of them."""

Rows = tuple[Row, ...]


class _Sign(NamedTuple):
    """What one passage of a text must hold, and may not hold, to mean a row."""

    row: Row
    terms: Said
    barred: Said

    def met(self, passage: Said) -> bool:
        return self.terms <= passage and self.barred.isdisjoint(passage)


class _Subjects:
    """What the rows are about: the terms that their own words hold."""

    def __init__(self, words: Vocabulary, read: Callable[[str], Reading]) -> None:
        self.things = frozenset(words.things)
        self.foreign = frozenset(words.foreign)
        self._read = read
        self._of: dict[str, Said] = {}

    def of(self, row: Row) -> Said:
        if row.id not in self._of:
            self._of[row.id] = self._terms(row)
        return self._of[row.id]

    def _terms(self, row: Row) -> Said:
        signs = (word for sign in (*row.says, *row.hints, *row.halves) for word in sign.rpartition(":")[2].split())
        both = [row, row.zh, *row.variants, *(variant.zh for variant in row.variants)]
        told = (text for words in both for text in _texts(words))
        parts = (self._read(text) for text in (*told, *row.codes))
        return frozenset(signs).union(*(said for part in parts for said in (*part.facts, *part.advice)))


class _Signs:
    """The signs of the rows of one operation, weighed against each other."""

    def __init__(self, subjects: _Subjects) -> None:
        self._subjects = subjects
        self._signs: dict[str, list[_Sign]] = defaultdict(list)
        """By the first of their terms."""
        self._users: dict[str, set[str]] = defaultdict(set)

    def learn(self, row: Row, texts: Iterable[str], operation: str) -> None:
        """Take in the signs of a row, save those of another operation."""
        for text in texts:
            under, _, words = text.rpartition(":")
            if under in ("", operation):
                sign = _sign(row, words, self._subjects.foreign)
                self._signs[min(sign.terms)].append(sign)
                for term in sign.terms:
                    self._users[term].add(row.id)

    def in_passage(self, passage: Said) -> Rows:
        """The rows of which the passage meets a sign, without those that another one outweighs or contains.

        A term counts the more the fewer rows use it: 1 when it is of one row only, a quarter when it is of four. A row
        that has nothing to do with a thing in the passage does not count: the passage means something else. Rows of any
        operation, such as a lock or a missing right, have to do with every thing.
        """
        things = self._subjects.things & passage
        rows: dict[str, Row] = {}
        said: dict[str, Said] = defaultdict(frozenset)
        for sign in (sign for term in passage for sign in self._signs.get(term, ())):
            if sign.met(passage):
                rows[sign.row.id] = sign.row
                said[sign.row.id] |= sign.terms
        if not rows:
            return ()
        weights = {name: sum(1 / len(self._users[term]) for term in said[name]) for name in rows}
        enough = max(weights.values()) - MARGIN
        left = tuple(
            rows[name]
            for name in rows
            if weights[name] > enough and not any(said[name] < other for other in said.values())
        )
        return tuple(row for row in left if "any" in row.operations or things <= self._subjects.of(row))


class _Near:
    """The rows that concern one operation, by all that can name them."""

    def __init__(self, operation: str, rows: Iterable[Row], subjects: _Subjects) -> None:
        self.codes: dict[str, Rows] = defaultdict(tuple)
        self.stems: dict[str, Rows] = defaultdict(tuple)
        self.numbers: dict[int, Rows] = defaultdict(tuple)
        self.statuses: dict[int, Rows] = defaultdict(tuple)
        self.says, self.hints, self.halves = _Signs(subjects), _Signs(subjects), _Signs(subjects)
        for row in rows:
            for code in row.codes_under(operation):
                self.codes[fold(code)] += (row,)
                self.stems[_stem(code)] += (row,)
            for one in row.numbers:
                self.numbers[one] += (row,)
            for status in row.statuses:
                self.statuses[status] += (row,)
            self.says.learn(row, row.says, operation)
            self.hints.learn(row, row.hints, operation)
            self.halves.learn(row, row.halves, operation)


class Matcher:
    """Compares one error, met under one operation, with rows."""

    def __init__(self, rows: Iterable[Row], words: Vocabulary) -> None:
        self._rows = tuple(sorted(rows, key=lambda row: row.id))
        self._read = Reader(words).read
        self._vague, self._mute = set(map(fold, words.vague)), set(map(fold, words.mute))
        self._subjects = _Subjects(words, self._read)
        self._known = {fold(code) for row in self._rows for code in row.codes}
        kin = (row for row in self._rows if row.retry.rule != "wait" and any(map(row.concerns, _OF_A_VM)))
        self._kin = _Near("", kin, self._subjects)
        by_code = _Near("", self._rows, self._subjects).codes
        self._sole = {code: rows for code, rows in by_code.items() if len(rows) == 1}
        """The codes that mean one row whatever the operation."""
        self._operations: dict[str, _Near] = {}

    def rows(self, operation: str, error: AzureError, facts: Collection[str]) -> Rows:
        """All rows that the first test with an answer leaves; more than one when nothing tells them apart."""
        for found in (*self._answers(self._near(operation), error), *self._elsewhere(operation, error)):
            if found:
                return tuple(self._narrowed(row, error, facts) for row in found)
        return ()

    def _elsewhere(self, operation: str, error: AzureError) -> Iterator[Rows]:
        """What rows of other operations say: a VM that no backup can be made of may be refused when it is protected."""
        code = fold(error.code)
        if code not in self._vague:
            yield tuple(row for row in self._rows if code in map(fold, row.codes))
        if operation in _OF_A_VM:
            yield self._kin.numbers.get(error.number, ())
            reading = self._read(error.message)
            foreign = self._foreign(reading)
            yield from (self._kin.says.in_passage(said | foreign) for said in reading.facts)

    def _foreign(self, reading: Reading) -> Said:
        """What no row is about, named anywhere in a message: then all of the message is about it."""
        return self._subjects.foreign.intersection(frozenset().union(*reading.facts[-1:], *reading.around[-1:]))

    def _near(self, operation: str) -> _Near:
        if operation not in self._operations:
            rows = [row for row in self._rows if row.concerns(operation)]
            self._operations[operation] = _Near(operation, rows, self._subjects)
        return self._operations[operation]

    def _answers(self, near: _Near, error: AzureError) -> Iterator[Rows]:
        """What each test leaves, the surest first: codes, numbers, codes within the text, then what the text says."""
        code, reading = fold(error.code), self._read(error.message)
        vague = code in self._vague
        if not vague:
            yield near.codes.get(code, ())
            yield self._sole.get(code, ())
        for one in (error.number, number(error.code)):
            yield near.numbers.get(one, ()) or near.codes.get(str(one), ())
        if vague or code not in self._known:
            named = [one for one in (error.code, *reading.codes) if fold(one) not in self._vague]
            yield from (where.get(fold(one), ()) for where in (near.codes, self._sole) for one in named)
            stems = (near.stems.get(_stem(one), ()) for one in named)
            yield from (found for found in stems if len(found) == 1)
        yield from (near.numbers.get(one, ()) for one in sorted(reading.numbers))
        foreign = self._foreign(reading)
        own = () if code in self._known | self._mute else [said | foreign for said in self._read(error.code).facts]
        facts, advice = ([said | foreign for said in said_so] for said_so in (reading.facts, reading.advice))
        yield from map(near.says.in_passage, (*own, *facts))
        plain = (one for one in (code, *map(fold, reading.codes)) if one not in self._mute)
        yield from (near.codes.get(one, ()) for one in plain)
        yield from map(near.hints.in_passage, (*own, *facts))
        yield from map(near.says.in_passage, advice)
        yield from map(near.hints.in_passage, advice)
        yield from map(near.says.in_passage, reading.around[:-1])
        if reading.is_half:
            yield from map(near.halves.in_passage, (*facts, *advice))
        yield near.statuses.get(error.status, ())

    def _narrowed(self, row: Row, error: AzureError, facts: Collection[str]) -> Row:
        """The variant that the error itself names, else the one that observed facts name, else the row as it is."""
        reading = self._read(error.message)
        own = {fold(error.code), *map(fold, reading.codes)}
        for variant in row.variants:
            if own & set(map(fold, variant.azure)) or {error.number, number(error.code)} & set(variant.numbers):
                return row.as_variant(variant)
        for variant in row.variants:
            if _speaks(variant, reading) or set(facts) & set(variant.when):
                return row.as_variant(variant)
        return row


def number(code: str) -> int:
    """A numeric code as a number; -1 for one that is none."""
    return int(code) if code.isascii() and code.isdigit() and len(code) <= 12 else -1


def _speaks(variant: Variant, reading: Reading) -> bool:
    signs = [frozenset(terms.split()) for terms in variant.says]
    return any(sign <= passage for sign in signs for passage in reading.facts)


def _texts(words: Words | None) -> tuple[str, ...]:
    return (words.title, words.cause, words.remedy, words.tell_apart) if words else ()


def _sign(row: Row, words: str, foreign: Said) -> _Sign:
    """`agent absent !vault`: the first two, not the third, and nothing foreign but what the sign itself names."""
    barred = {word[1:] for word in words.split() if word.startswith("!")}
    terms = {word for word in words.split() if not word.startswith("!")}
    return _Sign(row, frozenset(terms), frozenset(barred | (foreign - terms)))


def _stem(code: str) -> str:
    """A code without the words that Azure writes around some of them."""
    stem = fold(code)
    for affix in _AFFIXES:
        stem = stem.removeprefix(affix).removesuffix(affix)
    return stem
