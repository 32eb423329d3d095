"""A journal in memory for every test, closed at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from reconciler.store.journal import Journal
from tests.unit.engine.virtual import VirtualClock


@pytest.fixture
def memory() -> Iterator[Callable[[VirtualClock], Journal]]:
    """Makes journals that live as long as the test."""
    with ExitStack() as journals:
        yield lambda clock: journals.enter_context(Journal(":memory:", clock.now))
