"""Promise: what is kept on the disk is for its owner alone, whatever the process is allowed to hand out.

Only what a person asks to have written with `--output-file` has the rights that files usually get.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unit.cli.commands import BACKUP, ESTATE, Shell
from tests.unit.cli.conftest import shell as shell
from tests.unit.sources.git.origins import Origin, source, vault
from tests.unit.sources.git.remotes import Trust, over_https


@contextmanager
def generous() -> Iterator[None]:
    """Nothing is taken away from what a process asks for."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def rights(folder: Path) -> dict[str, str]:
    """Of every file and folder below one, as `ls` has them."""
    return {str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.rglob("*")}


def for_others(folder: Path, *, but: tuple[str, ...] = ()) -> dict[str, str]:
    """What somebody else could reach: nothing below a folder that is shut."""
    found = {}
    for path in folder.iterdir():
        if path.name not in but and path.stat().st_mode & 0o077:
            found[path.name] = oct(stat.S_IMODE(path.stat().st_mode))
            if path.is_dir():
                found |= {f"{path.name}/{name}": mode for name, mode in for_others(path).items()}
    return found


def test_of_runs_and_plans(shell: Shell, tmp_path: Path) -> None:
    with generous():
        assert shell(*ESTATE, *BACKUP, "--dry-run", "--out", "plan.json", "--output-file", "json=told.json").code == 0
        assert shell(*ESTATE, *BACKUP).code == 4
        assert shell("vault", "advance", "1 day").code == 0
    assert for_others(Path(), but=("told.json",)) == {}
    assert stat.S_IMODE(Path("told.json").stat().st_mode) == 0o644
    kept = rights(Path())
    assert {".reconcile/vault.db", ".reconcile/vault.journal.db", "plan.json"} <= kept.keys()


def test_of_files_in_a_folder_that_is_not_ours(shell: Shell, tmp_path: Path) -> None:
    """Where the operator names the place, its folder has the rights that it has."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    cloud = ("--cloud", f"embedded:{shared / 'vault.db'}", *ESTATE[2:])
    with generous():
        assert shell(*cloud, *BACKUP, "--journal", str(shared / "journal.db")).code == 4
    assert {path.name for path in shared.iterdir()} >= {"vault.db", "journal.db"}
    assert for_others(shared) == {}


async def test_of_a_repository_that_is_followed(tmp_path: Path) -> None:
    origin, trust = Origin(tmp_path / "origin.git"), Trust()
    origin.commit({"a.yaml": vault("one")})
    with over_https(origin, trust) as (address, _), generous():
        found = await source(address, tmp_path / "state", access=trust.access()).look()
    origin.repo.close()
    assert found.desired is not None, found.state
    assert list((tmp_path / "state").rglob("*.pack"))
    assert for_others(tmp_path, but=("origin.git",)) == {}
