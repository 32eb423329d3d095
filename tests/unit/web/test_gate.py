"""Only reads are answered, and every answer forbids what a page could be abused for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from starlette.types import ASGIApp

from reconciler.model.audit import AuditEntry, Event, Head
from reconciler.model.observed import VmKey
from reconciler.model.timeline import Timeline
from reconciler.web.app import create_app
from reconciler.web.gate import HEADERS
from reconciler.web.ports import Daemon
from reconciler.web.views import VIEWS
from tests.unit.planning.making import NOW, machine
from tests.unit.web.asking import Answer, ask, daemon_of
from tests.unit.web.boards import board_of

CANARY = "canary-5f1d-secret"
VM = machine("web-01")
QUERIES = {"/vm": f"?id={VM.key}", "/policy": "?vault=rsv&name=daily", "/row": "?code=vm-gone"}
PAGES = [view.path + QUERIES.get(view.path, "") for view in VIEWS]
TWINS = [view.json_path + QUERIES.get(view.path, "") for view in VIEWS]
OTHERS = ["/static/page.css", "/static/page.js", "/static/icon.svg", "/favicon.ico", "/stale/30.css"]
NOWHERE = ["/nope", "/nope.json", "/static/nope", "/static/", "/stale/x.css", "/vm?id=nobody", "/vms?page=x"]
EVERY = [*PAGES, *TWINS, *OTHERS]


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    return create_app(daemon_of(board_of()))


@pytest.mark.parametrize("path", EVERY)
async def test_it_is_there(app: ASGIApp, path: str) -> None:
    assert (await ask(app, path)).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"])
@pytest.mark.parametrize("path", [*EVERY, "/live", *NOWHERE])
async def test_nothing_but_reads(app: ASGIApp, path: str, method: str) -> None:
    answer = await ask(app, path, method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [*EVERY, *NOWHERE])
async def test_every_answer_has_every_header(app: ASGIApp, path: str) -> None:
    answers = [
        await ask(app, path),
        await ask(app, path, method="HEAD"),
        await ask(app, path, method="POST"),
        await ask(app, path, ("host", "evil.example")),
    ]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_the_policy_allows_nothing_inline() -> None:
    policy = HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert not [word for word in ("unsafe-inline", "unsafe-eval", "*", "http:", "https:", "data:") if word in policy]


@pytest.mark.parametrize("path", PAGES)
async def test_nothing_is_inline(app: ASGIApp, path: str) -> None:
    text = (await ask(app, path)).text
    assert text.count("<script") == text.count('<script src="/static/page.js" defer></script>') == 1
    assert "<style" not in text
    assert " style=" not in text
    assert "javascript:" not in text


async def test_a_fault_of_ours_is_one_sentence_with_every_header() -> None:
    class Broken:
        def trace(self, *_words: object) -> None:
            raise RuntimeError(CANARY)

        outlook = trace

    app = create_app(replace(daemon_of(board_of()), insight=Broken()))
    for path in (PAGES[2], TWINS[2]):
        answer = await ask(app, path)
        assert answer.status == 500
        assert CANARY not in answer.text
        assert "Traceback" not in answer.text
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/....//page.css",
        "/static//etc/passwd",
        "/static/page.css/../../app.py",
        "/static/\x00page.css",
        "/static/PAGE.CSS",
        "/stale/-1.css",
        "/stale/../static/page.css",
        "//evil.example/",
        "/vms/../../etc/passwd",
    ],
)
async def test_no_path_leads_out(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    assert answer.status == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("target", ["/vms?q=" + "x" * 9000, "/" + "x" * 9000])
async def test_an_endless_address_is_refused(app: ASGIApp, target: str) -> None:
    assert (await ask(app, target)).status == 414


@pytest.mark.parametrize(
    "query", ["page=x", "page=-1", "page=1e3", "page=٣", "sort=x", "order=x", "state=x", "q=" + "x" * 501, "q=a%00b"]
)
async def test_a_value_that_nobody_typed_is_refused_in_one_shape(app: ASGIApp, query: str) -> None:
    answer = await ask(app, f"/vms.json?{query.replace('٣', '%D9%A3')}")
    assert answer.status == 400
    assert list(answer.json) == ["error"]
    assert list(answer.json["error"]) == ["status", "code", "message"]
    assert answer.json["error"]["code"] == "query"


@pytest.mark.parametrize("path", ["/nope.json", "/vm.json?id=x", "/policy.json?vault=rsv&name=x", "/row.json?code=x"])
async def test_what_is_not_there_has_the_same_shape(app: ASGIApp, path: str) -> None:
    answer = await ask(app, path)
    assert answer.status == 404
    assert list(answer.json["error"]) == ["status", "code", "message"]


async def _all(daemon: Daemon) -> list[Answer]:
    app = create_app(daemon)
    return [await ask(app, path) for path in EVERY]


async def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one of the surroundings, nor the body of a request in the audit log, nor a file that no span names."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", CANARY)
    asked: list[str] = []

    class Log:
        def audit(self, **_wanted: object) -> Sequence[AuditEntry]:
            entry = AuditEntry(
                1, NOW, "r", "s", Event.ENDED, "protect", "rsv", VM.label, VM.id, None, "me", 1, "PUT", "/", "1"
            )
            return [replace(entry, body=CANARY)]

        def head(self) -> Head:
            return Head(1, "sha256:x")

    def manifest(file: str) -> str:
        asked.append(file)
        return "spec:\n" * 20

    async def timeline(_vault: str, _key: VmKey) -> Timeline:
        return Timeline()

    daemon = replace(daemon_of(board_of()), audit=Log(), manifest=manifest, timeline=timeline)
    assert [answer.text for answer in await _all(daemon) if CANARY in answer.text] == []
    assert set(asked) == {"Protection web.yaml"}
