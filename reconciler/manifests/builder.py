"""From events to data: a stack of open collections that refuses what a manifest may not hold, and goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.manifests.characters import spell, unseen
from reconciler.manifests.scalars import NotANumberError, resolve
from reconciler.model.brief import brief
from reconciler.model.span import Path, Places, Span

_MOST_DIAGNOSTICS = 100
_NO_KEY = object()
_CORE_TAG = "tag:yaml.org,2002:"


class TooMuchError(Exception):
    """A limit was met: the diagnostic is written, the rest of the file is not read."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """`size` in bytes, `nodes` keys and values and `documents` of a file, `depth` collections within each other."""

    size: int = 1 << 20
    nodes: int = 50_000
    documents: int = 5_000
    depth: int = 64


MANIFEST_LIMITS = ReadLimits()


@dataclass(slots=True)
class Document:
    """One document. `places` are of values, `keys` of the keys that hold them.

    `blanks` are the ways to nodes without a value. `whole` is False when something refused left a hole in the data.
    """

    data: Any = None
    spans: dict[Path, Span] = field(default_factory=dict)
    key_spans: dict[Path, Span] = field(default_factory=dict)
    blanks: list[Path] = field(default_factory=list)
    whole: bool = True

    @property
    def places(self) -> Places:
        return Places(self.spans)

    @property
    def keys(self) -> Places:
        return Places(self.key_spans)


@dataclass(slots=True)
class _Open:
    """A collection that has begun; `key` waits for its value, `lost` means that value goes nowhere."""

    data: dict[str, Any] | list[Any]
    path: Path
    start: Span
    key: Any = _NO_KEY
    lost: bool = False


class Builder:
    """Feed it the events of one file; `documents` and `diagnostics` fill up."""

    def __init__(self, file: str, limits: ReadLimits) -> None:
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []
        self._file = file
        self._limits = limits
        self._stack: list[_Open] = []
        self._document = Document()
        self._nodes = 0

    def feed(self, event: Any) -> None:
        """Take the next event; raises TooMuchError at a limit."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._begin({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._begin([], event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._end(event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self._start_document(event)
        elif kind is yaml.DocumentEndEvent:
            self.documents.append(self._document)

    def _start_document(self, event: Any) -> None:
        self._document = Document()
        span = self._document.spans[()] = self._span(event)
        if len(self.documents) >= self._limits.documents:
            self._too_much(f"the file holds more than {self._limits.documents} documents", span)
        if event.tags or event.version:
            self._refuse("yaml-tag", "a % directive stands here", self._span(event), "delete the line")

    def _scalar(self, event: Any) -> None:
        span = self._span(event)
        self._count(span)
        self._no_decoration(event, span)
        value: Any = event.value
        if event.implicit[0]:
            try:
                value = resolve(value)
            except NotANumberError as error:
                self._refuse("yaml-number", str(error), span, "if text is meant, put it in quotes")
                self._document.whole = False
        elif event.style == '"' and not (value.isascii() and value.isprintable()):
            self._no_escaped(value, span)
        self._place(value, span, plain=bool(event.implicit[0]))

    def _no_escaped(self, value: str, span: Span) -> None:
        hidden = next(filter(unseen, value), None)
        if hidden is not None:
            message = f"the text holds a character that cannot be seen: {spell(hidden)}"
            self._refuse("yaml-character", message, span, "leave the escape out")

    def _begin(self, data: dict[str, Any] | list[Any], event: Any) -> None:
        start = self._span(event)
        self._count(start)
        if len(self._stack) >= self._limits.depth:
            self._too_much(f"more than {self._limits.depth} collections stand within each other", start)
        self._no_decoration(event, start)
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.data, dict) and top.key is _NO_KEY:
            self._refuse("yaml-key", "a key is a list or a mapping", start, "keys are text")
            self._document.whole = False
            top.key, top.lost = None, True
            self._stack.append(_Open(data, (), start, lost=True))
            return
        path = self._attach(data, start)
        self._stack.append(_Open(data, path, start, lost=path == () and top is not None))

    def _end(self, event: Any) -> None:
        closed = self._stack.pop()
        end = event.end_mark
        if end.line + 1 == closed.start.line and not closed.lost:
            self._document.spans[closed.path] = Span(
                self._file, closed.start.line, closed.start.column, max(end.column + 1, closed.start.column + 1)
            )

    def _alias(self, event: Any) -> None:
        span = self._span(event)
        self._count(span)
        self._refuse("yaml-anchor", f"*{brief(event.anchor)} is an alias", span, "write out what it stands for")
        self._document.whole = False
        self._place(None, span, plain=False)

    def _place(self, value: Any, span: Span, *, plain: bool) -> None:
        """Put a scalar where the top of the stack wants it: as a key, or as a value."""
        top = self._stack[-1] if self._stack else None
        if top is None or isinstance(top.data, list) or top.key is not _NO_KEY:
            path = self._attach(value, span)
            if value is None and plain and (path or top is None):
                self._document.blanks.append(path)
        else:
            self._key(top, value, span, plain=plain)

    def _key(self, top: _Open, value: Any, span: Span, *, plain: bool) -> None:
        top.key = value
        if plain and value == "<<":
            self._refuse("yaml-anchor", "<< is a merge key", span, "write the keys out")
        elif not isinstance(value, str):
            text = "true" if value is True else "false" if value is False else "null" if value is None else str(value)
            self._refuse("yaml-key", f"the key {brief(text)} is not text", span, f'write "{brief(text)}" in quotes')
        elif isinstance(top.data, dict) and value in top.data:
            first = self._document.key_spans.get((*top.path, value), top.start)
            notes = (Note("it stood here first", first),)
            message = f'the key "{brief(value)}" stands twice'
            self._refuse("yaml-duplicate-key", message, span, "keep one of the two", notes)
            top.key = None
            return
        else:
            if not top.lost:
                self._document.key_spans[*top.path, value] = span
            return
        top.key = None
        self._document.whole = False

    def _attach(self, value: Any, span: Span) -> Path:
        """The way to the node; () for what goes nowhere."""
        if not self._stack:
            self._document.data = value
            self._document.spans[()] = span
            return ()
        top = self._stack[-1]
        if isinstance(top.data, list):
            path: Path = (*top.path, len(top.data))
            top.data.append(value)
        else:
            key, top.key = top.key, _NO_KEY
            if key is None:
                return ()
            path = (*top.path, key)
            top.data[key] = value
        if top.lost:
            return ()
        self._document.spans[path] = span
        return path

    def _no_decoration(self, event: Any, span: Span) -> None:
        if event.anchor is not None:
            message = f"&{brief(event.anchor)} is an anchor"
            self._refuse("yaml-anchor", message, span, "delete it; nothing may refer to it")
        if event.tag is not None:
            message = f"{brief(event.tag.replace(_CORE_TAG, '!!'))} is a tag"
            self._refuse("yaml-tag", message, span, "delete it; text that looks like a number is quoted")

    def _refuse(self, code: str, message: str, span: Span, advice: str, notes: tuple[Note, ...] = ()) -> None:
        self.diagnostics.append(Diagnostic(code, message, span, advice, notes))
        if len(self.diagnostics) >= _MOST_DIAGNOSTICS:
            raise TooMuchError

    def _count(self, span: Span) -> None:
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            self._too_much(f"the file holds more than {self._limits.nodes} keys and values", span)

    def _too_much(self, message: str, span: Span) -> None:
        self._refuse("yaml-too-large", message, span, "split it into several files")
        raise TooMuchError

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        last = end.column if end.line == start.line and end.column > start.column else start.column + 1
        return Span(self._file, start.line + 1, start.column + 1, last + 1)
