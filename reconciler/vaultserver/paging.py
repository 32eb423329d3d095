"""Lists in pages: `value`, and a `nextLink` that carries the filter on."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from starlette.responses import Response

from reconciler.vaultserver import errors
from reconciler.vaultserver.arm import fold
from reconciler.vaultserver.records import Json
from reconciler.vaultserver.routes import WireCall, json_response

R = TypeVar("R")


def paged(call: WireCall, records: Sequence[R], key: Callable[[R], str], show: Callable[[R], Json]) -> Response:
    """One page of records that are sorted by their folded key; only what is on it is rendered."""
    size = call.world.settings.page_size
    token = call.query.get("$skiptoken")
    start = 0 if token is None else _after(records, key, _decode(token))
    page = records[start : start + size]
    body: Json = {"value": [show(record) for record in page]}
    if start + size < len(records):
        body["nextLink"] = next_link(call, fold(key(page[-1])))
    return json_response(body)


def next_link(call: WireCall, last: str) -> str:
    """The address of the page after the record with this folded key."""
    keep = {key: value for key, value in call.query.items() if key in {"$filter", "$expand", "statusonly"}}
    token = base64.urlsafe_b64encode(last.encode()).decode()
    return call.url(call.request.url.path, **keep, **{"$skipToken": token})


def skip_token(call: WireCall) -> str:
    """The folded key of the last record of the page before; empty at the start."""
    token = call.query.get("$skiptoken")
    return "" if token is None else _decode(token)


def _after(records: Sequence[R], key: Callable[[R], str], last: str) -> int:
    for index, record in enumerate(records):
        if fold(key(record)) == last:
            return index + 1
    # The record is gone since: go on with what comes after it.
    return next((index for index, record in enumerate(records) if fold(key(record)) > last), len(records))


def _decode(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeError) as error:
        raise errors.invalid_input() from error
