"""What a run and its journal say to each other: under what it writes, why it may not, and that nothing can be kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.call import Call


class JournalError(Exception):
    """The journal cannot be used. The message says what, where, and what to do now."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """Under what a run writes.

    `revision` is that of the manifests. `epoch` is that of the lease, 0 for a run without one, which no lease fences.
    `turn` is the run's place in the order in which runs began, 0 for one that took none. `seen` is how many entries the
    audit log had when the run looked: what another one has sent to a VM since then, it does not know of. None: it looks
    again and again, and this is not asked.
    """

    revision: str | None = None
    epoch: int = 0
    turn: int = 0
    seen: int | None = None


FREE = Mandate()
"""No lease, no turn: fenced by nothing but another run on the same subject."""


class Fence(StrEnum):
    """Why an intent is refused; the text is for people."""

    LEASE_LOST = "another process has become the writer"
    SUPERSEDED = "a newer run with another configuration has begun"
    TAKEN = "another run is at work on it"

    @property
    def ends_the_run(self) -> bool:
        """Whether whatever else the run would send is refused too."""
        return self is not Fence.TAKEN


@dataclass(frozen=True, slots=True)
class Debt:
    """A request that undoes what a step of a run did only for a while. `vault` is the step's."""

    run: str
    step_id: str
    call: Call
    vault: str = ""
