"""Why a VM is treated as it is, as people and programs read it."""

from __future__ import annotations

from typing import get_args

import pytest

from reconciler.diagnostics.language import Language
from reconciler.diagnostics.trace_json import trace_document
from reconciler.diagnostics.trace_text import condition_words, decision_words, render_trace, verdict_words
from reconciler.model.span import NOWHERE, Span
from reconciler.model.trace import Condition, Considered, Decision, Trace, Verdict

PLACE = Span("web.yaml", 9, 5, 11)
TRACE = Trace(
    key="k",
    label="rg-web/web-01",
    id="/subscriptions/s/web-01",
    vm=None,
    considered=(
        Considered("Protection", "prod", "rsv", PLACE, Verdict.DECIDES, policy="daily", priority=10),
        Considered("Protection", "all", "rsv", PLACE, Verdict.OUTRANKED, rival="Protection prod", priority=0),
        Considered(
            "Protection",
            "db",
            "rsv",
            PLACE,
            Verdict.NOT_MEANT,
            priority=0,
            conditions=(
                Condition("tags.env", "prod", "", holds=False),
                Condition("names", "web-* | db-*", "web-01", holds=True),
                Condition("not", "os: Linux", "os: Linux", holds=False),
                Condition("region", "westeurope", "northeurope", holds=False),
            ),
        ),
        Considered("Retirement", "old", "rsv", PLACE, Verdict.NOT_MEANT),
    ),
    decisions=(Decision("rsv", "protected", "daily", "", PLACE),),
)


def test_what_a_person_reads() -> None:
    assert render_trace(TRACE).plain == (
        "rg-web/web-01\n"
        f"{'  is to be protected in rsv by daily':<68}web.yaml:9:5\n"
        "\n"
        "Documents, what decides first\n"
        f"{'  ✓ Protection prod (priority 10): decides':<68}web.yaml:9:5\n"
        f"{'  · Protection all: outranked by Protection prod':<68}web.yaml:9:5\n"
        f"{'  · Protection db: does not mean it':<68}web.yaml:9:5\n"
        "      tags.env is not set, wanted: prod\n"
        "      left out by `not`: os: Linux\n"
        "      region is northeurope, wanted: westeurope\n"
        f"{'  · Retirement old: does not name it':<68}web.yaml:9:5\n"
    )


def test_in_chinese() -> None:
    page = render_trace(TRACE, language="zh-TW").plain
    assert "應在 rsv 以 daily 保護" in page
    assert "讓位給 Protection prod" in page


def test_a_vm_that_nothing_means() -> None:
    page = render_trace(Trace("k", "rg/vm", "id", None, (), ())).plain
    assert page == "rg/vm\n  There is no Protection, Exemption, Retirement or Pause.\n"


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_words(verdict: Verdict, language: Language) -> None:
    for rival in ("", "Protection x"):
        assert verdict_words(Considered("Protection", "p", "v", NOWHERE, verdict, rival), language)


@pytest.mark.parametrize("language", get_args(Language))
def test_every_decision_has_words(language: Language) -> None:
    ways = [("protected", "daily", ""), ("protected", "", ""), ("stopped", "", "")]
    ways += [("protected", "daily", why) for why in ("exempt", "paused", "contradiction")]
    said = [decision_words(Decision("v", goal, policy, why, NOWHERE), language) for goal, policy, why in ways]
    assert len(set(said)) == len(ways)
    assert condition_words(Condition("os", "Linux", "", holds=False), language)


def test_as_json() -> None:
    document = trace_document(TRACE)
    assert document["decisions"] == [
        {
            "vault": "rsv",
            "goal": "protected",
            "policy": "daily",
            "hands_off": None,
            "source": {"file": "web.yaml", "line": 9, "column": 5},
        }
    ]
    considered = document["considered"]
    assert isinstance(considered, list)
    assert considered[1] == {
        "kind": "Protection",
        "name": "all",
        "vault": "rsv",
        "verdict": "outranked",
        "by": "Protection prod",
        "named": False,
        "policy": None,
        "priority": 0,
        "note": None,
        "conditions": [],
        "source": {"file": "web.yaml", "line": 9, "column": 5},
    }
