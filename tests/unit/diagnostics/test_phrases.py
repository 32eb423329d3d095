"""The page's own sentences in Chinese: what is ours is said, what is somebody else's stays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from reconciler.diagnostics.paper import Paper
from reconciler.diagnostics.phrases import spoken
from reconciler.diagnostics.subject_names import short_ids
from reconciler.diagnostics.text import render_diagnostics
from reconciler.manifests.load import load
from tests.unit.diagnostics.english import english
from tests.unit.planning import worlds


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Findings", "發現項目"),
        ("Vault rsv-1", "保存庫 rsv-1"),
        ("1 to 2", "1 到 2"),
        ("Each is deallocated.", "每一部都已解除配置。"),
        ("rg/web-01 is deallocated.", "rg/web-01 已解除配置。"),
        ("The VM agent 2.7 of each is not ready.", "每一部的 VM 代理程式 2.7 尚未就緒。"),
        ("Unchanged: 4 protected, 1 orphan", "未變更：4 部已保護、1 個無文件的項目"),
        ("Plan: 1 vault to update, 2 VMs to register, 2 to protect", "計畫：更新 1 個保存庫、註冊 2 部 VM、保護 2 個"),
        ("Result: 1 step done, 2 failed · 1 held", "結果：1 個步驟完成、2 個失敗 · 1 個遭保留"),
        ("Next  daily (2 VMs): Mon 22:00 UTC ± 1 hour", "下次  daily（2 部 VM）：週一 22:00 UTC ± 1 小時"),
        ("correlation id c-1 and 10 more (--full shows all)", "相互關聯識別碼 c-1，另有 10 個（--full 顯示全部）"),
    ],
)
def test_a_phrase(english: str, chinese: str) -> None:
    assert spoken(english, "zh-TW") == chinese
    assert spoken(english, "en") == english


@pytest.mark.parametrize(
    "text", ["rsv-1", "Something else failed.", "the virtual machine is not running", "", "→ 啟動 VM"]
)
def test_what_is_no_phrase_stays(text: str) -> None:
    assert spoken(text, "zh-TW") == text


FINDINGS: list[str] = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "findings.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("message", FINDINGS)
def test_what_the_planner_says_is_said_in_chinese(message: str) -> None:
    told = spoken(message, "zh-TW")
    assert told != message
    assert english([told]) == []


@pytest.mark.parametrize("name", worlds.WORLDS)
def test_whatever_a_plan_of_the_cases_says_is_said_in_chinese(name: str) -> None:
    made = worlds.plan_of(worlds.WORLDS[name])
    texts = [held.how for held in made.held] + [short_ids(finding.message) for finding in made.findings]
    left = [text for text in texts if text and spoken(text, "zh-TW") == text]
    assert left == []
    assert english(spoken(text, "zh-TW") for text in texts) == []


MANIFESTS = sorted((Path(__file__).parents[2] / "cases" / "manifests").glob("*.yaml"))
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_what_is_wrong_with_a_manifest_is_said_in_chinese(path: Path) -> None:
    for one in load([path], today=TODAY).diagnostics:
        for text in (one.message, *one.help.split("\n"), *(note.text for note in one.notes)):
            told = spoken(text, "zh-TW")
            assert told != text or not text
            assert english([told]) == []


def test_the_page_of_mistakes_is_in_chinese_too() -> None:
    loaded = load(MANIFESTS, today=TODAY)
    page = render_diagnostics(loaded.diagnostics, loaded.sources, language="zh-TW").plain.splitlines()
    assert english(line for line in page if "-->" not in line) == []
    assert page[-1].endswith("；沒有送出任何要求到 Azure")


def test_foreign_words_stay_even_where_they_are_a_phrase() -> None:
    page = Paper(80, "zh-TW")
    page.line("The VM agent 2 of web is not ready.", foreign=True)
    assert page.plain == "The VM agent 2 of web is not ready.\n"


def test_chinese_is_wrapped_between_its_characters_but_not_before_a_closing_mark() -> None:
    page = Paper(40, "zh-TW")
    page.line("確認虛擬網路的 DNS 能解析 Azure 的名稱，並確認從客體能連到 168.63.129.16。", hang=0)
    assert page.plain.splitlines() == ["確認虛擬網路的 DNS 能解析 Azure 的名稱，", "並確認從客體能連到 168.63.129.16。"]
