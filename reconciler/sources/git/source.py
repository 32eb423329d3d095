"""A branch of a Git repository as a source of manifests: looked at every so often, and when somebody rings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random

import structlog

from reconciler.clocks import Clock
from reconciler.model.board import Declared, Rejection
from reconciler.sources.bell import Bell
from reconciler.sources.git.branch import Branch, Candidate, Followed, Refusal
from reconciler.sources.git.mirror import Limits
from reconciler.sources.git.trouble import told
from reconciler.sources.git.wire import bounded
from reconciler.sources.in_force import STAYS, InForce, Load, Loaded, is_empty, problems

_JITTER = 0.1
_PATIENCE = 300.0
"""Seconds that one look may take."""

log = structlog.get_logger(__name__)


class GitSource:
    """As `engine.ports.Source`. What does not load, is not signed or was set back leaves the last good one in force.

    `state` is a folder of this machine; below it each repository and branch has a private one of its own. `interval`
    and `patience` are seconds. The commit in force is put in force again after a restart, before the remote is asked.
    """

    def __init__(
        self,
        followed: Followed,
        state: Path,
        clock: Clock,
        *,
        load: Load,
        random: Random,
        interval: float = 60.0,
        patience: float = _PATIENCE,
        limits: Limits | None = None,
    ) -> None:
        self._clock = clock
        self._load = load
        self._random = random
        self._interval = interval
        self._patience = patience
        self._limits = limits or Limits()
        self._branch = Branch(followed, state / folder_name(followed), self._limits)
        self._bell = Bell()
        self._busy = asyncio.Lock()
        self._restored = False
        self._seen: tuple[str | None, Refusal | None, date] | None = None
        """The commit that was judged last, why it was not loaded, and on which day."""
        name = followed.branch.removeprefix(b"refs/heads/").decode("ascii")
        where = "/".join(followed.folder)
        self._in_force = InForce(f"{followed.address.title} ({name}{f', {where}' if where else ''})")

    async def look(self) -> Declared:
        async with self._busy:
            try:
                if not self._restored:
                    await self._restore()
                newest = partial(self._branch.newest, known=self._known())
                candidate = await bounded(newest, self._patience, 2 * self._limits.pack)
                await self._judge(candidate)
            except Exception as error:
                trouble = told(error)
                log.warning(
                    "source not readable",
                    source=self._in_force.title,
                    reason=str(trouble),
                    code=trouble.code,
                    error=type(error).__name__,
                )
                self._in_force.trouble(f"{trouble}; {STAYS}", trouble.code)
            return self._in_force.declared()

    def changes(self) -> AsyncGenerator[None, None]:
        return self._bell.rings(self._now_and_then)

    def wake(self) -> None:
        self._bell.ring()

    async def _now_and_then(self, ring: Callable[[], None]) -> None:
        while True:
            await self._clock.sleep(self._interval * (1 + self._random.uniform(-_JITTER, _JITTER)))
            ring()

    async def _restore(self) -> None:
        candidate = await asyncio.to_thread(self._branch.restored)
        if candidate is not None:
            loaded = await self._loaded(candidate)
            if loaded.desired is not None:
                self._in_force.accept(loaded, candidate.revision, self._clock.now(), same=False)
        self._restored = True

    def _known(self) -> str | None:
        """The commit that was loaded, well or not, today: its files need not be read again."""
        if self._seen is None:
            return None
        name, refusal, day = self._seen
        return name if refusal is None and day == self._clock.now().date() else None

    async def _judge(self, candidate: Candidate) -> None:
        now = self._clock.now()
        seen = (candidate.revision.id, candidate.refusal, now.date())
        if seen == self._seen:
            self._in_force.checked(now)
            return
        if candidate.refusal is not None:
            refusal = candidate.refusal
            self._in_force.reject(candidate.revision, refusal.because, (refusal.problem,), refusal.how, now)
        else:
            loaded = await self._loaded(candidate)
            if loaded.desired is not None:
                await asyncio.to_thread(self._branch.put_in_force, candidate.revision.id or "")
                before = self._in_force.revision
                same = before is not None and before.id == candidate.revision.id
                self._in_force.accept(loaded, candidate.revision, now, same=same)
            else:
                empty = is_empty(loaded.diagnostics)
                because = Rejection.EMPTY if empty else Rejection.INVALID
                how = "put the manifests back, or correct --path" if empty else "push a commit that mends the manifests"
                self._in_force.reject(candidate.revision, because, problems(loaded.diagnostics), f"{how}; {STAYS}", now)
        self._seen = seen

    async def _loaded(self, candidate: Candidate) -> Loaded:
        load = partial(
            self._load, candidate.contents, today=self._clock.now().date(), before=tuple(candidate.diagnostics)
        )
        return await asyncio.to_thread(load)


def folder_name(followed: Followed) -> str:
    """The name of the folder that remembers a branch: readable, and another for each repository and branch."""
    title = f"{followed.address.title} {followed.branch.decode('ascii')}"
    last = re.sub(r"[^A-Za-z0-9]+", "-", followed.address.path.removesuffix(".git"))[-40:].strip("-")
    return f"{last}-{sha256(title.encode()).hexdigest()[:16]}"
