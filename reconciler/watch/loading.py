"""Loading for a process that stays: what the operator does not allow does not load, and the texts in force are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.model.board import Board
from reconciler.model.ids import fold

if TYPE_CHECKING:
    from reconciler.manifests.load import Loaded

_KEPT = 3
"""Revisions whose texts are kept: the one in force, one that is about to be, and one that will not."""


class Loading:
    """Implements the sources' Load. `text` gives a file of the revision in force, as spans name it."""

    def __init__(self, subscriptions: Collection[str], board: Callable[[], Board]) -> None:
        """`subscriptions` are the only ones that may be touched, in any spelling; none: those that manifests name."""
        self._allowed = frozenset(map(fold, subscriptions))
        self._board = board
        self._texts: dict[str, Mapping[str, bytes]] = {}

    def __call__(
        self, contents: Mapping[str, bytes], *, today: date | None = None, before: Iterable[Diagnostic] = ()
    ) -> Loaded:
        from reconciler.manifests.load import load_texts

        loaded = load_texts(contents, today=today, before=before)
        foreign = list(self._foreign(loaded))
        if foreign:
            return replace(loaded, desired=None, diagnostics=(*loaded.diagnostics, *foreign))
        if loaded.desired is not None:
            self._texts.pop(loaded.desired.digest, None)
            self._texts[loaded.desired.digest] = dict(contents)
            for digest in [*self._texts][:-_KEPT]:
                del self._texts[digest]
        return loaded

    def text(self, name: str) -> str | None:
        """None for a name that the revision in force does not have."""
        desired = self._board().desired
        content = self._texts.get(desired.digest, {}).get(name) if desired is not None else None
        return None if content is None else content.decode("utf-8", "replace")

    def _foreign(self, loaded: Loaded) -> Iterable[Diagnostic]:
        for vault in loaded.desired.vaults if loaded.desired is not None else ():
            if self._allowed and fold(vault.subscription_id) not in self._allowed:
                yield Diagnostic(
                    "subscription-not-allowed",
                    f"the vault {vault.name} is in subscription {vault.subscription_id}, which this machine's settings "
                    "do not allow",
                    vault.span,
                    "name one of the subscriptions that --subscription allows, or have the operator allow this one",
                )
