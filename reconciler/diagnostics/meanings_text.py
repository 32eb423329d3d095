"""What a message or a vague code can mean, as `reconcile explain` shows it: the row, or the rows and what decides."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics.catalog import Found
from reconciler.diagnostics.explain_text import LABELS, entries, render_found
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.meanings import Heard, Meaning
from reconciler.diagnostics.paper import Paper

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "several": "Several rows of the table fit. It depends on what Azure was asked to do, and on what else is seen:",
        "vague": "The code {} names no cause by itself. Give the message that came with it, in quotes:",
        "vague-rows": "Rows of the table have it, and its message decides between them and others:",
        "none": "The table has no row for this.",
        "none-under": "The table has no row for this under {}. Without --operation, all are tried.",
        "message": "It says",
        "codes": "Codes in it",
        "terms": "Read in it",
        "report": "Please report it, so that it gets a row.",
        "shorter": "Give the service's own words, without those of the client around them, or the code beside them.",
        "full": "Each in full: reconcile explain {}",
        "narrow": "Narrowed to one operation: --operation {}",
    },
    "zh-TW": {
        "several": "表中有好幾列符合。要看 Azure 當時被要求做什麼，以及還看到什麼：",
        "vague": "代碼 {} 本身不說明原因。請給出隨附的訊息，並加上引號：",
        "vague-rows": "表中有幾列含此代碼，要由訊息決定是其中哪一列，或是別列：",
        "none": "表中沒有符合的列。",
        "none-under": "在 {} 之下，表中沒有符合的列。不加 --operation 就會試所有操作。",
        "message": "訊息",
        "codes": "其中的代碼",
        "terms": "讀出的詞",
        "report": "請回報這則訊息，好為它加上一列。",
        "shorter": "請給服務自己的話，不含用戶端在前後加上的文字；或給隨附的代碼。",
        "full": "完整內容：reconcile explain {}",
        "narrow": "只看一種操作：--operation {}",
    },
}
_INDENT = 2
_LONGEST = 400
"""Characters of a message that are shown again."""


def render_meanings(found: Sequence[Meaning], *, width: int = 80, language: Language = "en") -> Paper:
    """The row in full where it is one, else each in short."""
    if len(found) == 1:
        return render_found("", Found(found[0].row), width=width, language=language)
    page, words = Paper(width), _WORDS[language]
    page.line(words["several"], hang=0)
    _rows(page, found, language)
    page.blank()
    page.line(words["full"].format("ID"))
    under = dict.fromkeys(operation for one in found for operation in one.operations)
    if any(len(one.operations) < len(under) for one in found):
        page.line(words["narrow"].format(" | ".join(under)))
    return page


def render_vague(code: str, found: Sequence[Meaning], *, width: int = 80, language: Language = "en") -> Paper:
    page, words = Paper(width), _WORDS[language]
    page.line(words["vague"].format(code), hang=0)
    page.line('reconcile explain "…"', indent=_INDENT)
    if found:
        page.blank()
        page.line(words["vague-rows"], hang=0)
        _rows(page, found, language)
    return page


def render_unknown(
    message: str, known: Heard, operation: str | None = None, *, width: int = 80, language: Language = "en"
) -> Paper:
    """That there is no row, and what was read in the message all the same."""
    page, words = Paper(width), _WORDS[language]
    page.line(words["none-under"].format(operation) if operation else words["none"])
    text = " ".join(message.split())
    shown = {
        words["message"]: text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…",
        words["codes"]: ", ".join(known.codes),
        words["terms"]: ", ".join(known.terms),
    }
    entries(page, shown, indent=_INDENT)
    page.line(words["shorter"], hang=0)
    page.line(words["report"], hang=0)
    return page


def _rows(page: Paper, found: Sequence[Meaning], language: Language) -> None:
    label = LABELS[language]
    for one in found:
        told = one.row.told(language)
        page.blank()
        page.line(f"{one.row.id}: {told.title}", style="bold")
        shown = {label["operations"]: ", ".join(one.operations), label["apart"]: told.tell_apart}
        shown[label["else"]] = ", ".join(one.row.or_else)
        entries(page, shown, indent=_INDENT)
