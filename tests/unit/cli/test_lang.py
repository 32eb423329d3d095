"""`--lang`: what a plan and a status say in the language asked for, or in that of the locale."""

from __future__ import annotations

import re

import pytest

from reconciler.diagnostics.catalog import catalog
from tests.unit.cli.commands import BACKUP, ESTATE, EXAMPLES, Ended, Shell
from tests.unit.diagnostics.english import english

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


HERE = ("--cloud", "embedded", *BACKUP)
CONTOSO = (
    "--cloud",
    "embedded",
    "--estate",
    str(EXAMPLES / "contoso" / "estate.yaml"),
    "-f",
    str(EXAMPLES / "contoso" / "backup"),
)


@pytest.fixture
def chinese(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """All that is printed is in Chinese; no terminal is too narrow for it."""
    monkeypatch.setenv("LC_ALL", "zh_TW.UTF-8")
    return shell


_KEPT = re.compile(r"^ +\w+: .* → |\(api-version")


def lines(ended: Ended) -> list[str]:
    """All but the rules of policies, which are in the words of the YAML, and paths of Azure."""
    return [line for line in (*ended.out.splitlines(), *ended.err.splitlines()) if not _KEPT.search(line)]


def test_no_line_of_a_run_is_left_in_english(chinese: Shell) -> None:
    """A plan, a run, drift and failures of backups, guards, a kept plan, status, log and explanations."""
    written = lines(chinese(*RUN, "--dry-run", "--out", "plan.json")) + lines(chinese(*RUN))
    for done in (
        ("advance", "26", "hours"),
        ("portal", "change-policy", "web-02", "DefaultPolicy"),
        ("set", "web-03", "network.dns=false"),
        ("set", "web-01", "power=deallocated"),
        ("advance", "1", "day"),
    ):
        assert chinese("vault", *done).code == 0
    for words in (
        (*HERE, "--max-writes", "0"),
        (*HERE, "--dry-run", "--full", "--fail-on", "predicted", "--fail-on", "warning"),
        (*HERE, "--plan", "plan.json"),
        (*RUN,),
        ("status", *HERE),
        ("status", *HERE, "--jobs", "--full"),
        ("status", *HERE, "--failed"),
        ("status", *HERE, "--vm", "web-01", "--vm", "web-03"),
        ("log", "--cloud", "embedded", "--limit", "8"),
        ("log", "--cloud", "embedded", "--full", "--vm", "web-01"),
        ("explain", *HERE, "web-02"),
        ("validate", *BACKUP),
    ):
        written += lines(chinese(*words))
    assert english(written) == []


def test_no_line_about_a_large_estate_is_left_in_english(chinese: Shell) -> None:
    written = lines(chinese(*CONTOSO, "--dry-run", "--full")) + lines(chinese(*CONTOSO, "-v", "--log-level", "error"))
    written += lines(chinese("status", *CONTOSO, "--jobs"))
    assert english(written) == []


def test_english_would_be_found(shell: Shell) -> None:
    """The test of the tests: most lines of the same commands in English are told from Chinese."""
    written = lines(shell(*RUN, "--dry-run"))
    assert len(english(written)) > len(written) // 3
