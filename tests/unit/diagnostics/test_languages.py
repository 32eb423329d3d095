"""Two languages: which is spoken, and that a row says the same in both."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.catalog import RetryRule, catalog
from reconciler.diagnostics.catalog_words import FACTS, WHO, WHO_ZH
from reconciler.diagnostics.explain_text import LABELS
from reconciler.diagnostics.language import language


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


def test_the_fixed_words_are_complete() -> None:
    assert WHO.keys() == WHO_ZH.keys()
    assert all(len(words) == 2 and all(words) for words in FACTS.values())
    assert LABELS["en"].keys() == LABELS["zh-TW"].keys()
