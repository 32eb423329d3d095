"""What has drifted in one vault, and who did it: the book of drifts, kept up by each look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import structlog

from reconciler.engine.loop.bounded import bounded
from reconciler.engine.loop.drift_book import DriftBook
from reconciler.engine.loop.hub import Hub
from reconciler.engine.loop.picture import Picture
from reconciler.model.desired import Vault
from reconciler.model.drift import Change, Drift, SeenDrift
from reconciler.model.ids import fold
from reconciler.model.observed import Observed
from reconciler.planning.drift import drifts

_BACK = timedelta(hours=24)
_SLACK = timedelta(minutes=10)
"""How far back, and how much further than the last look without drift, it is asked who changed something."""
_SECONDS = 60.0
_NOTE = "drift/"

log = structlog.get_logger(__name__)


class DriftWatch:
    """Of one vault. Nothing waits for an answer of the activity log, and one that does not come is no trouble."""

    def __init__(self, vault: str, hub: Hub) -> None:
        self._name = f"{_NOTE}{vault}"
        self._hub = hub
        self._remembered = hub.tools.notes.notes(self._name).get(self._name, "")
        self._book = DriftBook(self._remembered)

    @property
    def drifts(self) -> tuple[SeenDrift, ...]:
        return self._book.drifts

    async def look(self, vault: Vault, picture: Picture) -> None:
        """Take in a complete look at the vault."""
        now = self._hub.tools.clock.now()
        before = {seen.drift for seen in self._book.drifts}
        own = [drift for drift in drifts(picture.plan) if drift.vault == vault.name]
        self._book.look(own, picture.desired.digest, now)
        for seen in self._book.drifts:
            if seen.drift not in before:
                log.info("drift", kind=seen.drift.kind, subject=seen.drift.label, found=seen.drift.found)
        if self._book.wondering(now):
            self._book.tell(await self._asked(vault, picture.observed, now))
        self._remember()

    async def _asked(self, vault: Vault, observed: Observed, now: datetime) -> Mapping[str, Change]:
        wondering = self._book.wondering(now)
        calm = self._book.calm_at or min(seen.since for seen in wondering)
        since = max(calm - _SLACK, now - _BACK)
        try:
            reader = self._hub.tools.reader
            changes = await bounded(reader.changes(vault, since), _SECONDS, self._hub.tools.clock)
        except TimeoutError:
            return {}
        return matched([seen.drift for seen in wondering], observed, changes)

    def _remember(self) -> None:
        text = self._book.text()
        if text != self._remembered and self._hub.term is not None:
            self._hub.tools.notes.note(self._name, text)
            self._remembered = text


def matched(
    wondering: Iterable[Drift], observed: Observed, changes: Iterable[tuple[str, Change]]
) -> Mapping[str, Change]:
    """The newest change of each drift's subject, by folded ARM id. `changes` come newest first."""
    known = [(fold(resource), change) for resource, change in changes]
    found: dict[str, Change] = {}
    for drift in wondering:
        resource = _resource(drift, observed)
        hits = (change for written, change in known if written == resource or _within(drift, resource, written))
        change = next(hits, None)
        if change is not None:
            found[fold(drift.subject)] = change
    return found


def _resource(drift: Drift, observed: Observed) -> str:
    """What is written when the subject changes: of a VM, its item in the vault."""
    vault = observed.vaults.get(drift.vault)
    item = vault.items.get(fold(drift.subject)) if vault is not None else None
    return fold(item.id if item is not None else drift.subject)


def _within(drift: Drift, resource: str, written: str) -> bool:
    """A vault's own settings are resources below it; its items and policies are not meant."""
    return drift.kind == "vault" and written.startswith(f"{resource}/backupconfig")
