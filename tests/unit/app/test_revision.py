"""The commit of a folder, from every way in which Git writes it down, and None for everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.revision import revision

ONE, TWO = "1" * 40, "2" * 40


def _repository(folder: Path, head: str) -> Path:
    (folder / ".git" / "refs" / "heads").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text(head)
    (folder / "backup").mkdir()
    return folder / "backup"


def test_a_branch_a_packed_branch_and_a_detached_head(tmp_path: Path) -> None:
    backup = _repository(tmp_path, "ref: refs/heads/main\n")
    assert revision(backup) is None
    (tmp_path / ".git" / "packed-refs").write_text(f"# pack-refs\n{TWO} refs/heads/main\n^{ONE}\n")
    assert revision(backup) == TWO
    (tmp_path / ".git" / "refs" / "heads" / "main").write_text(f"{ONE}\n")
    assert revision(backup) == ONE
    (tmp_path / ".git" / "HEAD").write_text(TWO)
    assert revision(backup / "missing.yaml") == TWO


def test_a_worktree(tmp_path: Path) -> None:
    _repository(tmp_path / "main", "ref: refs/heads/main\n")
    shared = tmp_path / "main" / ".git"
    own = shared / "worktrees" / "other"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/topic\n")
    (own / "commondir").write_text("../..\n")
    (shared / "refs" / "heads" / "topic").write_text(ONE)
    other = tmp_path / "other"
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {own}\n")
    assert revision(other) == ONE


@pytest.mark.parametrize(
    "head",
    [
        "",
        "ref: ../../secret",
        "ref: refs/heads/../../secret",
        "ref: /etc/passwd",
        "not a commit",
        "ref: refs/\x00",
        "z" * 9999,
    ],
)
def test_what_git_never_writes(tmp_path: Path, head: str) -> None:
    (tmp_path / "secret").write_text(ONE)
    assert revision(_repository(tmp_path, head)) is None


def test_outside_of_a_repository(tmp_path: Path) -> None:
    assert revision(tmp_path) is None
