"""The `$filter` grammar of Azure Backup: `key eq 'value'`, joined by `and`."""

from __future__ import annotations

import re

from reconciler.vaultserver import errors
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.routes import WireCall

_TERM = re.compile(r"\s*(\w+)\s+eq\s+(?:'((?:[^']|'')*)'|(\w+))\s*", re.IGNORECASE)
_AND = re.compile(r"and(?=\s)", re.IGNORECASE)


class Filter:
    """The terms of one filter; keys compare case-insensitively, values folded."""

    def __init__(self, terms: dict[str, str]) -> None:
        self._terms = terms

    def __bool__(self) -> bool:
        return bool(self._terms)

    def get(self, key: str) -> str | None:
        return self._terms.get(fold(key))

    def matches(self, key: str, value: str) -> bool:
        """Whether a value passes: the key is not asked for, or equal."""
        wanted = self.get(key)
        return wanted is None or fold(wanted) == fold(value)


def read(call: WireCall, *known: str) -> Filter:
    """The request's filter; a term that is not of the list's keys, or a broken one, is refused as the service does."""
    text = call.query.get("$filter", "").strip()
    terms: dict[str, str] = {}
    place = 0
    while place < len(text):
        term = _TERM.match(text, place)
        if term is None or fold(term[1]) not in {fold(key) for key in known}:
            raise errors.invalid_input()
        terms[fold(term[1])] = term[3] if term[2] is None else term[2].replace("''", "'")
        place = term.end()
        if place < len(text):
            joint = _AND.match(text, place)
            if joint is None:
                raise errors.invalid_input()
            place = joint.end()
            if not text[place:].strip():
                raise errors.invalid_input()
    return Filter(terms)
