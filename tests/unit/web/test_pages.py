"""What the pages show of a small world, as pages and as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from starlette.types import ASGIApp

from reconciler.model.audit import AuditEntry, Chain, Event, Head
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
from reconciler.model.desired import Consistency
from reconciler.model.observed import Job, JobError, VmKey
from reconciler.model.outcome import AzureError, Failed
from reconciler.model.span import Span
from reconciler.model.timeline import Event as Happened
from reconciler.model.timeline import EventKind, Timeline
from reconciler.planning.status import status
from reconciler.web.app import create_app
from reconciler.web.excerpt import excerpt
from reconciler.web.picture import draw, spans
from reconciler.web.views import PATIENCE
from tests.unit.planning.making import NOW, machine
from tests.unit.web.asking import ask, daemon_of
from tests.unit.web.boards import WORLD, board_of

WEB_01, WEB_04 = machine("web-01"), machine("web-04")


def text_of(html: str) -> str:
    """What a reader reads, words separated by single spaces."""
    bare = re.sub(r"<(script|head)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bare)).split())


def with_jobs(board: Board, *jobs: Job) -> Board:
    assert board.observed is not None
    assert board.desired is not None
    vault = replace(board.observed.vaults["rsv"], jobs=jobs)
    seen = replace(board.observed, vaults={"rsv": vault})
    return replace(board, observed=seen, status=status(board.desired, seen))


def job(vm: str, outcome: str, minutes: int, *errors: JobError) -> Job:
    start = NOW - timedelta(minutes=minutes)
    end = None if outcome == "InProgress" else start + timedelta(minutes=5)
    return Job(f"job-{vm}", "Backup", outcome, f"iaasvmcontainerv2;rg-web;{vm}", vm, start, end, errors, "act-1")


def app_of(board: Board, **more: Any) -> ASGIApp:
    return create_app(replace(daemon_of(board), **more))


async def page(path: str, board: Board | None = None, **more: Any) -> str:
    answer = await ask(app_of(board or board_of(), **more), path)
    assert answer.status == 200
    return text_of(answer.text)


async def twin(path: str, board: Board | None = None, **more: Any) -> Any:
    return (await ask(app_of(board or board_of(), **more), path)).json


async def test_overview_counts_what_its_links_list() -> None:
    app = app_of(board_of())
    text = (await ask(app, "/")).text
    figures = re.findall(r'href="(/(?:vms|jobs)\?[^"]*)"><span class="number">([0-9,]+)', text)
    assert len(figures) >= 9
    for link, number in figures:
        listed = (await ask(app, unescape(link).replace("?", ".json?"))).json
        assert listed["total"] == int(number), link


async def test_overview_says_what_it_rests_on() -> None:
    span = Span("backup/web.yaml", 8, 5, 9)
    problem = Problem("manifest-unknown-key", 'unknown key "dayly"', span, 'did you mean "daily"?')
    newer = Revision("c41d07be92aa", author="Kim", subject="Keep less")
    source = SourceState(
        "https://git.example/backup",
        Revision("8f3c2a9e5b7d", author="Dana", subject="Protect web", committed_at=NOW - timedelta(hours=3)),
        NOW - timedelta(hours=2),
        Rejected(newer, Rejection.INVALID, NOW - timedelta(minutes=4), (problem,), "Correct it and push again."),
        NOW - timedelta(minutes=1),
    )
    board = replace(
        board_of(),
        source=source,
        paused="paused by the file /run/pause",
        closed="the window opens at 22:00",
        lease=LeaseState(Role.STANDBY, "other-host", 7),
        vaults={"rsv": VaultState("rsv", failures=2, trouble="503 from Azure", next_due=NOW + timedelta(minutes=5))},
        passes=(PassRecord("rsv", NOW - timedelta(minutes=9), NOW - timedelta(minutes=5), "8f3c2a9e", {"done": 3}),),
    )
    said = await page("/", board)
    for part in (
        "8f3c2a9e Protect web Dana, 3 hours ago",
        "Newer, and not in force: c41d07be Keep less Kim : its manifests do not load, 4 minutes ago",
        'backup/web.yaml:8:5 unknown key "dayly" manifest-unknown-key → did you mean "daily"?',
        "→ Correct it and push again.",
        "paused by the file /run/pause",
        "the window opens at 22:00",
        "This daemon stands by and writes nothing. other-host holds the lease.",
        "503 from Azure",
        "2 passes broke in a row",
        "5 minutes ago rsv 4 minutes 3 done 8f3c2a9e",
    ):
        assert part in said, part


async def test_vms_a_page_at_a_time() -> None:
    world = {"vms": {f"rg-web/web-{n:03}": {} for n in range(120)}, "documents": WORLD["documents"]}
    app = app_of(board_of(world))
    first, last = (await ask(app, "/vms")).text, (await ask(app, "/vms?page=99&sort=name")).text
    assert first.count('<th scope="row">') == 50
    assert text_of(last).count("101–120 of 120") == 2
    assert last.count('<th scope="row">') == 20
    assert 'rel="prev" href="/vms?sort=name&amp;page=2"' in last
    assert (await ask(app, "/vms.json?q=web-11")).json["total"] == 10


async def test_one_vm_and_why() -> None:
    events = (
        Happened(NOW - timedelta(hours=1), EventKind.POINT, vault="rsv", consistency=Consistency.FILE_SYSTEM),
        Happened(NOW - timedelta(hours=26), EventKind.REQUEST, "protect", "rsv", outcome="done", actor="me", number=4),
    )

    async def timeline(vault: str, key: VmKey) -> Timeline:
        assert (vault, key) == ("rsv", WEB_01.key)
        return Timeline(events, ("rsv: one list was cut",))

    texts = {"Protection web.yaml": '{"spec": 1}'}
    said = await page(f"/vm?id={WEB_01.id}", timeline=timeline, manifest=texts.get)
    for part in (
        "rg-web/web-01 verified in the vault rsv",
        "is to be protected in rsv by daily",
        "3 documents were considered",
        "Protection web decides",
        "Protection db priority 5 does not mean it",
        "names is web-01, wanted: db-*",
        'Declared in Protection web.yaml 1 {"spec": 1}',
        "2026-03-02 08:00 Recovery point file-system-consistent",
        "2026-03-01 07:00 Protect done me · entry 4",
        "rsv: one list was cut",
        "running",
    ):
        assert part in said, part


async def test_one_vm_in_trouble_has_row_remedy_and_who() -> None:
    said = await page(f"/vm?id={WEB_04.id}")
    assert "The VM is not running" in said
    assert "→ Start the VM" in said
    assert "Who acts: the owner of the VM" in said
    assert "register-vm-not-running" in said
    assert "Register not registered will fail" in said


async def test_a_history_that_does_not_come_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.web.views.PATIENCE", 0.0)

    async def timeline(_vault: str, _key: VmKey) -> Timeline:
        raise TimeoutError

    assert "no answer within" in await page(f"/vm?id={WEB_01.id}", timeline=timeline)
    assert PATIENCE > 0


async def test_jobs_of_the_day_with_their_rows() -> None:
    error = JobError(400153, "UserErrorGuestAgentStatusUnavailable", "No agent.")
    board = with_jobs(
        board_of(), job("web-01", "Completed", 90), job("web-02", "Failed", 60, error), job("web-03", "InProgress", 5)
    )
    said = await page("/jobs", board)
    assert "failed The snapshot did not finish in time" in said
    assert "Azure UserErrorGuestAgentStatusUnavailable (400153) No agent." in said
    assert "Azure's reference: act-1" in said
    for end, label in (("failed", "web-02"), ("in-progress", "web-03"), ("succeeded", "web-01")):
        listed = (await twin(f"/jobs.json?end={end}", board))["jobs"]
        assert [one["vm"] for one in listed] == [f"rg-web/{label}"]
    assert (await twin("/jobs.json?code=backup-snapshot-timeout", board))["total"] == 1
    assert (await twin("/jobs.json?operation=Restore", board))["total"] == 0
    assert (await twin("/jobs.json?q=WEB-03", board))["total"] == 1


async def test_findings_by_cause_and_what_was_tried_in_vain() -> None:
    board = board_of()
    assert board.plan is not None
    step = next(step for step in board.plan.steps if step.subject.id == WEB_04.id)
    failed = Failed("register-vm-not-running", AzureError("AzureVmOffline", "It is off.", correlation_id="c-9"))
    board = replace(board, results={step.id: StepResult(step, failed, NOW - timedelta(minutes=7))})
    said = await page("/findings", board)
    assert "The VM is not running" in said
    assert (
        "Tried in vain Register failed The VM is not running register-vm-not-running AzureVmOffline It is off." in said
    )
    cause = next(one["cause"] for one in (await twin("/findings.json", board))["findings"] if one["count"] == 1)
    assert (await twin(f"/vms.json?cause={cause}", board))["total"] == 1
    assert (await twin("/vms.json?cause=gone", board))["total"] == 0
    assert "is there no longer" in await page("/vms?cause=gone", board)


async def test_the_plan_with_what_is_held() -> None:
    world = {
        **WORLD,
        "documents": {**WORLD["documents"], "Protection web": {"select": {"names": ["web-*"]}, "expect": {"max": 1}}},
    }
    said = await page("/plan", board_of(world))
    assert "Register held rg-web/web-03" in said
    assert "another number of VMs than expected" in said
    listed = await twin("/plan.json?show=held", board_of(world))
    assert {one["guard"] for one in listed["steps"]} == {"expect", "shorten-retention"}
    drift = await twin("/plan.json?show=drift")
    assert [one["step"]["action"] for one in drift["steps"]] == ["change-policy", "resume"]


async def test_policies_declared_and_not() -> None:
    said = await page("/policies")
    assert "daily rsv · 2 VMs every day at 22:00 UTC 30 days Next: in 13 hours 22:00" in said
    assert "weekly rsv · 1 VM · not declared" in said
    one = await page("/policy?vault=rsv&name=DAILY")
    assert "What it keeps of the last 400 days" in one
    assert "daily 30 2026-01-31 – 2026-03-01" in one
    document = await twin("/policy.json?vault=rsv&name=daily")
    assert len(document["kept"]) == 30
    assert document["kept"][0] == {"day": "2026-01-31", "by": ["daily"], "until": "2026-03-02"}
    assert document["runs"][0]["at"] == "2026-03-02T22:00:00Z"


async def test_the_audit_log_and_its_chain() -> None:
    class Log:
        def audit(self, *, before: int | None = None, limit: int = 100, **_others: object) -> Sequence[AuditEntry]:
            last = (before or 121) - 1
            return [entry(number) for number in range(last, max(last - limit, 0), -1)]

        def head(self) -> Head:
            return Head(120, "sha256:h")

    sound, broken = Chain(Head(120, "h"), NOW), Chain(Head(120, "h"), NOW, 17, "its hash is another")
    said = await page("/audit", audit=Log(), chain=lambda: sound)
    assert "120 entries · chain sound over 120 entries just now" in said
    assert "chain broken at entry 17 its hash is another" in await page("/audit", audit=Log(), chain=lambda: broken)
    assert "chain not checked yet" in await page("/audit", audit=Log())
    assert "No record of writes is kept here" in await page("/audit")
    numbers: list[int] = []
    before: int | None = None
    while before is not None or not numbers:
        found = await twin("/audit.json" + (f"?before={before}" if before else ""), audit=Log())
        numbers += [one["number"] for one in found["audit"]]
        before = found["before"]
    assert numbers == list(range(120, 0, -1))


def entry(number: int) -> AuditEntry:
    return AuditEntry(
        number, NOW, "r", "s", Event.ENDED, "protect", "rsv", WEB_01.label, WEB_01.id, "8f3c", "me", 1, "PUT", "/", "1",
        after={"state": "protected"}, outcome="done",
    )  # fmt: skip


async def test_a_row_of_the_table() -> None:
    said = await page("/row?code=register-vm-not-running")
    assert "The VM is not running register-vm-not-running" in said
    assert "Now error rg-web/web-04 is deallocated." in said
    assert "Nothing is affected by this now." in await page("/row?code=vm-gone")


def test_an_excerpt_stays_within_its_document() -> None:
    text = "a: 1\n---\nb: 2\nc: 3\nd: 4\n---\ne: 5\n"
    found = excerpt(text, Span("f", 4, 1, 2))
    assert found is not None
    assert found.lines == ((3, "b: 2", False), (4, "c: 3", True), (5, "d: 4", False))
    assert excerpt(text, Span("f", 99, 1, 2)) is None
    wide = excerpt("x" * 900, Span("f", 1, 1, 2))
    assert wide is not None
    assert len(wide.lines[0][1]) == 201


async def test_the_picture_has_a_square_a_day() -> None:
    outlook = daemon_of(board_of()).insight
    assert outlook is not None
    found = outlook.outlook(board_of(), "rsv", "daily")
    assert found is not None
    picture = draw(found)
    assert len(picture.squares) == found.days + 1
    assert sum(one.keeper is not None for one in picture.squares) == len(found.kept) == 30
    assert len({(one.x, one.y) for one in picture.squares}) == len(picture.squares)
    assert max(one.x for one in picture.squares) < picture.width
    assert [(str(keeper), number) for keeper, number, _, _ in spans(found)] == [("daily", 30)]
