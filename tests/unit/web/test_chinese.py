"""Every page in Chinese, of a board that has all that there is to say: only names and Azure's words are in English."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from starlette.types import ASGIApp

from reconciler.diagnostics.catalog import catalog
from reconciler.model.board import (
    Board,
    LeaseState,
    PassRecord,
    Problem,
    Rejected,
    Rejection,
    Revision,
    Role,
    SourceState,
    StepResult,
    VaultState,
)
from reconciler.model.outcome import AzureError, Failed, Outcome, Retry, Skipped
from reconciler.web.app import create_app
from reconciler.web.views import VIEWS
from tests.unit.diagnostics.english import english
from tests.unit.planning.making import NOW, machine
from tests.unit.web.asking import ask, daemon_of
from tests.unit.web.boards import WORLD, board_of

QUERIES = {"/policy": "&vault=rsv&name=daily", "/row": "&code=vm-gone"}
PATHS = [f"{view.path}?lang=zh-TW{QUERIES.get(view.path, '')}" for view in VIEWS if view.path != "/vm"]
PATHS += [f"/vm?lang=zh-TW&id={machine(name).key}" for name in ("web-01", "web-03", "web-04")]
PATHS += [f"/plan?lang=zh-TW&show={show}" for show in ("held", "drift")]
AZURES = "It is off and stays so."
ROW = catalog().row("vm-gone")
ENGLISH = frozenset({AZURES, "English", f"{ROW.source}, {ROW.verified}"})
"""What may be marked as English: Azure's words, the other language, and where a row is from."""
OUTCOMES: tuple[Outcome, ...] = (
    Failed("register-vm-not-running", AzureError("AzureVmOffline", AZURES)),
    Failed("policy-invalid", None, "Tried twice, which is all that its rule allows."),
    Retry("throttled", 30, None, "tried once; 2 more tries at most"),
    Skipped("a newer revision is in force"),
)


_CODE = frozenset({"code", "script", "style", "title", "del", "ins"})


class _Reader(HTMLParser):
    """What is read: `said` in the language of the page, `marked` as English; code and values are left out."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.marked: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "input", "br", "path", "rect", "img", "hr"}:
            kind = "english" if ("lang", "en") in attrs else "code" if tag in _CODE else ""
            self._open.append(kind or (self._open[-1] if self._open else ""))

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        kind = self._open[-1] if self._open else ""
        if data.strip() and kind != "code":
            (self.marked if kind == "english" else self.said).append(" ".join(data.split()))


def board() -> Board:
    """Drift, guards, failures, a pause, a closed window and a source in trouble, all at once."""
    documents = {**WORLD["documents"], "Protection web": {"select": {"names": ["web-*"]}, "expect": {"max": 1}}}
    made = board_of({**WORLD, "documents": documents})
    assert made.plan is not None
    steps = [*made.plan.steps, *(held.step for held in made.plan.held)]
    results = (StepResult(step, OUTCOMES[place % len(OUTCOMES)], NOW) for place, step in enumerate(steps))
    vault = VaultState(
        "rsv", failures=2, trouble="Azure did not answer: it did not end within 600 seconds",
        next_due=NOW + timedelta(minutes=5), why="the last pass failed",
    )  # fmt: skip
    problem = Problem("manifest-unknown-key", 'unknown key "dayly" in `retention`', help='did you mean "daily"?')
    how = "push a commit that mends the manifests; what was in force stays in force"
    rejected = Rejected(Revision("c41d07be92aa"), Rejection.INVALID, NOW, (problem,), how)
    return replace(
        made,
        source=SourceState("backup/", rejected=rejected, trouble="the folder cannot be read: Permission denied"),
        lease=LeaseState(Role.STANDBY, "other-host", 7),
        paused="paused by the file /run/pause",
        closed="outside of the change windows; the next one opens on Mon 2026-03-09 22:00 Europe/Amsterdam",
        vaults={"rsv": vault},
        results={one.step.id: one for one in results},
        passes=(PassRecord("rsv", NOW, NOW, "8f3c2a9e", {"done": 3}, vault.trouble),),
    )


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    return create_app(daemon_of(board()))


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_of_ours_is_left_in_english(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    assert answer.status == 200
    reader = _Reader()
    reader.feed(answer.text)
    assert english(reader.said) == []
    assert {text for text in reader.marked if text not in ENGLISH} == set()


async def test_drift_is_told_in_chinese(app: ASGIApp) -> None:
    assert "原則是 weekly，宣告的是 daily" in (await ask(app, "/?lang=zh-TW")).text
    assert "policy is weekly, declared daily" in (await ask(app, "/?lang=en")).text
