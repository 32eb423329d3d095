"""A branch: what follows and loads is put in force; all else leaves the last good commit, and says why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.model.board import Declared, Rejection
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import Origin, source, vault


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Origin]:
    made = Origin(tmp_path / "origin.git")
    yield made
    made.repo.close()


def rejection(found: Declared) -> Rejection | None:
    return None if found.state.rejected is None else found.state.rejected.because


async def test_the_newest_commit_is_in_force(origin: Origin, tmp_path: Path) -> None:
    sha = origin.commit({"backup/a.yaml": vault("one"), "README.md": b"hello"}, subject="Protect one\n\nat last")
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert names(found) == ["one"]
    assert found.desired is not None
    assert found.desired.revision == sha
    assert found.desired.vaults[0].span.file == "backup/a.yaml"
    in_force = found.state.in_force
    assert in_force is not None
    assert (in_force.id, in_force.subject, in_force.author) == (sha, "Protect one", "Ada <ada@example.org>")
    assert in_force.committed_at is not None
    assert in_force.committed_at.tzinfo == UTC
    assert in_force.committed_at > datetime(2027, 1, 1, tzinfo=UTC)
    assert in_force.digest == found.desired.digest
    assert found.state.title == f"{origin.folder} (main)"
    assert (found.state.trouble, found.state.rejected) == ("", None)
