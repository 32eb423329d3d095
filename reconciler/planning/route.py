"""The way from one state to another: a search over the table of actions."""

from __future__ import annotations

from collections import deque
from functools import cache

from reconciler.actions import ACTIONS
from reconciler.actions.action import Action
from reconciler.model.desired import Generation
from reconciler.model.plan import SubjectKind
from reconciler.model.state import Risk, State


@cache
def route(start: State, goal: State, *, allow: Risk, generation: Generation) -> tuple[Action, ...] | None:
    """The shortest way whose every action is allowed; empty when `start` is the goal, None when there is none."""
    ways: deque[tuple[State, tuple[Action, ...]]] = deque([(start, ())])
    seen = {start}
    while ways:
        state, way = ways.popleft()
        if state is goal:
            return way
        for action in _edges(state, allow, generation):
            if action.after not in seen:
                seen.add(action.after)
                ways.append((action.after, (*way, action)))
    return None


def _edges(state: State, allow: Risk, generation: Generation) -> list[Action]:
    return [
        action
        for action in ACTIONS.values()
        if action.subject is SubjectKind.VM
        and state in action.before
        and action.risk <= allow
        and generation in action.generations
    ]
