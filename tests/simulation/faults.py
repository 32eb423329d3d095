"""What can go wrong between client and vault: a fault meets a request by name, with a kind of the catalogue."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from random import Random
from typing import Any

from azure.core.rest import AsyncHttpResponse, HttpRequest

from reconciler.azure.transport import BufferedResponse
from reconciler.vaultserver import faults as vault_faults
from tests.simulation.fault import FOR_EVER, Fault
from tests.simulation.story import Exchange, Story
from tests.simulation.universe import Photograph, Universe
from tests.simulation.wire import Serve

READS = frozenset({"list", "page", "read", "check", "poll", "job"})
ALL = READS | {"write"}
LISTS = frozenset({"list", "page"})
_FAMILIES = ("transport", "status", "body", "paging", "operations", "world")
_REMEMBERED = 24
"""Photographs of the vault before writes: what a replica can lag by."""


@dataclass
class Meeting:
    """A request and the fault that meets it for the `number`-th time (from 1); `memory` is the fault's own."""

    universe: Universe
    story: Story
    exchange: Exchange
    request: HttpRequest
    serve: Serve
    random: Random
    number: int
    page: int
    memory: dict[str, Any]
    photographs: Sequence[Photograph]

    def reply(self, status: int, body: bytes | str = b"", **headers: str) -> BufferedResponse:
        """An answer of our own; `_` in a header's name is `-`."""
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return BufferedResponse(self.request, status, [("content-type", "application/json"), *named], content)


Act = Callable[[Meeting], Awaitable[AsyncHttpResponse]]


@dataclass(frozen=True)
class Kind:
    """One of the catalogue. `on` are the kinds of requests it fits, `fits` narrows them by the request's name.

    `traits`: `blinds` a list that meets it for ever cannot count as read; `refuses` says no in Azure's name; `lies`
    tells what is not so; `harms` changes the world as another actor would; `gone` takes a VM away for good.
    """

    id: str
    title: str
    act: Act
    on: frozenset[str]
    times: tuple[int, ...]
    traits: frozenset[str]
    fits: Callable[[str], bool]


KINDS: dict[str, Kind] = {}


def kind(
    number: str,
    title: str,
    *,
    on: frozenset[str] = ALL,
    times: tuple[int, ...] = (1, 3, FOR_EVER),
    traits: Sequence[str] = (),
    fits: Callable[[str], bool] = lambda name: True,
) -> Callable[[Act], Act]:
    """Enter a function into the catalogue."""

    def enter(act: Act) -> Act:
        KINDS[number] = Kind(number, title, act, on, times, frozenset(traits), fits)
        return act

    return enter


@cache
def catalogue() -> Mapping[str, Kind]:
    """All kinds by id."""
    for family in _FAMILIES:
        import_module(f"tests.simulation.kinds.{family}")
    return KINDS


def fitting(name: str, request: str) -> list[Kind]:
    """The kinds that can meet a request of this name; `request` is its kind."""
    return [one for one in catalogue().values() if request in one.on and one.fits(name)]


@dataclass
class _Armed:
    fault: Fault
    met: int = 0
    lifted: bool = False
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def spent(self) -> bool:
        return self.lifted or (self.fault.times != FOR_EVER and self.met >= self.fault.times)

    def meets(self, exchange: Exchange) -> bool:
        at_its_place = exchange.name == self.fault.name and exchange.occurrence >= self.fault.occurrence
        return at_its_place and not self.spent


class Breaking:
    """The faults of one case; at most one meets a request."""

    def __init__(self, universe: Universe, story: Story, faults: Sequence[Fault], random: Random) -> None:
        self._universe = universe
        self._story = story
        self._armed = [_Armed(fault) for fault in faults]
        self._random = random
        self._photographs: deque[Photograph] = deque(maxlen=_REMEMBERED)
        self._photographing = any("photographs" in catalogue()[fault.kind].traits for fault in faults)

    async def meet(self, exchange: Exchange, request: HttpRequest, serve: Serve) -> AsyncHttpResponse:
        """The answer, by way of the first fault that is armed for the request."""
        if self._photographing and exchange.writes:
            self._photographs.append(self._universe.photograph())
        page = _page(request.url)
        for armed in self._armed:
            own = page and not armed.lifted and armed.memory.get("pages") == exchange.path
            if not own and not armed.meets(exchange):
                continue
            armed.met += not own
            exchange.fault = armed.fault.kind
            meeting = Meeting(
                self._universe,
                self._story,
                exchange,
                request,
                serve,
                self._random,
                armed.met,
                page,
                armed.memory,
                self._photographs,
            )
            return await catalogue()[armed.fault.kind].act(meeting)
        return await serve()

    def lift(self) -> None:
        """From now on nothing is wrong any more."""
        vault_faults.clear(self._universe.world)
        for armed in self._armed:
            armed.lifted = True

    @property
    def spent(self) -> bool:
        """Whether nothing can go wrong any more."""
        return all(armed.spent for armed in self._armed)

    @property
    def met(self) -> int:
        return sum(armed.met for armed in self._armed)


PAGE = "ladderPage="
"""How a link names a page that only a fault knows."""


def _page(url: str) -> int:
    mark = url.rpartition(PAGE)[2] if PAGE in url else ""
    return int(mark) if mark.isdigit() else 0
