"""Paged lists: every page or a word on why not; loops, duplicates and foreign links end the reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from reconciler.azure.client import ReadClient, explained
from reconciler.azure.decode.errors import UNREADABLE
from reconciler.azure.pipeline import Reply
from reconciler.model.call import Call
from reconciler.model.ids import fold

PAGES = 2000
"""The most pages of one list; 2,000 of 200 entries are more than any subscription holds."""


class Entry(Protocol):
    """What every list holds: resources with an ARM id."""

    id: str


T = TypeVar("T", bound=Entry)


class _Page(msgspec.Struct, Generic[T], rename="camel"):
    value: list[T]
    next_link: str | None = None


class _RawPage(msgspec.Struct, rename="camel"):
    value: list[msgspec.Raw]
    next_link: str | None = None


@dataclass(slots=True)
class Listing(Generic[T]):
    """`trouble` says why the list is incomplete, each reason once; a list without trouble is complete."""

    entries: list[T] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    status: int = 0
    """Of the last answer, 0 when none came."""

    def warn(self, reason: str) -> None:
        if reason not in self.trouble:
            self.trouble.append(reason)


async def read_list(client: ReadClient, call: Call, kind: type[T], correlation_id: str) -> Listing[T]:
    """All pages of a list, in Azure's order."""
    listing: Listing[T] = Listing()
    pages, links, ids = _Pages(kind), set[str](), set[str]()
    result = await client.ask(call, correlation_id)
    for _ in range(PAGES):
        listing.status = result.status if isinstance(result, Reply) else 0
        if not isinstance(result, Reply) or result.status != 200:
            listing.warn(explained(result))
            return listing
        entries, link, spoilt = pages.decode(result.body)
        _add(listing, entries, ids)
        if spoilt:
            listing.warn(spoilt)
        if not link:
            return listing
        if link in links:
            listing.warn("the list leads back to a page already read")
            return listing
        links.add(link)
        result = await client.follow(link, correlation_id)
    listing.warn(f"the list has more than {PAGES} pages")
    return listing


def _add(listing: Listing[T], entries: list[T], ids: set[str]) -> None:
    """An entry met twice shows that the list changed while it was read: another may have been missed."""
    for entry in entries:
        key = fold(entry.id)
        if key in ids:
            listing.warn(f"{entry.id} is listed twice")
        else:
            ids.add(key)
            listing.entries.append(entry)


class _Pages(Generic[T]):
    """Decodes a page at once, or entry by entry when one of them is odd, so that the others are not lost."""

    def __init__(self, kind: type[T]) -> None:
        page: Any = _Page
        self._whole: msgspec.json.Decoder[_Page[T]] = msgspec.json.Decoder(page[kind])
        self._raw = msgspec.json.Decoder(_RawPage)
        self._one = msgspec.json.Decoder(kind)

    def decode(self, body: bytes) -> tuple[list[T], str | None, str]:
        """(entries, next link, what could not be read)."""
        try:
            page = self._whole.decode(body)
        except UNREADABLE:
            return self._slowly(body)
        return page.value, page.next_link, ""

    def _slowly(self, body: bytes) -> tuple[list[T], str | None, str]:
        try:
            page = self._raw.decode(body)
        except UNREADABLE as error:
            return [], None, f"the answer is not a list: {error}"
        entries: list[T] = []
        spoilt = ""
        for number, raw in enumerate(page.value):
            try:
                entries.append(self._one.decode(raw))
            except UNREADABLE as error:
                spoilt = spoilt or f"entry {number} of a page cannot be read: {error}"
        return entries, page.next_link, spoilt
