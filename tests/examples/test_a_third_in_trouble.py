"""Contoso on its worst day: 67 of its 200 machines in trouble. The page says what to do, in both languages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

CONTOSO = Path(__file__).parents[2] / "examples" / "contoso"
EXPECTED = Path(__file__).parent / "expected"
TROUBLE: dict[str, tuple[int, dict[str, Any]]] = {
    "shop-web-{n:02}": (24, {"power": "deallocated"}),
    "shop-api-{n:02}": (12, {"agent": {"status": "notReady"}}),
    "shop-sql-{n:02}": (6, {"dataDisks": 40}),
    "erp-app-{n:02}": (14, {"agent": {"present": False}}),
    "erp-sql-{n:02}": (8, {"provisioningState": "Failed"}),
    "file-{n:02}": (3, {"power": "stopped"}),
}
"""By series: how many of the last ones, and what is wrong with each."""
_ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b")


def _machines(estate: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for machine in estate["virtualMachines"]:
        number, wrong = TROUBLE.get(machine["name"], (0, {}))
        count = machine.pop("count", 1)
        for n in range(1, count + 1):
            yield machine | {"name": machine["name"].format(n=n)} | (wrong if n > count - number else {})


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    made = yaml.safe_load((CONTOSO / "estate.yaml").read_text(encoding="utf-8"))
    made["virtualMachines"] = list(_machines(made))
    path = tmp_path / "estate.yaml"
    path.write_text(json.dumps(made, default=lambda moment: moment.isoformat()), encoding="utf-8")
    return path


def _run(estate: Path, *words: str, code: int) -> str:
    where = ("--cloud", "embedded", "--estate", str(estate), "-f", str(CONTOSO / "backup"))
    command = [sys.executable, "-m", "reconciler", *where, *words]
    done = subprocess.run(command, cwd=estate.parent, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_trouble_is_a_third() -> None:
    assert sum(number for number, _ in TROUBLE.values()) == 67


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_the_end_of_the_page_says_what_to_do(estate: Path, language: str) -> None:
    """It is what stands on the screen when an apply has ended: causes with most machines first, and how to go on."""
    page = _run(estate, "--lang", language, code=4)
    end = page[page.index({"en": "Coverage: ", "zh-TW": "涵蓋範圍："}[language]) :]
    assert len(end.splitlines()) < 30
    assert end == (EXPECTED / f"third-in-trouble.{language}.txt").read_text(encoding="utf-8")


def test_a_dry_run_counts_what_would_fail(estate: Path) -> None:
    page = _run(estate, "--dry-run", code=3)
    assert "(67 of them would fail)" in " ".join(page.split())
    found = re.findall(r"^  error    .*: (\d+) VMs", page, re.MULTILINE)
    assert found == ["26", "14", "13", "8", "6"]


def test_the_page_in_chinese_has_no_english_of_ours(estate: Path) -> None:
    for words, code in ((("--dry-run",), 3), ((), 4)):
        page = _run(estate, "--lang", "zh-TW", *words, code=code)
        ours = re.sub(r"Azure: .*?(?=相互關聯識別碼)|`[^`]*`|reconcile explain \S+", "", page, flags=re.DOTALL)
        assert _ENGLISH.findall(ours) == []
