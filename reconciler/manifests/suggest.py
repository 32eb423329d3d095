"""Did you mean: the nearest of the words that would have been right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from reconciler.model.ids import fold

_MOST_LISTED = 12
_CLOSE = 0.66
"""`Sun` is close to `Sunday`; `delete-data` must not be close to `undelete`."""


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The one word that was probably meant."""
    words = {fold(name): name for name in sorted(allowed, reverse=True)}
    close = difflib.get_close_matches(fold(word[:200]), list(words), n=1, cutoff=_CLOSE)
    return words[close[0]] if close else None


def advice(word: str, allowed: Iterable[str], otherwise: str = "") -> str:
    """`did you mean "x"?`, or the list of what is allowed, or `otherwise` when there is nothing to choose."""
    names = sorted(allowed)
    meant = nearest(word, names)
    if meant is not None:
        return f'did you mean "{meant}"?'
    if not names:
        return otherwise
    shown = ", ".join(names[:_MOST_LISTED])
    return f"write one of: {shown}" + (", …" if len(names) > _MOST_LISTED else "")
