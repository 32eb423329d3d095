"""What else an error of Azure's can mean, and what tells it apart: the words for it, wherever it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics.catalog import UNCLASSIFIED, catalog
from reconciler.diagnostics.explain_text import LABELS
from reconciler.diagnostics.language import Language

_MOST = 4
"""Rows named in a line; a vague answer fits many."""


def possible(code: str, or_else: Sequence[str], language: Language = "en") -> str:
    """`Can also be: ID (title); … . Told apart by: …`; nothing where `or_else` is empty.

    `code` is the row that was chosen, `unclassified` where several fit equally well.
    """
    if not or_else:
        return ""
    chinese = language == "zh-TW"
    titles = [(name, catalog().row(name).told(language).title) for name in or_else[:_MOST]]
    names = ("；" if chinese else "; ").join(
        f"{name}（{text}）" if chinese else f"{name} ({text})" for name, text in titles
    )
    left = len(or_else) - len(titles)
    more = "" if not left else f"；還有 {left} 列" if chinese else f"; and {left} more"
    told, decides = f"{can_be(code, language)}{names}{more}{'。' if chinese else '.'}", apart(code, or_else, language)
    return f"{told}{'' if chinese else ' '}{told_apart(language)}{decides}" if decides else told


def can_be(code: str, language: Language) -> str:
    """What stands before the other rows."""
    return LABELS[language]["maybe" if code == UNCLASSIFIED else "else"] + _colon(language)


def told_apart(language: Language) -> str:
    """What stands before that which decides."""
    return LABELS[language]["apart"] + _colon(language)


def apart(code: str, or_else: Sequence[str], language: Language) -> str:
    """What decides, as the row that was chosen says; where it says nothing, as each of the others says of itself."""
    own = catalog().row(code).told(language).tell_apart
    if own:
        return own
    told = ((name, catalog().row(name).told(language).tell_apart) for name in or_else[:_MOST])
    return ("" if language == "zh-TW" else " ").join(f"{name}{_colon(language)}{text}" for name, text in told if text)


def _colon(language: Language) -> str:
    return "：" if language == "zh-TW" else ": "
