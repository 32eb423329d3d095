"""No address but those of the configured origin is spoken to, however it is spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.azure.decode.vaults import WireGuard
from reconciler.azure.listing import read_list
from reconciler.azure.origin import ForeignOriginError, Origin
from reconciler.azure.pipeline import Broken
from reconciler.model.outcome import Operation, Unsure
from tests.unit.azure.scripted import GET, ORIGIN, PUT, Says, V, bench

HOME = Origin("https", "management.azure.com", 443)
HOSTILE = [
    "https://evil.example/x",
    "https://management.azure.com.evil.example/x",
    "https://management.azure.com@evil.example/x",
    "https://user:secret@management.azure.com/x",
    "https://evil.example\\@management.azure.com/x",
    "https://management.azure.com\\.evil.example/x",
    "https://management.azure.com./x",
    "https://management.azure.com:8443/x",
    "https://management.azure.com:0443443/x",
    "https://management.azure.com:/x",
    "http://management.azure.com/x",
    "//evil.example/x",
    "///evil.example/x",
    "/\\evil.example/x",
    "\\\\evil.example/x",
    "https:/evil.example/x",
    "https:evil.example/x",
    "https:///management.azure.com/x",
    "https://management.azure.com\t.evil.example/x",
    "https://management.azure.com\n/x",
    " https://management.azure.com/x",
    "https://management.azure.com/x ",
    "https://management.azure.com#@evil.example/x",
    "https://management%2eazure.com/x",
    "https://management.azure.com%00.evil.example/x",
    "https://MANAGEMENT.AZURE.COM\u212a/x",
    "https://management\u3002azure\u3002com/x",
    "ftp://management.azure.com/x",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "?$skiptoken=x",
    "x",
    " ",
    "",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_foreign_or_odd_address_is_refused(url: str) -> None:
    with pytest.raises(ForeignOriginError):
        HOME.resolve(url)


@pytest.mark.parametrize("url", HOSTILE)
async def test_no_token_is_sent_to_it_as_next_link(url: str) -> None:
    made = bench([Says(body={"value": [], "nextLink": url.replace("management.azure.com", "embedded.invalid")})])
    listing = await read_list(made.client, GET, WireGuard, "c")
    assert len(made.transport.sent) == 1
    assert bool(listing.trouble) == bool(url)  # an empty link is how some services say: the last page


@pytest.mark.parametrize("header", ["Location", "Azure-AsyncOperation"])
@pytest.mark.parametrize("url", [url for url in HOSTILE if url])
async def test_no_token_is_sent_to_it_as_operation(header: str, url: str) -> None:
    link = url.replace("management.azure.com", "embedded.invalid")
    made = bench([Says(202, headers={header: link})])
    answer = await made.client.submit(PUT, "c")
    assert isinstance(answer, Unsure)
    assert isinstance(await made.client.poll(Operation(link, header.lower())), Unsure)
    assert len(made.transport.sent) == 1


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/subscriptions/x?a=b", "https://management.azure.com/subscriptions/x?a=b"),
        ("https://management.azure.com/x;y", "https://management.azure.com/x;y"),
        ("https://MANAGEMENT.azure.com:443/x", "https://MANAGEMENT.azure.com:443/x"),
    ],
)
def test_an_address_of_the_origin_is_taken(url: str, expected: str) -> None:
    assert HOME.resolve(url) == expected


@given(st.text(max_size=40))
def test_whatever_follows_the_scheme_only_the_own_host_passes(rest: str) -> None:
    try:
        HOME.resolve(f"https://{rest}")
    except ForeignOriginError:
        return
    assert rest.lower().startswith("management.azure.com")


def test_a_refusal_does_not_repeat_the_address() -> None:
    with pytest.raises(ForeignOriginError) as caught:
        HOME.resolve("https://evil.example/x?sig=SECRET")
    assert "SECRET" not in str(caught.value)


async def test_a_path_of_another_shape_is_not_sent() -> None:
    made = bench([Says()])
    for path in ("//evil.example/x", "https://evil.example/x", f"{V}/../x", f"{V}//x", f"{V}/\x00", "x", ""):
        result = await made.client.ask(type(GET)("GET", path, "1"), "c")
        assert isinstance(result, Broken)
    assert made.transport.sent == []
    assert str(Origin.of(ORIGIN)) == ORIGIN
