"""A list is read to its end or says why not; no fault of paging adds, drops or doubles anything silently."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from reconciler.azure import listing as listing_module
from reconciler.azure.decode.vms import WireVmStatus
from reconciler.azure.listing import Listing, read_list
from reconciler.model.call import Call
from tests.unit.azure.scripted import ORIGIN, RESET, S, Says, bench, refusal

LIST = Call("GET", f"{S}/providers/Microsoft.Compute/virtualMachines", "2024-07-01", query=(("statusOnly", "true"),))


def _vm(name: str) -> dict[str, Any]:
    return {"id": f"{S}/x/{name}", "properties": {}}


def _page(*names: str, link: Any = None) -> dict[str, Any]:
    return {"value": [_vm(name) for name in names]} | ({"nextLink": link} if link is not None else {})


def _link(number: int) -> str:
    return f"{ORIGIN}{LIST.path}?api-version=1&$skipToken={number}"


async def _read(*says: Says | Exception) -> Listing[WireVmStatus]:
    return await read_list(bench(list(says)).client, LIST, WireVmStatus, "c")


def _names(listing: Listing[WireVmStatus]) -> list[str]:
    return [entry.id.rpartition("/")[2] for entry in listing.entries]


async def test_pages_are_followed_verbatim_to_the_end() -> None:
    made = bench(
        [Says(body=_page("a", link=_link(1))), Says(body=_page(link=_link(2))), Says(body=_page("b", link=""))]
    )
    listing = await read_list(made.client, LIST, WireVmStatus, "c")
    assert (_names(listing), listing.trouble) == (["a", "b"], [])
    assert [request.url for request in made.transport.sent][1:] == [_link(1), _link(2)]
    assert "statusOnly=true" in made.transport.sent[0].url


@pytest.mark.parametrize(
    ("says", "names"),
    [
        ([Says(body=_page("a", link=_link(1))), Says(body=_page("b", link=_link(1)))], ["a", "b"]),
        ([Says(body=_page("a", link=_link(1))), Says(body=_page("A"))], ["a"]),
        ([Says(body=_page("a", "a"))], ["a"]),
        ([Says(body=_page("a", "a", "a", link=_link(1))), Says(body=_page("a"))], ["a"]),
        ([Says(body=_page("a", link=_link(1))), Says(404, refusal("X"))], ["a"]),
        ([Says(body=_page("a", link=_link(1))), Says(403, refusal("AuthorizationFailed"))], ["a"]),
        ([Says(body=_page("a", link=_link(1))), Says(500)], ["a"]),
        ([Says(body=_page("a", link=_link(1))), RESET], ["a"]),
        ([Says(body=_page("a", link="https://evil.example/x"))], ["a"]),
        ([Says(body=_page("a", link=" "))], ["a"]),
        ([Says(body=_page("a", link="?$skipToken=1"))], ["a"]),
        ([Says(body={"value": [_vm("a"), {"id": 7}, _vm("b")]})], ["a", "b"]),
        ([Says(body={"value": [_vm("a"), None]})], ["a"]),
        ([Says(body={"value": [_vm("a"), {"properties": {}}]})], ["a"]),
        ([Says(body={})], []),
        ([Says(body={"value": None})], []),
        ([Says(body={"value": {}})], []),
        ([Says(body={"value": [], "nextLink": 7})], []),
        ([Says(body=b"null")], []),
        ([Says(body=b"")], []),
        ([Says(body=b"<html>")], []),
        ([Says(body=b'{"value": [')], []),
        ([Says(body=b'{"value": [NaN]}')], []),
        ([Says(body=b'{"value": "\xff"}')], []),
        ([Says(body=b'{"value": ' + b"[" * 100_000)], []),
        ([Says(body=b'{"value": [{"id": "\\ud800", "properties": {}}]}')], []),
        ([Says(204)], []),
        ([Says(302, b"", {"Location": ORIGIN})], []),
        ([Says(200, refusal("Oops"))], []),
    ],
)
async def test_every_fault_is_told_and_spares_what_was_read(says: list[Says | Exception], names: list[str]) -> None:
    listing = await _read(*says)
    assert _names(listing) == names
    assert listing.trouble


async def test_unknown_members_numbers_beyond_reach_and_doubled_keys_do_no_harm() -> None:
    body = json.dumps(_page("a"))[:-1] + ', "new": ' + "9" * 5000 + ', "new": {}}'
    listing = await _read(Says(body=body.encode()))
    assert (_names(listing), listing.trouble) == (["a"], [])


async def test_an_endless_list_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_module, "PAGES", 20)
    made = bench(_endless())
    listing = await read_list(made.client, LIST, WireVmStatus, "c")
    assert len(made.transport.sent) == 21
    assert "more than" in listing.trouble[0]


def _endless() -> Callable[[HttpRequest], Says]:
    pages = 0

    def script(_request: HttpRequest) -> Says:
        nonlocal pages
        pages += 1
        return Says(body=_page(f"vm-{pages}", link=_link(pages)))

    return script
