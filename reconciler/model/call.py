"""A request to Azure Resource Manager, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Method = Literal["GET", "PUT", "PATCH", "POST", "DELETE"]
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_READ_ONLY_POST = re.compile(
    r"/subscriptions/[^/]+/providers/Microsoft\.RecoveryServices/locations/[^/]+"
    r"/(backupStatus|backupPreValidateProtection)",
    re.ASCII,
)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Json | Mapping[str, Json]) -> str:
    """JSON text with sorted keys and no spaces: equal values give equal bytes."""
    return _ENCODER.encode(value)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: hashable, printable, comparable. `path` is an absolute ARM path built by `model.ids`.

    `body` is canonical JSON text or None. `query` holds extra parameters beside `api-version`.
    """

    method: Method
    path: str
    api: str
    body: str | None = None
    query: tuple[tuple[str, str], ...] = ()

    @property
    def reads_only(self) -> bool:
        """GET, and the two POSTs that Azure documents as checks without effect (DESIGN 6)."""
        return self.method == "GET" or (self.method == "POST" and _READ_ONLY_POST.fullmatch(self.path) is not None)
