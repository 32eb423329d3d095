"""While nobody watches, nothing that ends a protection is done unless the operator has said how many."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler import app
from reconciler.app import Place, SetupError
from reconciler.settings import Settings
from tests.unit.cli.commands import BACKUP, ESTATE, Shell

LINES = ("--listen", "127.0.0.1:0", *ESTATE, *BACKUP)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of every command line that got as far as looking for a vault."""
    settings: list[Settings] = []

    def find_place(given: Settings) -> Place:
        settings.append(given)
        raise SetupError("far enough")

    monkeypatch.setattr(app, "find_place", find_place)
    return settings


def test_watching_allows_no_stop_of_its_own(shell: Shell, asked: list[Settings]) -> None:
    shell("--watch", *LINES)
    assert [one.max_stops for one in asked] == [0]


def test_the_operator_may_allow_some(shell: Shell, asked: list[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    shell("--watch", "--max-stops", "2", *LINES)
    Path("settings.toml").write_text("max-stops = 3")
    shell("--config", "settings.toml", "--watch", *LINES)
    monkeypatch.setenv("RECONCILE_MAX_STOPS", "4")
    shell("--watch", *LINES)
    assert [one.max_stops for one in asked] == [2, 3, 4]


def test_a_single_run_is_watched_by_whoever_started_it(
    shell: Shell, asked: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    shell("--dry-run", *LINES[2:])
    assert [one.max_stops for one in asked] == [5]


def test_what_is_gone_is_never_confirmed_for_good(
    shell: Shell, asked: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILE_CONFIRM_GONE", "web-1")
    ended = shell("--watch", *LINES)
    assert ended.code == 64
    assert "--confirm-gone is for a single run" in ended.err
    assert not asked
