"""One pass over libyaml's events: plain data, and a place for every node; nothing is composed or constructed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.manifests.builder import MANIFEST_LIMITS, Builder, Document, ReadLimits, TooMuchError
from reconciler.manifests.characters import decode
from reconciler.manifests.syntax import explain
from reconciler.model.span import Places, Span

_LOADER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
MIB = 1 << 20
_MOST_DIRECTIVES = 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file holds: the documents that could be read, in order, every mistake met, and the text."""

    documents: tuple[Document, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    text: str | None = None
    complete: bool = True
    """False when a part of the file could not be read at all."""


@dataclass(frozen=True, slots=True)
class PlainDocument:
    """A file of one document; `data` is None when there are diagnostics."""

    data: Any = None
    places: Places = field(default_factory=Places)
    diagnostics: tuple[Diagnostic, ...] = ()
    text: str | None = None


def read(content: bytes, file: str, limits: ReadLimits = MANIFEST_LIMITS) -> Reading:
    """All documents of a file; `file` is its name in every place. Never raises, whatever the bytes are."""
    if len(content) > limits.size:
        message = f"the file is larger than {limits.size // 1024} KiB"
        place = Span(file, 1, 1, 2)
        return Reading(
            diagnostics=(Diagnostic("yaml-too-large", message, place, "split it into several files"),), complete=False
        )
    text, found = decode(content, file)
    if text is not None and (crowd := _directives(text, file)):
        return Reading(diagnostics=(*found, crowd), text=text, complete=False)
    if text is None:
        return Reading(diagnostics=tuple(found), text=_as_text(content), complete=False)
    builder = Builder(file, limits)
    complete = False
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.feed(event)
        complete = True
    except yaml.YAMLError as error:
        builder.diagnostics.append(explain(error, text, file))
    except TooMuchError:
        pass
    if not builder.documents and not builder.diagnostics and not found:
        builder.diagnostics.append(_nothing(file))
    return Reading(tuple(builder.documents), tuple(found + builder.diagnostics), text, complete)


def read_document(content: bytes, file: str, limits: ReadLimits = MANIFEST_LIMITS) -> PlainDocument:
    """The one document of a file, for what is no manifest (an estate). Never raises."""
    reading = read(content, file, limits)
    found = list(reading.diagnostics)
    if len(reading.documents) > 1:
        second = reading.documents[1].places.at()
        found.append(Diagnostic("yaml-syntax", "a second document begins here", second, "one document is wanted"))
    if found or not reading.documents:
        return PlainDocument(diagnostics=tuple(found), text=reading.text)
    document = reading.documents[0]
    return PlainDocument(document.data, document.places, text=reading.text)


def _directives(text: str, file: str) -> Diagnostic | None:
    """A mistake where so many lines begin with % that libyaml, which compares each directive with each, takes minutes.

    A few are left to the parser: within a text in quotes, such a line is no directive.
    """
    if text.count("\n%") < _MOST_DIRECTIVES:
        return None
    line = text.count("\n", 0, text.index("\n%")) + 2
    return Diagnostic("yaml-tag", "% directives stand here", Span(file, line, 1, 2), "delete the lines")


def _as_text(content: bytes) -> str:
    return content.decode("utf-8", "replace").removeprefix("\ufeff")


def _nothing(file: str) -> Diagnostic:
    return Diagnostic("manifest-empty", "the file holds no document", Span(file, 1, 1, 2), "write one, or delete it")
