"""What can be wrong with a journal.

JournalError
├── LockedJournalError      another process keeps it
├── NewerJournalError       a newer version wrote it
└── UnusableJournalError    it cannot be opened, or not be written
"""

from __future__ import annotations

from reconciler.model.journal import JournalError


class LockedJournalError(JournalError):
    """Another process holds it for longer than we wait."""


class NewerJournalError(JournalError):
    """It has a schema that this version does not know."""

    def __init__(self, title: str, found: int, known: int) -> None:
        super().__init__(
            f"the journal {title} has schema version {found}, and this program knows {known} at most: "
            "run the version of reconcile that wrote it, or name another journal"
        )


class UnusableJournalError(JournalError):
    """It, or the place where it should be, cannot be used."""
