"""What happens by itself: events with a due time, carried out in order before every request is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

Handler = Callable[["World", str, dict[str, Any]], None]

HANDLERS: dict[str, Handler] = {}


def settle(world: World) -> None:
    """Carry out everything due by now, each at the time it was due; one transaction an event."""
    now = world.now
    while world.database.any_due(now):
        with world.database.transaction():
            event = world.database.take_event(now)
            if event is None:
                return
            due, kind, subject, body = event
            with world.at(due):
                HANDLERS[kind](world, subject, body)
