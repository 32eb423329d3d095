"""Follow an operation that Azure accepted, by looking at it until it ends."""

from __future__ import annotations

from reconciler.engine.ports import Clock, Writer
from reconciler.model.outcome import Answer, Done, Operation, Pending, Refused, Unsure

SHORTEST, LONGEST = 1.0, 900.0
"""Seconds: what Azure asks for is kept within these."""
_FIRST, _GROWTH, _CALM = 2.0, 1.5, 30.0
"""Seconds: where Azure asks for nothing, looks start close together and spread out to the SDK's own interval."""
_DEAF_LOOKS = 5
"""Looks in a row without a usable answer before the operation counts as lost."""


def wait(asked: float | None, looks: int) -> float:
    """Seconds until the next look, after `looks` of them."""
    if asked is not None and asked > 0:
        return min(max(asked, SHORTEST), LONGEST)
    return min(_FIRST * _GROWTH ** min(looks, 20), _CALM)


async def follow(
    operation: Operation, writer: Writer, clock: Clock, *, seconds: float, at_once: bool = False
) -> Answer:
    """How the operation ended; Pending when it still runs after `seconds`, Unsure when its trace is lost.

    `at_once` is for an operation that was accepted long ago: its first look need not wait.
    """
    deadline = clock.monotonic() + seconds
    asked, looks, deaf = operation.retry_after, 0, 0
    while True:
        pause = 0.0 if at_once and not looks else wait(asked, looks)
        if clock.monotonic() + pause >= deadline:
            return Pending(operation)
        await clock.sleep(pause)
        looks += 1
        answer = await writer.poll(operation)
        match answer:
            case Done():
                return answer
            case Pending(operation=latest):
                operation, asked, deaf = latest, latest.retry_after, 0
            case Refused(error=error) if not _passing(error.status):
                return Unsure(error.message) if error.status == 404 else answer
            case Refused(error=error):
                asked, deaf = error.retry_after, deaf + (error.status != 429)
            case _:
                asked, deaf = None, deaf + 1
        if deaf >= _DEAF_LOOKS:
            return Unsure("the operation could not be looked at")


def _passing(status: int) -> bool:
    """Whether the look itself was turned away for now; 0 is the operation's own failure."""
    return status in {408, 429} or status >= 500
