"""I-31: everything has a bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.ladders.invariants.registry import invariant
from tests.simulation.requests import subscription_in
from tests.simulation.story import Exchange, Story

REQUESTS = 3_000
"""In one run on an example, and half as many on a small world; the calm ones need a hundred."""
PAGES = 2_100
_ROUNDING = 0.001
HOURS = 6
"""A run may follow an operation for one."""


@invariant("I-31")
def bounded(story: Story) -> Iterator[str]:
    """Runs end, in a bounded number of requests and hours; a redirect is not followed, and a pause is kept."""
    for made in story.passes:
        sent = list(story.of(made.number))
        most = (REQUESTS if story.scenario.example else REQUESTS // 2) + ("long" in story.traits) * 8 * PAGES
        if len(sent) > most:
            yield f"run {made.number} sent {len(sent)} requests"
        if made.ended - made.began > HOURS * 3600:
            yield f"run {made.number} took {(made.ended - made.began) / 3600:.1f} hours"
    yield from (f"{one.name} follows a redirect" for one in story.exchanges if "/moved" in one.url)
    yield from _pauses(story)
    yield from _refused(story)


def _refused(story: Story) -> Iterator[str]:
    """What is refused for no reason is sent again tomorrow, and not in every run; what is owed is owed all the same."""
    times: defaultdict[tuple[str, bytes], list[float]] = defaultdict(list)
    for one in story.writes():
        if one.fault in _MEANINGLESS and not one.name.startswith(_OWED) and not story.passes[one.process].targets:
            times[one.name, one.body].append(one.at)
    allowed = 2 + sum(bool(made.crashed) for made in story.passes)
    for (name, _), at in times.items():
        if any(later - first < _DAY for first, later in zip(at, at[allowed:], strict=False)):
            yield f"{name} is refused {len(at)} times within a day, and nothing has changed"


_MEANINGLESS = {"S1", "S10"}
"""Faults of the catalogue by which Azure says no for no reason."""
_OWED = ("write:deallocate", "write:powerOff")
_DAY = 24 * 3600.0


def _pauses(story: Story) -> Iterator[str]:
    """Where Azure asked a subscription to wait, the same process does not send to it meanwhile."""
    asking = [one for one in story.exchanges if one.ended is not None and _asked(one) > 0]
    for first in asking:
        until = (first.ended or 0.0) + _asked(first)
        for one in story.exchanges:
            same = one.process == first.process and subscription_in(one.url) == subscription_in(first.url)
            if same and one.place > first.place and (first.ended or 0.0) < one.at < until - _ROUNDING:
                yield f"{one.name} is sent {until - one.at:.0f} s before the pause ends that Azure asked for"


def _asked(exchange: Exchange) -> float:
    """Seconds of a pause that was asked for in digits; 0 for none."""
    if exchange.status not in {429, 503}:
        return 0.0
    asked = {name.lower(): value for name, value in exchange.answer.items()}.get("retry-after", "")
    return min(float(asked), 900.0) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0.0
