"""Keeps what is remembered of looks and writes: taken from the journal's notes, and put there when it has changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from reconciler.engine.ports import Notebook, Notes
from reconciler.model.desired import Desired
from reconciler.model.observed import Observed
from reconciler.model.past import Absence, Past, request
from reconciler.model.plan import Step
from reconciler.planning import remembered
from reconciler.planning.drift import MENDS

_PAST = "past/"
_LATEST, _ABSENT, _ITEMS, _MENDED, _CONSENT = (
    f"{_PAST}{kind}" for kind in ("latest", "absent", "items/", "mended/", "consent/")
)
_NEVER = Past()
T = TypeVar("T")


class Chronicle:
    """The past as one process knows it; whoever does not write keeps nothing."""

    def __init__(self, notes: Notebook) -> None:
        self._notes = notes
        self._past: Past | None = None
        self._kept = _NEVER

    @property
    def past(self) -> Past:
        if self._past is None:
            self._past = self._kept = recall(self._notes)
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
        past = self.past
        for name, text in _changed(self._kept, past):
            self._notes.note(name, text)
        self._kept = past


def recall(notes: Notes) -> Past:
    """What is remembered, without the sizes; a note that cannot be read is as if it were lost."""
    kept = notes.notes(_PAST)
    absent = _strings(kept.get(_ABSENT, "")) or {}
    absences = {thing: one for thing, text in absent.items() if (one := _absence(text)) is not None}
    items = {name: found for name, text in _below(kept, _ITEMS) if (found := _strings(text)) is not None}
    mended = {name: _times(text) for name, text in _below(kept, _MENDED)}
    latest = _times(kept.get(_LATEST, ""))
    return Past(None, latest[0] if latest else None, absences, items, mended, dict(_below(kept, _CONSENT)))


def _below(kept: Mapping[str, str], prefix: str) -> Iterator[tuple[str, str]]:
    return ((name.removeprefix(prefix), text) for name, text in kept.items() if name.startswith(prefix))


def _changed(before: Past, after: Past) -> Iterator[tuple[str, str | None]]:
    """The notes to write, and those to forget, by name; what is large and as it was is not even looked at."""
    if after.latest is not None and after.latest != before.latest:
        yield _LATEST, after.latest.isoformat()
    if after.absences != before.absences:
        found = {thing: f"{one.since.isoformat()} {one.last.isoformat()}" for thing, one in after.absences.items()}
        yield _ABSENT, json.dumps(found, sort_keys=True)
    yield from _of_each(_ITEMS, before.items, after.items, lambda machines: json.dumps(dict(machines), sort_keys=True))
    yield from _of_each(_MENDED, before.mended, after.mended, lambda times: " ".join(at.isoformat() for at in times))
    yield from _of_each(_CONSENT, before.consents, after.consents, str)


def _of_each(
    prefix: str, before: Mapping[str, T], after: Mapping[str, T], write: Callable[[T], str]
) -> Iterator[tuple[str, str | None]]:
    for name in sorted(before.keys() | after.keys()):
        one = after.get(name)
        if one is before.get(name) or one == before.get(name):
            continue
        yield f"{prefix}{name}", None if one is None else write(one)


def _times(text: str) -> tuple[datetime, ...]:
    try:
        times = tuple(map(datetime.fromisoformat, text.split()))
    except ValueError:
        return ()
    return tuple(at for at in times if at.tzinfo is not None)


def _absence(text: str) -> Absence | None:
    times = _times(text)
    return Absence(*times) if len(times) == 2 else None


def _strings(text: str) -> Mapping[str, str] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        return None
    return found
