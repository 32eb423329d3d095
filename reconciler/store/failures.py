"""What can be wrong with a journal.

JournalError
├── LockedJournalError      another process keeps it
├── NewerJournalError       a newer version wrote it
└── UnusableJournalError    it cannot be opened, or not be written
"""

from __future__ import annotations


class JournalError(Exception):
    """The message says what, where, and what to do now."""


class LockedJournalError(JournalError):
    """Another process holds the file for longer than we wait."""


class NewerJournalError(JournalError):
    """The file has a schema that this version does not know."""


class UnusableJournalError(JournalError):
    """The file or its folder cannot be used."""
