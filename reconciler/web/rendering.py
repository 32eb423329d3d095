"""From a page's value to HTML: the templates, and the words and marks they are given."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reconciler import __version__
from reconciler.diagnostics.ages import age_words
from reconciler.diagnostics.catalog import Words, catalog
from reconciler.diagnostics.catalog_words import who
from reconciler.diagnostics.escape import terminal
from reconciler.diagnostics.language import LANGUAGES, Language
from reconciler.diagnostics.phrases import spoken
from reconciler.diagnostics.possible import apart, can_be, told_apart
from reconciler.diagnostics.subject_names import short_ids, vm_label
from reconciler.diagnostics.trace_text import (
    condition_words,
    decision_words,
    nothing_words,
    priority_words,
    verdict_words,
)
from reconciler.model.call import Json
from reconciler.model.ids import fold
from reconciler.web.picture import SQUARE, draw, spans
from reconciler.web.query import Query
from reconciler.web.sight import Sight, cause_id
from reconciler.web.texts import say, texts

_TICKS = re.compile("`([^`]+)`")

JUST_NOW = 60
"""Seconds below which an age is not counted."""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("reconciler.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"visible": visible, "prose": prose, "json": _flat, "paired": _paired}
    made.globals |= {
        "cause_id": cause_id,
        "draw": draw,
        "fold": fold,
        "kept_spans": spans,
        "row_of": catalog().row,
        "short_ids": short_ids,
        "square": SQUARE,
        "version": __version__,
        "vm_label": vm_label,
    }
    return made


def render(
    template: str, *, language: Language, path: str, root: str, query: Query, sight: Sight, **given: object
) -> str:
    """A whole HTML document. `path` is that of the page under `root`, where the application is mounted."""
    words = Vocabulary(language, sight.now)
    asked = query.text("lang")

    def link(to: str, **values: str | int | None) -> str:
        """The address of another page; the language goes along where it was asked for."""
        pairs = [(name, value) for name, value in (*values.items(), ("lang", asked)) if value not in {None, ""}]
        return f"{root}{to}" + (f"?{urlencode(pairs, errors='replace')}" if pairs else "")

    def same(**changed: str | int | None) -> str:
        """The address of this page with some of its query changed."""
        text = query.with_(**changed)
        return f"{root}{path}" + (f"?{text}" if text else "")

    return (
        _environment()
        .get_template(f"{template}.html")
        .render(
            **words.names(),
            languages=LANGUAGES,
            link=link,
            same=same,
            path=path,
            root=root,
            query=query,
            sight=sight,
            board=sight.board,
            **given,
        )
    )


def render_error(language: Language, *, root: str, status: int, message: str) -> str:
    """A page that rests on nothing but its own words."""
    given = {"t": partial(say, language), "language": language, "root": root, "status": status, "message": message}
    return _environment().get_template("error.html").render(**given)


def visible(text: object) -> str:
    """Foreign text with every character that has no glyph spelled out: bidi marks and controls move nothing here."""
    return terminal(str(text))


def prose(text: str) -> Markup:
    """A sentence made harmless, with what stands in backticks as code."""
    parts = enumerate(_TICKS.split(visible(text)))
    return Markup("").join(Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts)


def _paired(values: Sequence[str]) -> list[tuple[str, str]]:
    """Choices whose value is their text."""
    return [(value, value) for value in values]


def _flat(value: Json) -> str:
    """A value of `before` or `after` in few words."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_flat(entry)}" for name, entry in value.items())
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    return "–" if value is None else str(value)


class Vocabulary:
    """The words of one language, at one moment."""

    def __init__(self, language: Language, now: datetime) -> None:
        self.language = language
        self._now = now

    def names(self) -> Mapping[str, Any]:
        """Under which names the templates know them."""
        language = self.language
        bound: Mapping[str, Callable[..., str]] = {
            "t": partial(say, language),
            "who": partial(who, language=language),
            "apart": partial(apart, language=language),
            "can_be": partial(can_be, language=language),
            "told_apart": partial(told_apart, language),
            "condition_words": partial(condition_words, language=language),
            "decision_words": partial(decision_words, language=language),
            "nothing_words": partial(nothing_words, language=language),
            "said": partial(spoken, language=language),
            "priority_words": partial(priority_words, language=language),
            "verdict_words": partial(verdict_words, language=language),
        }
        own = {
            "ago": self.ago,
            "moment": self.moment,
            "took": self.took,
            "row": self.row,
            "retry": self.retry,
            "tongue": self.tongue,
        }
        return {**bound, **own, "word": self.word, "language": language, "now": self._now}

    def ago(self, moment: datetime | None) -> Markup | str:
        """`3 minutes ago`, `in 2 hours`, with the moment itself for whoever points at it."""
        if moment is None:
            return say(self.language, "time.never")
        age = self._now - moment
        if abs(age.total_seconds()) < JUST_NOW:
            text = say(self.language, "time.now")
        else:
            key = "time.ago" if age.total_seconds() > 0 else "time.ahead"
            text = say(self.language, key, age=age_words(abs(age), self.language))
        return self._time(moment, text)

    def moment(self, moment: datetime | None) -> Markup | str:
        """`2026-03-02 09:00 UTC`."""
        return say(self.language, "time.never") if moment is None else self._time(moment, _utc(moment))

    def took(self, start: datetime | None, end: datetime | None) -> str:
        """How long something took, or has been taking."""
        return age_words((end or self._now) - start, self.language) if start is not None else ""

    def _time(self, moment: datetime, text: str) -> Markup:
        stamp = moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, _utc(moment), text)

    def row(self, code: str) -> Words | None:
        """What the row of a code says; None for one that this version has no row of."""
        found = catalog().rows.get(code)
        return found.told(self.language) if found is not None else None

    def tongue(self, text: str) -> Language:
        """The language in which a sentence of ours is shown: English where it has no other words."""
        return self.language if spoken(text, self.language) != text else "en"

    def retry(self, code: str) -> str:
        return catalog().row(code).retry.told(self.language)

    def word(self, group: str, value: object) -> str:
        """The text of a value that comes from elsewhere, or the title of its row; else it is shown as it is."""
        key = f"{group}.{value}"
        if isinstance(texts(self.language).get(key), str):
            return say(self.language, key)
        told = self.row(str(value))
        return told.title if told is not None else visible(value)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
