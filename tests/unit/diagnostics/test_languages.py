"""Two languages: which is spoken, and that a row says the same in both."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.catalog import RetryRule, catalog
from reconciler.diagnostics.catalog_words import FACTS, WHO, WHO_ZH
from reconciler.diagnostics.explain_text import LABELS
from reconciler.diagnostics.finding_words import who_acts
from reconciler.diagnostics.language import language
from reconciler.model.outcome import Failed, Retry


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-TW"),
        ({"LANG": "zh_TW.UTF-8@stroke"}, "zh-TW"),
        ({"LANG": "zh-Hant-TW"}, "zh-TW"),
        ({"LANG": "zh_HK.Big5-HKSCS"}, "zh-TW"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW.UTF-8", "LANG": "en_US.UTF-8"}, "zh-TW"),
        ({"LC_MESSAGES": "C", "LANG": "zh_TW.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LC_MESSAGES": "zh_TW.UTF-8"}, "en"),
        ({"LC_CTYPE": "zh_TW.UTF-8"}, "en"),
    ],
)  # fmt: skip
def test_the_locale_decides(environment: dict[str, str], spoken: str) -> None:
    assert language(environment) == spoken


def test_a_row_is_told_in_both_languages() -> None:
    row = catalog().row("register-vm-not-running")
    assert row.told("en").title == row.title == "The VM is not running"
    assert row.told("zh-TW").title == "VM 沒有執行"
    assert "ifStopped: Start" in row.told("zh-TW").remedy


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (RetryRule("never"), "不會自行重試"),
        (RetryRule("wait"), "執行中的作業結束之後"),
        (RetryRule("after", minutes=15, times=3), "15 分鐘後，最多 3 次"),
        (RetryRule("after", minutes=1440, times=1), "24 小時後，最多 1 次"),
        (RetryRule("changed", fact="power"), "這項事實改變時：VM 的電源狀態"),
    ],
)
def test_a_retry_rule_in_chinese(rule: RetryRule, words: str) -> None:
    assert rule.told("zh-TW") == words


@pytest.mark.parametrize(
    ("row", "outcome", "english", "chinese"),
    [
        ("register-vm-not-running", Failed("register-vm-not-running"),
         "Who acts: the owner of the VM. Tried again once this changes: power.",
         "由誰處理：VM 的擁有者。這項改變後重試：VM 的電源狀態。"),
        ("backup-item-busy", Failed("backup-item-busy"),
         "Who acts: nobody. Tried again after the running operation has ended.",
         "由誰處理：不需要任何人。重試：執行中的作業結束之後。"),
        ("policy-invalid", Failed("policy-invalid"),
         "Who acts: the author of the YAML. Not tried again by itself.",
         "由誰處理：YAML 的作者。不會自行重試。"),
        ("throttled", Retry("throttled", 30),
         "Who acts: Azure: it passes by itself. Tried again in 30 s at the earliest",
         "由誰處理：Azure：會自行恢復。最早在 30 秒之後重試"),
    ],
)  # fmt: skip
def test_who_acts_and_when_it_is_tried_again(row: str, outcome: Failed | Retry, english: str, chinese: str) -> None:
    assert who_acts(catalog().row(row), outcome, "en").startswith(english)
    assert who_acts(catalog().row(row), outcome, "zh-TW").startswith(chinese)


def test_the_fixed_words_are_complete() -> None:
    assert WHO.keys() == WHO_ZH.keys()
    assert all(len(words) == 2 and all(words) for words in FACTS.values())
    assert LABELS["en"].keys() == LABELS["zh-TW"].keys()
