"""The docs page of the table: `python -m reconciler.diagnostics.troubleshooting_page [--check] FILE`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from reconciler.diagnostics.catalog import Catalog, Row, Topic, Words, catalog
from reconciler.diagnostics.catalog_words import fact, who
from reconciler.diagnostics.explain_text import LABELS
from reconciler.diagnostics.language import Language

_COMMAND = "python -m reconciler.diagnostics.troubleshooting_page docs/troubleshooting.md"
_HEAD: dict[Language, tuple[str, ...]] = {
    "en": (
        "# Troubleshooting",
        "",
        "Whatever goes wrong, before an apply or in it, ends in one of these rows. `reconcile explain CODE` shows a",
        'row for its code, for Azure\'s code and for a number, `reconcile explain "MESSAGE"` for the text of an error;',
        "a dry run names the rows it can foresee.",
        "What goes on inside a VM (VSS, COM+, antivirus, page file) cannot be foreseen from outside.",
        "",
        "[繁體中文](troubleshooting.zh-TW.md)",
    ),
    "zh-TW": (
        "# 疑難排解",
        "",
        "無論在套用之前或之中，出了什麼錯，都會落在其中一列。`reconcile explain CODE` 可用我們的代碼、Azure 的代碼或",
        '數字查詢，`reconcile explain "訊息"` 可用錯誤的文字查詢；試跑會寫出它能預見的列。',
        "VM 內部的事（VSS、COM+、防毒軟體、分頁檔）無法從外部預見。",
        "",
        "[English](troubleshooting.md)",
    ),
}
_COLUMNS: dict[Language, str] = {
    "en": "| code | met by | what it is | who acts |",
    "zh-TW": "| 代碼 | 出現於 | 是什麼 | 由誰處理 |",
}
_FRESH: dict[Language, str] = {
    "en": f"Made by `{_COMMAND}`; a test keeps it fresh.",
    "zh-TW": f"由 `{_COMMAND.replace('.md', '.zh-TW.md')}` 產生；有測試確保內容最新。",
}


def page(table: Catalog, language: Language = "en") -> str:
    """The whole Markdown page: a list of all codes, a section a row in the order of the table, then the topics."""
    return "\n".join(_lines(table, language)) + "\n"


def _lines(table: Catalog, language: Language) -> Iterator[str]:
    yield from (*_HEAD[language], "", _FRESH[language], "", _COLUMNS[language], "|---|---|---|---|")
    for row in table.rows.values():
        actor = who(row.who, language).split(":")[0].split("：")[0]
        title = _cell(row.told(language).title)
        yield f"| [`{row.id}`](#{row.id}) | {', '.join(row.operations)} | {title} | {actor} |"
    for row in table.rows.values():
        yield from _section(row, language)
    for topic in table.topics.values():
        yield from _topic(topic, language)


def _section(row: Row, language: Language) -> Iterator[str]:
    told, label = row.told(language), LABELS[language]
    yield from ("", f"## {row.id}", "", *_said(told, language))
    colon = _colon(language)
    yield f"- {label['who']}{colon}{who(row.who, language)}"
    yield f"- {label['retry']}{colon}{row.retry.told(language)}"
    links = {
        "azure": [f"`{code}`" for code in (*row.codes, *row.numbers)],
        "facts": [fact(name, language) for name in row.predicted_by],
        "else": [f"[`{name}`](#{name})" for name in row.or_else],
        "see": [f"[`{name}`](#{name})" for name in row.see],
    }
    for name, texts in links.items():
        if texts:
            yield f"- {label[name]}{colon}{', '.join(texts)}"
    if told.tell_apart:
        yield f"- {label['apart']}{colon}{_cell(told.tell_apart)}"
    yield f"- {label['source']}{colon}{row.source}; {label['checked']} {row.verified}"
    for variant in row.variants:
        its = variant if language == "en" else variant.zh
        retry = (variant.retry or row.retry).told(language)
        yield from ("", f"### {row.id}: {variant.name}", "", *_said(its, language))
        if variant.azure or variant.numbers:
            yield f"- {label['azure']}{colon}{', '.join(f'`{code}`' for code in (*variant.azure, *variant.numbers))}"
        if variant.when:
            yield f"- {label['facts']}{colon}{', '.join(fact(name, language) for name in variant.when)}"
        yield f"- {label['who']}{colon}{who(variant.who or row.who, language)}"
        yield f"- {label['retry']}{colon}{retry}"


def _said(told: Words, language: Language) -> Iterator[str]:
    stop = "." if language == "en" else "。"
    yield from (f"**{_cell(told.title)}{stop}** {_cell(told.cause)}", "")
    steps = told.remedy_steps
    for number, step in enumerate(steps, 1):
        yield f"{number}. {_cell(step)}" if len(steps) > 1 else _cell(step)
    yield ""


def _topic(topic: Topic, language: Language) -> Iterator[str]:
    told, label = topic.told(language), LABELS[language]
    yield from ("", f"## {topic.id}", "", f"**{_cell(told.title)}**")
    for text in told.text:
        yield from ("", _cell(text))
    yield from ("", f"- {label['source']}{_colon(language)}{topic.source}; {label['checked']} {topic.verified}")


def _colon(language: Language) -> str:
    return ": " if language == "en" else "："


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("_", "\\_") if "`" not in text else _outside_code(text)


def _outside_code(text: str) -> str:
    """Code spans are literal in Markdown; only what stands between them is escaped."""
    parts = text.split("`")
    return "`".join(part if number % 2 else _cell(part) for number, part in enumerate(parts))


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` only compare it: 0 fresh or written, 1 stale, 64 usage.

    The name of the file tells the language: `….zh-TW.md` is in Traditional Chinese.
    """
    check = "--check" in arguments
    paths = [argument for argument in arguments if argument != "--check"]
    if len(paths) != 1 or paths[0].startswith("-"):
        sys.stderr.write(f"usage: {_COMMAND}, or --check before the file\n")
        return 64
    path = Path(paths[0])
    text = page(catalog(), "zh-TW" if path.name.endswith(".zh-TW.md") else "en")
    if not check:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{path} is not what the table says; run: {_COMMAND.rsplit(' ', 1)[0]} {path}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
