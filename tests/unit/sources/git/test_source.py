"""A branch: what follows and loads is put in force; all else leaves the last good commit, and says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.model.board import Declared, Rejection
from tests.unit.sources.folders import Clock, names
from tests.unit.sources.git.origins import Origin, source, vault


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


async def test_only_the_folder_that_is_followed_counts(origin: Origin, tmp_path: Path) -> None:
    origin.commit({"prod/eu/a.yaml": vault("one"), "test/b.yaml": b"not: [read", "c.yml": b"nor: [this"})
    found = await source(str(origin.folder), tmp_path / "state", folder=("prod",)).look()
    assert names(found) == ["one"]
    assert found.state.title.endswith("(main, prod)")


async def test_a_commit_that_changes_no_manifest_is_in_force_too(origin: Origin, tmp_path: Path) -> None:
    first = origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    before = await follows.look()
    assert (await follows.look()).desired is before.desired
    second = origin.commit({"a.yaml": vault("one"), "README.md": b"new"}, [first])
    after = await follows.look()
    assert after.desired is not None
    assert before.desired is not None
    assert (before.desired.revision, after.desired.revision) == (first, second)
    assert before.desired.digest == after.desired.digest


async def test_a_commit_that_does_not_load_leaves_the_last_good_one(origin: Origin, tmp_path: Path) -> None:
    good = origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    await follows.look()
    bad = origin.commit({"a.yaml": vault("one").replace(b"kind: Vault", b"kind: Volt")}, [good], subject="Oops")
    found = await follows.look()
    assert names(found) == ["one"]
    assert found.state.in_force is not None
    assert found.state.in_force.id == good
    rejected = found.state.rejected
    assert rejected is not None
    assert (rejected.because, rejected.revision.id, rejected.revision.subject) == (Rejection.INVALID, bad, "Oops")
    assert [str(one.span) for one in rejected.problems] == ["a.yaml:2:7"]
    mended = origin.commit({"a.yaml": vault("two")}, [bad])
    healed = await follows.look()
    assert names(healed) == ["two"]
    assert healed.state.in_force is not None
    assert healed.state.in_force.id == mended
    assert healed.state.rejected is None


@pytest.mark.parametrize("files", [{}, {"README.md": b"gone"}, {"a.yaml": b"# nothing\n"}, {"other/a.yaml": b"x"}])
async def test_a_commit_that_declares_nothing_is_empty(origin: Origin, tmp_path: Path, files: dict[str, bytes]) -> None:
    good = origin.commit({"prod/a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state", folder=("prod",) if "a.yaml" not in files else ())
    await follows.look()
    origin.commit(files, [good])
    found = await follows.look()
    assert names(found) == ["one"]
    assert rejection(found) is Rejection.EMPTY


async def test_the_commit_in_force_comes_back_after_a_restart(origin: Origin, tmp_path: Path) -> None:
    good = origin.commit({"a.yaml": vault("one")})
    await source(str(origin.folder), tmp_path / "state").look()
    origin.commit({"a.yaml": b"bad: ["}, [good])
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert names(found) == ["one"]
    assert rejection(found) is Rejection.INVALID
    origin.folder.rename(tmp_path / "elsewhere")
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert names(found) == ["one"]
    assert found.state.trouble_code == "source-refused"
    assert found.state.checked_at is not None


async def test_a_branch_that_is_gone_is_told_with_those_that_are_there(origin: Origin, tmp_path: Path) -> None:
    good = origin.commit({"a.yaml": vault("one")})
    follows = source(str(origin.folder), tmp_path / "state")
    first = await follows.look()
    origin.set("trunk", good)
    origin.set("main", None)
    found = await follows.look()
    assert names(found) == ["one"]
    assert found.state.trouble_code == "source-branch-missing"
    assert "no branch main (it has trunk)" in found.state.trouble
    assert found.state.checked_at == first.state.checked_at
    origin.set("main", good)
    assert (await follows.look()).state.trouble == ""


async def test_a_repository_without_a_commit_is_told(origin: Origin, tmp_path: Path) -> None:
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert found.desired is None
    assert found.state.trouble_code == "source-branch-missing"
    assert "it is empty" in found.state.trouble


async def test_what_a_commit_says_of_itself_is_one_short_line(origin: Origin, tmp_path: Path) -> None:
    commit = origin.drafted({"a.yaml": vault("one")}, (), "\x1b[31mred\u202e" + "x" * 500)
    commit.author = b"E\x1bvil \xff <e@example.org>"
    commit.commit_time = 2**60
    origin.keep(commit)
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert found.state.in_force is not None
    assert found.state.in_force.subject.startswith("[31mred xxx")
    assert len(found.state.in_force.subject) <= 201
    assert found.state.in_force.author == "E vil \ufffd <e@example.org>"
    assert found.state.in_force.committed_at is None


async def test_the_day_decides_what_is_out_of_date(origin: Origin, tmp_path: Path) -> None:
    pause = b"---\napiVersion: reconciler/v1\nkind: Pause\nmetadata: {name: move}\n"
    pause += b"spec: {vault: one, reason: a move, owner: me, until: 2027-01-16T00:00:00Z}\n"
    origin.commit({"a.yaml": vault("one") + pause})
    clock = Clock()
    follows = source(str(origin.folder), tmp_path / "state", clock=clock)
    first = await follows.look()
    assert (first.warnings, await follows.look()) == ((), first)
    clock.time += timedelta(days=1)
    second = await follows.look()
    assert [one.code for one in second.warnings] == ["manifest-expired"]
    assert second.desired is first.desired
