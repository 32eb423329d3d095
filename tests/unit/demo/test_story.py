"""The demonstration, told to its end without a breath: a real daemon, a real repository, an embedded vault."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.demo.show import show


def test_the_story_is_told_to_its_end_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: list[str] = []
    assert show("127.0.0.1:0", None, said.append, breath=0.0, speed=200.0, stay=False) is None
    told = "\n".join(said)
    assert "That takes longer than usual" not in told
    for line in (
        "web-01, web-02 and web-03 were discovered, checked and protected",
        "5 machines are verified",
        "Trouble: The VM is not running. [register-vm-not-running]",
        "changed by mallory@shop.example",
        'unknown key "polcy" in `spec`',
        "Everything is as declared, and 7 machines are protected.",
    ):
        assert line in told
    assert list(tmp_path.iterdir()) == []


def test_it_ends_when_its_time_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: list[str] = []
    assert show("127.0.0.1:0", 0.5, said.append) is None
    assert "Open the page: http://127.0.0.1:" in said[0]
    assert list(tmp_path.iterdir()) == []
