"""The same journal on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.store.journal import Journal
from tests.unit.store.postgres_server import Server, server

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)

Opener = Callable[..., Journal]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of a worker."""
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place without a journal yet."""
    if request.param == "sqlite":
        return str(tmp_path / "state" / "journal.db")
    found: Server = request.getfixturevalue("postgres")
    return found.fresh()


@pytest.fixture
def opened(where: str) -> Iterator[Opener]:
    """Opens the journal as often as a test likes; each is a process of its own. `now` and `actor` as it takes them."""
    with ExitStack() as journals:

        def open_one(
            now: Callable[[], datetime] = lambda: NOW, actor: str = "me@here", patience: float = 5.0
        ) -> Journal:
            return journals.enter_context(Journal(where, now, patience, actor))

        yield open_one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal's file may be made, with its folder."""
    return tmp_path / "state" / "journal.db"
