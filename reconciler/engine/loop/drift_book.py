"""What has drifted in one vault: told from what a new revision asks for, and kept until it is in order again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.model.drift import Change, Drift, SeenDrift
from reconciler.model.ids import fold

ASKED_FOR = timedelta(hours=1)
"""How long after a drift was seen it is asked who did it: the activity log is some minutes late."""

Key = tuple[str, str]


class DriftBook:
    """A difference is drift when it was not there at the first look under the same manifests, or went and came back.

    What is there at the first look is what the revision asks for: nobody else has done anything.
    """

    def __init__(self, remembered: str = "") -> None:
        """`remembered` is what `text` gave in an earlier life; whatever cannot be read of it is forgotten."""
        self._digest = ""
        self._asked_for: set[Key] = set()
        self._seen: dict[Key, SeenDrift] = {}
        self.calm_at: datetime | None = None
        """When a look was taken last; what has drifted since was done after it."""
        if remembered:
            self._recall(remembered)

    @property
    def drifts(self) -> tuple[SeenDrift, ...]:
        return tuple(self._seen[key] for key in sorted(self._seen))

    def look(self, differences: Iterable[Drift], digest: str, now: datetime) -> None:
        """Take in what a complete look under the manifests of this digest has shown."""
        found = {(drift.kind, fold(drift.subject)): drift for drift in differences}
        if digest != self._digest:
            known = self._seen.keys() & found.keys()
            self._digest, self._asked_for = digest, set(found.keys() - known)
        self._asked_for &= found.keys()
        self._seen = {
            key: replace(self._seen[key], drift=drift) if key in self._seen else SeenDrift(drift, now)
            for key, drift in found.items()
            if key not in self._asked_for
        }
        self.calm_at = self.calm_at if self.wondering(now) else now

    def wondering(self, now: datetime) -> list[SeenDrift]:
        """Those of which nobody knows who did it, while it is worth asking."""
        return [seen for seen in self.drifts if seen.by is None and now - seen.since <= ASKED_FOR]

    def tell(self, changes: Mapping[str, Change]) -> None:
        """Who did it, by folded ARM id of the subject."""
        for key, seen in self._seen.items():
            if seen.by is None and key[1] in changes:
                self._seen[key] = replace(seen, by=changes[key[1]])

    def text(self) -> str:
        """What is worth remembering."""
        return json.dumps(
            {
                "digest": self._digest,
                "asked_for": sorted(map(list, self._asked_for)),
                "seen": [_written(seen) for seen in self.drifts],
            }
        )

    def _recall(self, text: str) -> None:
        try:
            kept = json.loads(text)
            seen = {(str(one["kind"]), fold(str(one["subject"]))): _read(one) for one in kept["seen"]}
            asked_for = {(str(kind), str(subject)) for kind, subject in kept["asked_for"]}
            self._digest, self._asked_for, self._seen = str(kept["digest"]), asked_for, seen
        except (ValueError, KeyError, TypeError):
            return


def _written(seen: SeenDrift) -> dict[str, object]:
    drift, by = seen.drift, seen.by
    who = None if by is None else [by.caller, by.at.isoformat(), by.operation, by.correlation_id]
    return {
        "kind": drift.kind,
        "vault": drift.vault,
        "subject": drift.subject,
        "label": drift.label,
        "found": drift.found,
        "corrected": drift.corrected,
        "since": seen.since.isoformat(),
        "by": who,
    }


def _read(one: Mapping[str, object]) -> SeenDrift:
    drift = Drift(
        str(one["kind"]),
        str(one["vault"]),
        str(one["subject"]),
        str(one["label"]),
        str(one["found"]),
        corrected=bool(one["corrected"]),
    )
    by = one["by"]
    change = None
    if isinstance(by, list):
        caller, at, operation, correlation = map(str, by)
        change = Change(caller, datetime.fromisoformat(at), operation, correlation)
    return SeenDrift(drift, datetime.fromisoformat(str(one["since"])), change)
