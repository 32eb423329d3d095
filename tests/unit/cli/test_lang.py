"""`--lang`: what a plan and a status say in the language asked for, or in that of the locale."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.catalog import catalog
from tests.unit.cli.commands import BACKUP, ESTATE, Shell

RUN = (*ESTATE, *BACKUP)
TITLE = catalog().row("register-too-many-data-disks").told("zh-TW").remedy.partition("。")[0][:8]


def test_a_plan_speaks_chinese_when_asked(shell: Shell) -> None:
    assert TITLE in shell(*RUN, "--dry-run", "--lang", "zh-TW").out
    assert TITLE not in shell(*RUN, "--dry-run").out


def test_the_locale_decides_unless_told_otherwise(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")
    assert TITLE in shell(*RUN, "--dry-run").out
    assert TITLE not in shell(*RUN, "--dry-run", "--lang", "en").out


def test_json_is_the_same_in_every_locale(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    here = shell(*RUN, "--dry-run", "-o", "json").out
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")
    assert shell(*RUN, "--dry-run", "-o", "json").out == here


def test_the_status_speaks_it_too(shell: Shell) -> None:
    shell(*RUN)
    shell("vault", "set", "web-01", "network.dns=false")
    shell("vault", "advance", "1", "day")
    title = catalog().row("backup-snapshot-timeout").told("zh-TW").title
    assert title in shell("status", *RUN, "--failed", "--lang", "zh-TW").out


def test_explain_speaks_what_was_asked_for_before_it(shell: Shell) -> None:
    title = catalog().row("throttled").told("zh-TW").title
    assert title in shell("--lang", "zh-TW", "explain", "throttled").out
    assert title in shell("explain", "throttled", "--lang", "zh-TW").out
    assert title not in shell("--lang", "zh-TW", "explain", "throttled", "--lang", "en").out
