"""Whoever keeps changing something back is left to people: two corrections in a day are enough (facts I-7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from reconciler.model.past import request
from reconciler.model.plan import Basis, Finding, Held, Severity, Step
from reconciler.planning.drift import MENDS
from reconciler.planning.situation import Situation

CODE = "contested"
MOST = 2
WITHIN = timedelta(hours=24)


def contested(situation: Situation, step: Step) -> str:
    """What to do about a step that would correct once too often; empty for every other."""
    times = _times(situation, step)
    if step.action not in MENDS or len(times) < MOST:
        return ""
    last, free = times[-1].astimezone(UTC), (times[-MOST] + WITHIN).astimezone(UTC)
    return (
        f"It was corrected {len(times)} times within a day, last at {last:%Y-%m-%d %H:%M} UTC, and changed back each "
        "time. Find out in Azure's activity log who does that, and settle it: change the YAML, or say `drift: Report`. "
        f"It is corrected again after {free:%Y-%m-%d %H:%M} UTC."
    )


def contests(held: Iterable[Held]) -> Iterator[Finding]:
    """A finding for each subject over which somebody else and we do not agree."""
    for one in held:
        step = one.step
        if one.guard == CODE and step.action in MENDS:
            text = f"Somebody has changed {step.subject.name} back twice within a day after it was corrected."
            yield Finding(CODE, Severity.ERROR, (step.subject.id,), text, step.source, Basis.OBSERVED, step.vault)


def _times(situation: Situation, step: Step) -> list[datetime]:
    """When this very request was seen done within the last day, in order."""
    if not situation.past.mended:
        return []
    now = situation.observed.taken_at
    return sorted(at for at in situation.past.mended.get(request(step), ()) if timedelta() <= now - at <= WITHIN)
