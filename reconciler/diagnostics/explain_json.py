"""What `reconcile explain` found, as a document that a program can use; the matchers are our own affair."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reconciler.diagnostics.catalog import Catalog, Found, Row, Topic
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.meanings import Heard, Meaning
from reconciler.model.call import Json


def found_document(found: Found, language: Language) -> dict[str, Json]:
    """Of a code. `possible` is empty: nothing is left open."""
    row = None if found.row is None else row_document(found.row, language)
    topic = None if found.topic is None else _topic(found.topic, language)
    suggestions: list[Json] = [*found.suggestions]
    return {"format_version": "1.0", "row": row, "topic": topic, "suggestions": suggestions, "possible": []}


def meanings_document(
    table: Catalog, found: Sequence[Meaning], language: Language, *, vague: bool = False, known: Heard | None = None
) -> dict[str, Json]:
    """Of a message or a vague code: its row where there is one, and all that it can mean where there are several.

    `known` is what was read in a message that has none.
    """
    whole = found_document(Found(found[0].row if len(found) == 1 and not vague else None), language)
    several = [*found]
    if len(found) == 1:
        several += [Meaning(table.row(name), found[0].operations) for name in found[0].row.or_else]
    if len(several) > 1 or vague:
        whole["possible"] = [_possible(one, language) for one in several]
    if known is not None:
        whole["read"] = {"codes": [*known.codes], "terms": [*known.terms]}
    return whole | ({"vague": True} if vague else {})


def _possible(one: Meaning, language: Language) -> Json:
    told = one.row.told(language)
    return {
        "id": one.row.id,
        "title": told.title,
        "operations": [*one.operations],
        "tell_apart": told.tell_apart,
        "or_else": [*one.row.or_else],
    }


def row_document(row: Row, language: Language) -> dict[str, Json]:
    told = row.told(language)
    return {
        "id": row.id,
        "operations": [*row.operations],
        "language": language,
        "title": told.title,
        "cause": told.cause,
        "remedy": told.remedy,
        "steps": [*told.remedy_steps],
        "tell_apart": told.tell_apart,
        "or_else": [*row.or_else],
        "who": row.who,
        "retry": {name: value for name, value in msgspec.structs.asdict(row.retry).items() if value is not None},
        "predicted_by": [*row.predicted_by],
        "azure": [*row.codes],
        "numbers": [*row.numbers],
        "see": [*row.see],
        "source": row.source,
        "verified": row.verified,
    }


def _topic(topic: Topic, language: Language) -> dict[str, Json]:
    told = topic.told(language)
    return {
        "id": topic.id,
        "language": language,
        "title": told.title,
        "text": [*told.text],
        "source": topic.source,
        "verified": topic.verified,
    }
