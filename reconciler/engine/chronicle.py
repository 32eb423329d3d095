"""Keeps what is remembered of looks and writes: taken from the journal's notes, and put there when it has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from reconciler.engine.ports import Notebook, Notes
from reconciler.model.desired import Desired
from reconciler.model.observed import Observed
from reconciler.model.past import Absence, Past, request
from reconciler.model.plan import Step
from reconciler.planning import remembered
from reconciler.planning.drift import MENDS

_PAST = "past/"
_LATEST, _ABSENT, _ITEMS, _MENDED, _CONSENT = (
    f"{_PAST}{kind}" for kind in ("latest", "absent/", "items/", "mended/", "consent/")
)


class Chronicle:
    """The past as one process knows it; whoever does not write keeps nothing."""

    def __init__(self, notes: Notebook) -> None:
        self._notes = notes
        self._past: Past | None = None
        self._kept: Mapping[str, str] = {}

    @property
    def past(self) -> Past:
        if self._past is None:
            self._past = recall(self._notes)
            self._kept = dict(_texts(self._past))
        return self._past

    def forget(self) -> None:
        """Read it anew: another process may have written meanwhile."""
        self._past = None

    def looked(self, desired: Desired, observed: Observed) -> None:
        """Take in a look at the vaults of `desired`; what it could not tell stays as it was. `save` keeps it."""
        self._past = remembered(desired, observed, self.past)

    def mended(self, steps: Iterable[Step], at: datetime) -> None:
        """Corrections that were seen done. `save` keeps it."""
        marks = {request(step) for step in steps if step.action in MENDS}
        times = {mark: (*self.past.mended.get(mark, ()), at) for mark in marks}
        self._past = replace(self.past, mended={**self.past.mended, **times})

    def permitted(self, steps: Iterable[Step]) -> None:
        """What Consents permit is about to be sent: from now on each is good for this request and no other."""
        used = {step.consent: request(step) for step in steps if step.consent}
        self._past = replace(self.past, consents={**self.past.consents, **used})
        self.save()

    def save(self) -> None:
        """Put what has changed into the journal; raises JournalError."""
        texts = dict(_texts(self.past))
        for name in sorted(self._kept.keys() | texts.keys()):
            if self._kept.get(name) != texts.get(name):
                self._notes.note(name, texts.get(name))
        self._kept = texts


def recall(notes: Notes) -> Past:
    """What is remembered, without the sizes; a note that cannot be read is as if it were lost."""
    kept = notes.notes(_PAST)
    absences = {name: one for name, text in _below(kept, _ABSENT) if (one := _absence(text)) is not None}
    items = {name: found for name, text in _below(kept, _ITEMS) if (found := _machines(text)) is not None}
    mended = {name: _times(text) for name, text in _below(kept, _MENDED)}
    latest = _times(kept.get(_LATEST, ""))
    return Past(None, latest[0] if latest else None, absences, items, mended, dict(_below(kept, _CONSENT)))


def _below(kept: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    return ((name.removeprefix(prefix), text) for name, text in kept.items() if name.startswith(prefix))


def _texts(past: Past) -> Iterator[tuple[str, str]]:
    if past.latest is not None:
        yield _LATEST, past.latest.isoformat()
    for thing, one in past.absences.items():
        yield f"{_ABSENT}{thing}", f"{one.since.isoformat()} {one.last.isoformat()}"
    for vault, machines in past.items.items():
        yield f"{_ITEMS}{vault}", json.dumps(dict(sorted(machines.items())), separators=(",", ":"))
    for mark, times in past.mended.items():
        yield f"{_MENDED}{mark}", " ".join(at.isoformat() for at in times)
    for mark, asked in past.consents.items():
        yield f"{_CONSENT}{mark}", asked


def _times(text: str) -> tuple[datetime, ...]:
    try:
        times = tuple(map(datetime.fromisoformat, text.split()))
    except ValueError:
        return ()
    return tuple(at for at in times if at.tzinfo is not None)


def _absence(text: str) -> Absence | None:
    times = _times(text)
    return Absence(*times) if len(times) == 2 else None


def _machines(text: str) -> Mapping[str, str] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        return None
    return found
