"""Whoever keeps changing something back is left to people: two corrections in a day are enough (facts I-7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from reconciler.engine.ports import Notebook
from reconciler.model.plan import Plan
from reconciler.planning.drift import MENDS

CONTESTED = "contested"
MOST = 2
WITHIN = timedelta(hours=24)
_NOTE = "mended/"


class Contest:
    """How often each difference was corrected under the manifests in force, remembered beyond the process.

    What a new revision asks for starts from nothing: it is the author's to change their mind as often as they like.
    """

    def __init__(self, notes: Notebook) -> None:
        self._notes = notes

    def mended(self, step_id: str, digest: str, now: datetime) -> None:
        """A correction was seen done."""
        if step_id.partition(":")[0] in MENDS:
            times = [at.isoformat() for at in (*self._times(step_id, digest, now), now)]
            self._notes.note(f"{_NOTE}{step_id}", json.dumps({"digest": digest, "times": times}))

    def contested(self, plan: Plan, digest: str, now: datetime) -> Iterator[str]:
        """The steps, by id, that would correct once too often."""
        for step in plan.steps:
            if step.action in MENDS and len(self._times(step.id, digest, now)) >= MOST:
                yield step.id

    def _times(self, step_id: str, digest: str, now: datetime) -> list[datetime]:
        name = f"{_NOTE}{step_id}"
        try:
            kept = json.loads(self._notes.notes(name).get(name, "{}"))
            times = [datetime.fromisoformat(at) for at in kept["times"]] if kept.get("digest") == digest else []
        except (ValueError, KeyError, TypeError, AttributeError):
            return []
        return [at for at in times if now - at <= WITHIN]
