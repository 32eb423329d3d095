"""One row or topic of the troubleshooting table, as `reconcile explain CODE` shows it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.cells import cell_len

from reconciler.diagnostics.catalog import Catalog, Found, Row, Topic, catalog
from reconciler.diagnostics.catalog_words import WHO, fact, who
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.paper import Paper

__all__ = ["LABELS", "WHO", "entries", "render_found"]

LABELS: dict[Language, dict[str, str]] = {
    "en": {
        "means": "What it means",
        "do": "What to do",
        "turns": "In particular",
        "apart": "Told apart by",
        "else": "Can also be",
        "maybe": "Can be",
        "who": "Who acts",
        "retry": "Tried again",
        "facts": "Foreseen by",
        "operations": "Met by",
        "azure": "Azure says",
        "see": "Read also",
        "source": "Source",
        "checked": "checked",
        "unknown": "The table has no code {}.",
        "near": "did you mean {}?",
        "under": "Under another operation the same code is: {}",
    },
    "zh-TW": {
        "means": "意義",
        "do": "怎麼做",
        "turns": "特定情況",
        "apart": "如何分辨",
        "else": "也可能是",
        "maybe": "可能是",
        "who": "由誰處理",
        "retry": "重試",
        "facts": "可由此預見",
        "operations": "出現於",
        "azure": "Azure 的代碼",
        "see": "另請參閱",
        "source": "來源",
        "checked": "查核於",
        "unknown": "表中沒有代碼 {}。",
        "near": "您要找的是 {} 嗎？",
        "under": "同一代碼在其他操作下是：{}",
    },
}
_INDENT = 2


def render_found(text: str, found: Found, *, width: int = 80, language: Language = "en") -> Paper:
    """What was found for `text`: the row or the topic, or the names that are close to it."""
    page, label = Paper(width), LABELS[language]
    if found.topic is not None:
        _topic(page, found.topic, language)
        return page
    if found.row is None:
        page.line(label["unknown"].format(text))
        for suggestion in found.suggestions:
            page.line(label["near"].format(suggestion), indent=_INDENT)
        return page
    _row(page, found.row, catalog(), language)
    if found.suggestions:
        page.blank()
        page.line(label["under"].format(", ".join(found.suggestions)))
    return page


def _row(page: Paper, row: Row, table: Catalog, language: Language) -> None:
    label, told = LABELS[language], row.told(language)
    page.line(f"{row.id}: {told.title}", style="bold")
    page.heading(label["means"])
    page.line(told.cause, indent=_INDENT, hang=0)
    page.heading(label["do"])
    _steps(page, told.remedy_steps)
    _variants(page, table.row(row.id), row, language)
    page.blank()
    shown = {
        "who": who(row.who, language),
        "retry": row.retry.told(language),
        "facts": "; ".join(fact(name, language) for name in row.predicted_by),
        "else": "; ".join(f"{name}: {table.row(name).told(language).title}" for name in row.or_else),
        "apart": told.tell_apart,
        "operations": ", ".join(row.operations),
        "azure": ", ".join((*row.codes, *map(str, row.numbers))),
        "see": "; ".join(f"reconcile explain {name}" for name in row.see),
        "source": f"{row.source}; {label['checked']} {row.verified}",
    }
    entries(page, {label[name]: text for name, text in shown.items()})


def entries(page: Paper, told: Mapping[str, str], *, indent: int = 0) -> None:
    """A line for each label that has a text, the texts below each other."""
    edge = max(map(cell_len, told)) + 2
    for label, text in told.items():
        if text:
            page.line(f"{label}{' ' * (edge - cell_len(label))}{text}", indent=indent, hang=edge)


def _steps(page: Paper, steps: tuple[str, ...]) -> None:
    for number, step in enumerate(steps, 1):
        mark = f"{number}. " if len(steps) > 1 else ""
        page.line(f"{mark}{step}", indent=_INDENT, hang=len(mark))


def _variants(page: Paper, whole: Row, shown: Row, language: Language) -> None:
    """What the row turns into once its reason is known; nothing when that is what is shown."""
    if shown.title != whole.title or not whole.variants:
        return
    page.heading(LABELS[language]["turns"])
    for variant in whole.variants:
        reasons = [*variant.azure, *(fact(name, language) for name in variant.when)]
        title = variant.title if language == "en" else variant.zh.title
        page.line(f"{title}: {', '.join(reasons)}", indent=_INDENT)


def _topic(page: Paper, topic: Topic, language: Language) -> None:
    label, told = LABELS[language], topic.told(language)
    page.line(f"{topic.id}: {told.title}", style="bold")
    for text in told.text:
        page.blank()
        page.line(text, indent=_INDENT, hang=0)
    page.blank()
    page.line(f"{label['source']}  {topic.source}; {label['checked']} {topic.verified}", hang=len(label["source"]) + 2)
