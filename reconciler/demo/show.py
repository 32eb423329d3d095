"""Puts the demonstration together in a folder that goes away with it."""

from __future__ import annotations

import asyncio
import math
import signal
import time
from collections.abc import Callable, Coroutine
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reconciler import app
from reconciler.demo.story import BREATH, Story
from reconciler.engine.loop.bulletin import Bulletin
from reconciler.engine.loop.loop import Loop
from reconciler.settings import GitSettings, Settings, Watching

SPEED = 30.0
"""Seconds of the embedded vault to each of ours."""
_INTERVAL, _GIT_INTERVAL = 180.0, 60.0
"""Seconds of the vault between two looks at it, and at the repository."""

Say = Callable[[str], None]
End = signal.Signals | None


class _Pace:
    """`seconds` is for how long it runs at most; None for ever."""

    def __init__(self, seconds: float | None, breath: float, speed: float, *, stay: bool) -> None:
        self.seconds, self.breath, self.speed, self.stay = seconds, breath, speed, stay
        self._began = time.monotonic()

    def left(self) -> float:
        """Seconds until the end."""
        return math.inf if self.seconds is None else max(self._began + self.seconds - time.monotonic(), 0.0)


def show(
    listen: str, seconds: float | None, say: Say, *, breath: float = BREATH, speed: float = SPEED, stay: bool = True
) -> End:
    """Run until a signal comes (which it gives), or for so many seconds of ours. SetupError, JournalError.

    `breath` is for how many of them it rests between two chapters, `speed` how fast the vault's clock runs. It ends
    with the story where it is not to `stay`.
    """
    from reconciler.demo.repository import Repository
    from reconciler.watch.serving import Server

    server = Server(listen)
    try:
        with TemporaryDirectory(prefix="reconcile-demo-") as name:
            folder = Path(name)
            with Repository(folder / "backup.git") as repository:
                return _watched(folder, repository, server, say, _Pace(seconds, breath, speed, stay=stay))
    finally:
        server.release()


def _watched(folder: Path, repository: Any, server: Any, say: Say, pace: _Pace) -> End:
    from reconciler.watch import daemon

    file = folder / "vault.db"
    git = GitSettings(str(repository.folder), interval=_GIT_INTERVAL)
    settings = Settings(
        (),
        cloud=f"embedded:{file}",
        max_stops=0,
        watching=Watching(interval=_INTERVAL, git=git),
        estate=str(_estate(folder)),
    )
    place = app.keep_world(app.find_place(settings))
    world = place.world
    if world is None:
        raise RuntimeError("the embedded vault came without its world")

    def beside(bulletin: Bulletin, loop: Loop) -> Coroutine[Any, Any, None]:
        return _played(Story(world, repository, bulletin, loop, say), loop, pace)

    place = daemon.paced(place, pace.speed)
    say(f"An embedded vault, a Git repository and a daemon, all in {folder}\nOpen the page: {server.url}")
    say(f"Meddle, in another terminal:\nreconcile vault portal stop web-01 --cloud embedded:{file}")
    try:
        return asyncio.run(daemon.watch(place, settings, server, lambda _: None, lambda: settings, pace.speed, beside))
    finally:
        daemon.at_rest(place)


async def _played(story: Story, loop: Loop, pace: _Pace) -> None:
    """Tell the story, and then wait; never comes back before the time is up."""
    telling = asyncio.create_task(story.tell(pace.breath))
    try:
        await asyncio.wait({telling}, timeout=pace.seconds)
        if telling.done():
            telling.result()
            if pace.stay:
                await _sleep(pace.left())
        loop.stop("the time is up")
        await asyncio.Event().wait()
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _sleep(seconds: float) -> None:
    if math.isinf(seconds):
        await asyncio.Event().wait()
    await asyncio.sleep(seconds)


def _estate(folder: Path) -> Path:
    file = folder / "estate.yaml"
    file.write_bytes(resources.files("reconciler.demo").joinpath("estate.yaml").read_bytes())
    return file
