"""A branch that is set back, or to another history, is held until it is acknowledged; also while nobody looked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.model.board import Declared, Rejection
from reconciler.sources.git.mirror import Limits
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import Origin, source, vault


async def put_in_force(origin: Origin, state: Path) -> tuple[str, str]:
    """Two commits, the second in force; their ids."""
    first = origin.commit({"a.yaml": vault("old")})
    await source(str(origin.folder), state).look()
    second = origin.commit({"a.yaml": vault("new")}, [first])
    assert names(await source(str(origin.folder), state).look()) == ["new"]
    return first, second


def require_held(found: Declared, sha: str) -> str:
    """It is the commit `sha` that is held, and what was in force still is; the advice."""
    assert names(found) == ["new"]
    rejected = found.state.rejected
    assert rejected is not None
    assert (rejected.because, rejected.revision.id) == (Rejection.REWOUND, sha)
    assert [one.code for one in rejected.problems] == ["source-rewound"]
    return rejected.how


async def test_set_back_to_an_older_commit(origin: Origin, tmp_path: Path) -> None:
    first, second = await put_in_force(origin, tmp_path / "state")
    origin.set("main", first)
    how = require_held(await source(str(origin.folder), tmp_path / "state").look(), first)
    assert f"--accept-rewind {first}" in how
    assert second in how


async def test_set_to_another_history(origin: Origin, tmp_path: Path) -> None:
    await put_in_force(origin, tmp_path / "state")
    foreign = origin.commit({"a.yaml": vault("foreign")})
    require_held(await source(str(origin.folder), tmp_path / "state").look(), foreign)


async def test_set_to_a_rewritten_commit(origin: Origin, tmp_path: Path) -> None:
    first, _ = await put_in_force(origin, tmp_path / "state")
    amended = origin.commit({"a.yaml": vault("amended")}, [first])
    require_held(await source(str(origin.folder), tmp_path / "state").look(), amended)


async def test_a_rewind_stays_held_and_commits_on_top_of_it_too(origin: Origin, tmp_path: Path) -> None:
    first, _ = await put_in_force(origin, tmp_path / "state")
    origin.set("main", first)
    follows = source(str(origin.folder), tmp_path / "state")
    before = (await follows.look()).state.rejected
    again = (await follows.look()).state.rejected
    assert before is not None
    assert again is not None
    assert again.seen_at == before.seen_at
    more = origin.commit({"a.yaml": vault("more")}, [first])
    require_held(await follows.look(), more)


async def test_it_is_over_when_the_branch_is_put_back_or_merges_what_was_in_force(
    origin: Origin, tmp_path: Path
) -> None:
    first, second = await put_in_force(origin, tmp_path / "state")
    follows = source(str(origin.folder), tmp_path / "state")
    origin.set("main", first)
    require_held(await follows.look(), first)
    origin.set("main", second)
    assert (await follows.look()).state.rejected is None
    side = origin.commit({"a.yaml": vault("side")}, [first], on="side")
    origin.commit({"a.yaml": vault("merged")}, [side, second])
    assert names(await follows.look()) == ["merged"]


async def test_an_acknowledged_rewind_is_put_in_force_once(origin: Origin, tmp_path: Path) -> None:
    first, second = await put_in_force(origin, tmp_path / "state")
    origin.set("main", first)
    accepting = source(str(origin.folder), tmp_path / "state", accept_rewind=first)
    assert names(await accepting.look()) == ["old"]
    origin.set("main", second)
    assert names(await accepting.look()) == ["new"]
    origin.set("main", first)
    require_held(await accepting.look(), first)
    restarted = source(str(origin.folder), tmp_path / "state", accept_rewind=first)
    assert "used up" in require_held(await restarted.look(), first)


async def test_acknowledging_another_commit_does_not_help(origin: Origin, tmp_path: Path) -> None:
    first, second = await put_in_force(origin, tmp_path / "state")
    origin.set("main", first)
    require_held(await source(str(origin.folder), tmp_path / "state", accept_rewind=second).look(), first)


async def test_an_acknowledged_commit_must_load_too(origin: Origin, tmp_path: Path) -> None:
    await put_in_force(origin, tmp_path / "state")
    broken = origin.commit({"a.yaml": b"bad: ["})
    found = await source(str(origin.folder), tmp_path / "state", accept_rewind=broken).look()
    assert names(found) == ["new"]
    assert found.state.rejected is not None
    assert found.state.rejected.because is Rejection.INVALID


async def test_a_rejected_commit_is_nothing_to_follow_from(origin: Origin, tmp_path: Path) -> None:
    """What never was in force may be taken away again: that is how a bad commit is mended by force."""
    _, second = await put_in_force(origin, tmp_path / "state")
    follows = source(str(origin.folder), tmp_path / "state")
    origin.commit({"a.yaml": b"bad: ["}, [second])
    await follows.look()
    origin.commit({"a.yaml": vault("better")}, [second])
    assert names(await follows.look()) == ["better"]


async def test_history_too_long_to_walk_counts_as_a_rewind(origin: Origin, tmp_path: Path) -> None:
    _, sha = await put_in_force(origin, tmp_path / "state")
    for number in range(5):
        sha = origin.commit({"a.yaml": vault(f"v{number}")}, [sha])
    require_held(await source(str(origin.folder), tmp_path / "state", limits=Limits(commits=3)).look(), sha)
    assert names(await source(str(origin.folder), tmp_path / "state", limits=Limits(commits=9)).look()) == ["v4"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 2}', "null", '"x"', "[" * 9999])
async def test_a_damaged_memory_is_not_passed_over(origin: Origin, tmp_path: Path, text: str) -> None:
    first, _ = await put_in_force(origin, tmp_path / "state")
    [file] = (tmp_path / "state").glob("*/followed.json")
    file.write_text(text)
    origin.set("main", first)
    found = await source(str(origin.folder), tmp_path / "state").look()
    assert found.desired is None
    assert found.state.trouble_code == "source-settings"
    assert "remove it" in found.state.trouble


async def test_the_memory_is_private_and_holds_ids_only(origin: Origin, tmp_path: Path) -> None:
    first, second = await put_in_force(origin, tmp_path / "state")
    [file] = (tmp_path / "state").glob("*/followed.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert (file.parent / "objects").stat().st_mode & 0o777 == 0o700
    kept = json.loads(file.read_text())
    assert kept == {"format": 1, "in_force": second, "fetched": second, "accepted": [], "shallow": []}
    assert first not in file.read_text()


async def test_each_repository_and_branch_has_a_memory_of_its_own(origin: Origin, tmp_path: Path) -> None:
    await put_in_force(origin, tmp_path / "state")
    other = Origin(tmp_path / "other.git")
    other.commit({"a.yaml": vault("other")})
    assert names(await source(str(other.folder), tmp_path / "state").look()) == ["other"]
    other.repo.close()
    assert len(list((tmp_path / "state").iterdir())) == 2
