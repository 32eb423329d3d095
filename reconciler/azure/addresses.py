"""Calls and links as URLs: built from quoted segments, never pasted together."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

from reconciler.model.call import Call
from reconciler.model.ids import BadSegmentError

_SEGMENT_SAFE = ";:@!$&'()*+,=-._~"
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


def url_of(call: Call) -> str:
    """The address of a call, relative to the endpoint.

    Raises BadSegmentError for a path that could mean another one: dot segments, empty segments, control characters.
    """
    segments = call.path.split("/")
    if segments[0] or len(segments) < 2 or any(part in {"", ".", ".."} for part in segments[1:]):
        raise BadSegmentError(f"{call.path!r} is not the path of a resource")
    if _CONTROL.search(call.path):
        raise BadSegmentError(f"{call.path!r} holds a character that no path may hold")
    path = "/".join(quote(part, safe=_SEGMENT_SAFE) for part in segments)
    query = [("api-version", call.api), *call.query]
    return f"{path}?{urlencode(query, safe='$', quote_via=quote)}"
