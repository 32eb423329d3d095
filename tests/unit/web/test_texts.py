"""Both languages say everything, with the same places, and nothing that is not used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from starlette.types import ASGIApp

import reconciler.web
from reconciler.actions import ACTIONS
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.language import Language
from reconciler.model.board import Rejection, Role
from reconciler.model.desired import Consistency
from reconciler.model.observed import Power
from reconciler.model.plan import Basis, RecoveryPoints, Severity
from reconciler.model.state import State
from reconciler.model.status import JobEnd
from reconciler.web.app import create_app
from reconciler.web.index import WORDS
from reconciler.web.texts import Text, accepted, language_of, say, texts
from tests.unit.planning import worlds
from tests.unit.web.asking import ask, daemon_of
from tests.unit.web.boards import board_of

LANGUAGES: tuple[Language, ...] = get_args(Language)
WEB = Path(reconciler.web.__file__).parent
SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted(WEB.rglob("*")) if path.suffix in {".html", ".py"}
)
EN, ZH = texts("en"), texts("zh-TW")
SIMPLIFIED = re.compile(r"[这个们为实际发务备义应该场变区长开关从样库错误认证权进对无过还]")
USED = set(re.findall(r"""(?<![\w-])['"]([a-z]+(?:-[a-z]+)*\.[A-Za-z0-9-]+)['"]""", SOURCES))
GROUPS = set(re.findall(r"""word\('([a-z-]+)'""", SOURCES)) | set(
    re.findall(r"""t\('([a-z-]+)\.(?:[a-z]+-)?' ~""", SOURCES)
)


def _forms(text: Text) -> Iterator[str]:
    yield from (text,) if isinstance(text, str) else text.values()


def _places(text: Text) -> set[str]:
    return {name for form in _forms(text) for _, name, _, _ in Formatter().parse(form) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert list(EN) == list(ZH)


@pytest.mark.parametrize("key", EN)
def test_a_text_says_the_same_in_both(key: str) -> None:
    assert _places(EN[key]) == _places(ZH[key])
    for text in (*_forms(EN[key]), *_forms(ZH[key])):
        assert text == text.strip() or key == "rule.comma"
        assert text
    assert not SIMPLIFIED.search("".join(_forms(ZH[key])))


def test_every_key_that_is_used_is_there() -> None:
    known = {key.partition(".")[0] for key in EN}
    asked = {key for key in USED if key.partition(".")[0] in known and not key.endswith((".html", "-"))}
    assert asked - set(EN) == set()


def test_every_key_that_is_there_is_used() -> None:
    assert {key for key in EN if key not in USED and key.partition(".")[0] not in GROUPS} == set()


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("word", WORDS),
        ("meaning", WORDS),
        ("end", tuple(JobEnd)),
        ("severity", tuple(Severity)),
        ("basis", tuple(Basis)),
        ("role", tuple(Role)),
        ("rejection", tuple(Rejection)),
        ("action", tuple(ACTIONS)),
        ("points", tuple(RecoveryPoints)),
        ("consistency", tuple(Consistency)),
        ("power", tuple(Power)),
        ("standing", tuple(State)),
    ],
)
def test_every_value_of_ours_has_a_word(group: str, values: tuple[str, ...]) -> None:
    assert {f"{group}.{value}" for value in values} - set(EN) == set()


@pytest.mark.parametrize("name", worlds.WORLDS)
def test_every_word_of_a_plan_can_be_said(name: str) -> None:
    """In every world of the planner's cases: why something is done, held or left alone."""
    made = worlds.plan_of(worlds.WORLDS[name])
    steps = (*made.steps, *(held.step for held in made.held))
    said = {("quiet", one.because) for one in made.quiet} | {("guard", held.guard) for held in made.held}
    said |= {("reason", step.reason) for step in steps} | {("risk", step.risk.word) for step in steps}
    known = {f"{group}.{word}" for group, word in said if word not in catalog().rows}
    assert known - set(EN) <= {"risk.safe"}


def test_one_and_many() -> None:
    assert say("en", "policies.vms", n=1) == "1 VM"
    assert say("en", "policies.vms", n=2) == "2 VMs"
    assert say("zh-TW", "policies.vms", n=1) == "1 部 VM"
    with pytest.raises(KeyError):
        say("en", "no.such")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("zh-TW", "zh-TW"),
        ("zh-Hant-HK,zh;q=0.9", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-CN,zh;q=0.9", "en"),
        ("de,zh-TW;q=0.5,en;q=0.4", "zh-TW"),
        ("de,zh-TW;q=0.4,en;q=0.5", "en"),
        ("zh-TW;q=0", "en"),
        ("zh-TW;q=x,en", "en"),
        ("zh-TW;q=nan", "en"),
        ("zh-TW;q=9,en;q=0.1", "en"),
        ("*", "en"),
        (",,;;q=,zh-TW", "zh-TW"),
    ],
)
def test_the_language_of_a_browser(header: str, expected: Language) -> None:
    assert accepted(header) == expected


def test_a_language_asked_for_by_name_wins() -> None:
    assert language_of("zh-tw", "en") == "zh-TW"
    assert language_of("en", "zh-TW") == "en"
    assert language_of("fr", "zh-TW") == "zh-TW"


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    return create_app(daemon_of(board_of()))


async def test_the_language_goes_along(app: ASGIApp) -> None:
    by_header = await ask(app, "/", ("accept-language", "zh-TW"))
    assert '<html lang="zh-TW">' in by_header.text
    assert 'href="/vms"' in by_header.text
    by_name = await ask(app, "/?lang=zh-TW")
    assert '<html lang="zh-TW">' in by_name.text
    assert 'href="/vms?lang=zh-TW"' in by_name.text
    assert "虛擬機器" in (await ask(app, "/nope?lang=zh-TW")).text + by_name.text


async def test_what_was_seen_is_said_in_the_language_of_the_page_and_marked_as_such(app: ASGIApp) -> None:
    chinese, english = (await ask(app, "/findings?lang=zh-TW")).text, (await ask(app, "/findings?lang=en")).text
    assert '<p class="said"><span lang="zh-TW">' in chinese
    assert '<span lang="zh-TW"' not in english
