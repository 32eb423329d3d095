"""How much one run may do: set by flags or settings, never by the manifests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Brakes:
    """`max_writes` None is no limit; `max_shrink` is the share of VMs or items that may vanish between two looks.

    `gone` are the folded names of vaults and VMs of which somebody who has looked says that they do not exist.
    """

    max_writes: int | None = None
    max_stops: int = 5
    max_shrink: float = 0.20
    gone: frozenset[str] = frozenset()
    canary: int | None = None
    """For how many VMs a policy may change at once, without one that goes first; None for any number."""
