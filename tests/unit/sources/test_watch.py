"""File events: rung through when they matter, whatever becomes of the folder, and without the system's help too."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from watchfiles import Change

from reconciler.sources.bell import Bell
from reconciler.sources.watch import watch
from tests.unit.sources.folders import VAULT, Clock, put, remove, source

Events = set[tuple[Change, str]]


class EndOfScriptError(Exception):
    """Nothing more happens: the test is over."""


class Script:
    """Stands for `watchfiles.awatch`: each opening plays one list of what happens; `given` is what it was asked."""

    def __init__(self, *openings: list[Events | Callable[[], object] | Exception]) -> None:
        self._openings = iter(openings)
        self.given: list[dict[str, Any]] = []

    async def __call__(self, *paths: Path | str, **given: Any) -> AsyncIterator[Events]:
        self.given.append({"paths": [str(path) for path in paths], **given})
        for happening in next(self._openings, [EndOfScriptError()]):
            if isinstance(happening, Exception):
                raise happening
            if callable(happening):
                happening()
                yield set()
            else:
                yield happening


async def rings(script: Script, *paths: Path, clock: Clock | None = None) -> int:
    """How often it rang until the script ended."""
    count = 0

    def ring() -> None:
        nonlocal count
        count += 1

    with pytest.raises(EndOfScriptError):
        await watch(paths, clock or Clock(), ring, awatch=script)
    return count


def written(folder: Path, name: str = "a.yaml") -> Events:
    return {(Change.modified, str(folder / name))}


async def test_events_ring_and_quiet_does_not(tmp_path: Path) -> None:
    script = Script([written(tmp_path), set(), written(tmp_path), set(), EndOfScriptError()])
    assert await rings(script, tmp_path) == 2
    assert script.given[0]["paths"] == [str(tmp_path)]
    assert script.given[0]["force_polling"] is None


async def test_a_folder_that_is_replaced_is_watched_anew(tmp_path: Path) -> None:
    folder, other = tmp_path / "backup", tmp_path / "new"
    put(folder)
    put(other)

    def swap() -> None:
        folder.rename(tmp_path / "old")
        other.rename(folder)

    script = Script([swap], [written(folder)], [EndOfScriptError()])
    assert await rings(script, folder) == 2
    assert len(script.given) == 3


async def test_a_symbolic_link_that_is_turned_is_a_replaced_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        put(tmp_path / name)
    link = tmp_path / "current"
    link.symlink_to("one")

    def turn() -> None:
        new = tmp_path / "next"
        new.symlink_to("two")
        new.rename(link)

    assert await rings(Script([turn], [EndOfScriptError()]), link) == 1


async def test_a_folder_that_vanishes_and_returns(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    put(folder)
    waits = [lambda: None, lambda: None, lambda: put(folder, a=VAULT % "one")]
    clock = Clock(waits)
    script = Script([lambda: remove(folder)], [EndOfScriptError()])
    assert await rings(script, folder, clock=clock) == 2
    assert len(script.given) == 2


async def test_one_of_two_paths_is_missing(tmp_path: Path) -> None:
    put(tmp_path / "there")
    script = Script([lambda: put(tmp_path / "missing")], [EndOfScriptError()])
    assert await rings(script, tmp_path / "there", tmp_path / "missing") == 1
    assert [len(given["paths"]) for given in script.given] == [1, 2]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "OS file watch limit reached"), RuntimeError("too many open files")]
)
async def test_without_events_of_the_system_the_files_are_polled(tmp_path: Path, error: Exception) -> None:
    script = Script([error], [written(tmp_path), EndOfScriptError()])
    with capture_logs() as logs:
        assert await rings(script, tmp_path) == 1
    assert [given["force_polling"] for given in script.given] == [None, True]
    assert [entry["event"] for entry in logs] == ["file events not available"]


async def test_a_path_that_goes_while_the_watch_begins(tmp_path: Path) -> None:
    script = Script([FileNotFoundError()], [written(tmp_path), EndOfScriptError()])
    assert await rings(script, tmp_path) == 1
    assert [given["force_polling"] for given in script.given] == [None, None]


async def test_what_is_hidden_does_not_count(tmp_path: Path) -> None:
    script = Script([EndOfScriptError()])
    await rings(script, tmp_path / ".." / tmp_path.name)
    counts = script.given[0]["watch_filter"]
    kept = {
        "a.yaml": True,
        "sub/b.yml": True,
        "sub": True,
        "..data": True,
        "..2027_01_15/a.yaml": True,
        ".git/index.lock": False,
        "sub/.a.yaml.swp": False,
        ".reconcile/journal.db-wal": False,
    }
    assert {name: counts(Change.modified, str(tmp_path / name)) for name in kept} == kept


async def test_a_storm_is_one_ring_for_who_is_busy() -> None:
    bell = Bell()
    async with aclosing(bell.rings()) as heard:
        for _ in range(10_000):
            bell.ring()
        await anext(heard)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await anext(heard)


async def test_a_ringer_that_breaks_is_not_passed_over() -> None:
    async def broken(_ring: Callable[[], None]) -> None:
        raise EndOfScriptError

    with pytest.raises(EndOfScriptError):
        await anext(aiter(Bell().rings(broken)))


async def test_waking_ends_the_wait(tmp_path: Path) -> None:
    put(tmp_path / "backup", a=VAULT % "one")
    follows = source(tmp_path / "backup")
    async with aclosing(follows.changes()) as changes:
        follows.wake()
        async with asyncio.timeout(30):
            await anext(changes)


async def test_a_real_file_that_is_written_is_heard_of(tmp_path: Path) -> None:
    """With the system's own events; the loop of writes is there because nothing says when the watch has begun."""
    folder = tmp_path / "backup"
    put(folder, a=VAULT % "one")
    follows = source(folder)
    async with aclosing(follows.changes()) as changes, asyncio.timeout(60):
        heard = asyncio.ensure_future(anext(changes))
        while not heard.done():
            put(folder, a=VAULT % "two")
            await asyncio.wait([heard], timeout=0.5)
        assert heard.result() is None
