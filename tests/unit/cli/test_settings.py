"""Where settings come from, and which wins: options over variables over the operator's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler import settings
from reconciler.cli.main import root
from reconciler.settings import SettingsError
from tests.unit.cli.commands import BACKUP, ESTATE, Shell

RUN = (*ESTATE, *BACKUP, "--dry-run")


def _file(text: str) -> Path:
    path = Path("operator.toml")
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("max-write = 1", "did you mean max-writes?"),
        ("colour = 1", "there is no setting colour"),
        ("max-writes = 'many'", "max-writes needs a whole number"),
        ("max-writes = true", "max-writes needs a whole number"),
        ("target = [1]", "target needs a list of names"),
        ("max-writes =", "this is not TOML"),
        ("cloud = 'aws'", "azure-usgov"),
        ("dry-run = true", "there is no setting dry-run"),
    ],
)
def test_a_mistake_in_the_file_is_a_usage_error(shell: Shell, text: str, hint: str) -> None:
    ended = shell("--config", str(_file(text)), *BACKUP, "--dry-run")
    assert ended.code == 64
    assert hint in ended.err


def test_options_win_over_variables_and_variables_over_the_file(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ("--config", str(_file("output = 'jsonl'\nmax-writes = 1")))
    assert shell(*config, *RUN).out.startswith('{"@level"')
    assert shell(*config, *RUN).code == 3
    monkeypatch.setenv("RECONCILE_OUTPUT", "json")
    monkeypatch.setenv("RECONCILE_MAX_WRITES", "100")
    ended = shell(*config, *RUN)
    assert (ended.code, json.loads(ended.out)["cloud"]) == (0, "embedded")
    assert shell(*config, *RUN, "-o", "human").out.startswith("Plan for embedded")


def test_the_file_of_the_user_is_found_and_one_beside_the_manifests_is_not(shell: Shell, tmp_path: Path) -> None:
    Path("settings.toml").write_text("max-writes = 1")
    assert shell(*RUN).code == 0
    own = tmp_path / "config" / "reconcile" / "settings.toml"
    own.parent.mkdir(parents=True)
    own.write_text("max-writes = 1")
    assert shell(*RUN).code == 3


def test_every_option_has_its_variable() -> None:
    for parameter in root.params:
        long = [name for name in parameter.opts if name.startswith("--")]
        if long and long[0] not in {"--version", "--help"}:
            assert parameter.envvar == "RECONCILE_" + long[0].removeprefix("--").replace("-", "_").upper()


def test_every_setting_of_the_file_is_an_option() -> None:
    names = {name.removeprefix("--") for parameter in root.params for name in parameter.opts}
    assert set(settings._KEYS) <= names


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.toml"
    large.write_text("#" * 300_000)
    with pytest.raises(SettingsError, match="256 KiB"):
        settings.read(large, must_exist=True)


@pytest.mark.parametrize(("value", "paused"), [("", False), ("0", False), ("no", False), ("1", True), ("later", True)])
def test_which_values_pause(value: str, paused: bool) -> None:
    assert (settings.pause_reason({"RECONCILE_PAUSE": value}) is not None) is paused


def test_a_pause_file_that_cannot_be_looked_at_pauses(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert settings.pause_file_reason(str(tmp_path / "nothing")) is None
    assert settings.pause_file_reason(str(tmp_path / "file")) is not None
    assert "cannot be looked at" in (settings.pause_file_reason(str(tmp_path / "file" / "below")) or "")
