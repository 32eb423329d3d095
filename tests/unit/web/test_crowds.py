"""Many readers at once: so many wait, the rest is sent away, and nobody takes the threads of the loop."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

from reconciler.model.board import Board
from reconciler.model.observed import VmKey
from reconciler.model.outlook import Outlook
from reconciler.model.timeline import Timeline
from reconciler.model.trace import Trace
from reconciler.web.answers import THREADS, WAITING
from reconciler.web.app import create_app
from tests.unit.planning.making import machine
from tests.unit.web.asking import ask, daemon_of
from tests.unit.web.boards import board_of

VM = f"/vm?id={machine('web-01').key}"


async def test_more_than_may_wait_are_sent_away() -> None:
    """While the histories of as many VMs as may be looked at are awaited, one more is refused; then all is well."""
    gate = asyncio.Event()

    async def timeline(_vault: str, _key: VmKey) -> Timeline:
        await gate.wait()
        return Timeline()

    app = create_app(replace(daemon_of(board_of()), timeline=timeline))
    waiting = [asyncio.create_task(ask(app, VM)) for _ in range(WAITING)]
    await asyncio.sleep(0)
    refused = await ask(app, "/")
    assert refused.status == 503
    assert "Too many requests at once" in refused.text
    gate.set()
    assert {answer.status for answer in await asyncio.gather(*waiting)} == {200}
    assert (await ask(app, VM)).status == 200


async def test_pages_are_made_in_threads_of_their_own_and_few_at_once() -> None:
    seen: set[str] = set()
    busy: list[int] = []
    lock = threading.Lock()

    class Watched:
        def trace(self, _board: Board, _key: VmKey) -> Trace | None:
            with lock:
                seen.add(threading.current_thread().name)
                busy.append(1)
                assert len(busy) <= THREADS
            with lock:
                busy.pop()
            return None

        def outlook(self, _board: Board, _vault: str, _policy: str) -> Outlook | None:
            return None

    app = create_app(replace(daemon_of(board_of()), insight=Watched()))
    answers = await asyncio.gather(*(ask(app, VM) for _ in range(WAITING)))
    assert {answer.status for answer in answers} == {200}
    assert threading.current_thread().name not in seen
