"""Where a VM, a vault or a policy stands, and how much a change may cost."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class State(StrEnum):
    """The nodes of the lifecycle; the actions are its edges."""

    UNDISCOVERED = "undiscovered"
    DISCOVERED = "discovered"
    REGISTERED = "registered"
    PROTECTED = "protected"
    DRIFTED = "drifted"
    """Protected, by another policy than declared."""
    STOPPED = "stopped"
    """Backups are off, the recovery points stay."""
    SOFT_DELETED = "soft-deleted"
    ELSEWHERE = "elsewhere"
    """Another vault holds the VM."""
    UNKNOWN = "unknown"
    """Azure answered something this version does not know, or did not answer."""
    MISSING = "missing"
    """A vault or a policy that does not exist."""
    OUTDATED = "outdated"
    """A vault or a policy that exists and differs from its declaration."""
    PRESENT = "present"
    """A vault or a policy that is as declared."""


class ItemState(StrEnum):
    """`protectionState` of a protected item, in Azure's words (WIRE 6.4)."""

    INVALID = "Invalid"
    IR_PENDING = "IRPending"
    PROTECTED = "Protected"
    PROTECTION_ERROR = "ProtectionError"
    PROTECTION_STOPPED = "ProtectionStopped"
    PROTECTION_PAUSED = "ProtectionPaused"
    BACKUPS_SUSPENDED = "BackupsSuspended"
    UNKNOWN = "Unknown"
    """A word this version does not know; the raw one is kept beside it."""


PROTECTED_STATES = frozenset({ItemState.PROTECTED, ItemState.IR_PENDING, ItemState.PROTECTION_PAUSED})
"""What counts as protected (facts D 36): also awaiting the first backup or paused by the service, not in error."""

STOPPED_STATES = frozenset({ItemState.PROTECTION_STOPPED, ItemState.BACKUPS_SUSPENDED})
"""Backups are off, the recovery points stay."""


class Risk(IntEnum):
    """What a step can cost, mildest first."""

    SAFE = 0
    PAUSING = 1
    """Backups stop until somebody resumes them."""
    DESTRUCTIVE = 2
    """Recovery points may expire earlier than before."""

    @property
    def word(self) -> str:
        return self.name.lower()
