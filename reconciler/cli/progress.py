"""Progress of long work on stderr: bars on a terminal, plain lines where asked for, else silence."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.cli.telling import said, tell

if TYPE_CHECKING:
    from datetime import datetime

    from rich.progress import TaskID

    from reconciler.app import Place
    from reconciler.diagnostics.as_jsonl import Events
    from reconciler.engine.ports import Progress
    from reconciler.model.outcome import Outcome
    from reconciler.model.plan import Step


class Silent:
    """Tells nothing."""

    def phase(self, text: str, total: int | None = None) -> None: ...

    def advance(self, amount: int = 1) -> None: ...

    def step(self, step: Step, outcome: Outcome) -> None: ...

    def close(self) -> None: ...


class Lines(Silent):
    """A line for each phase and each step that ended."""

    def phase(self, text: str, total: int | None = None) -> None:
        tell(f"{text} ..." if total is None else f"{text}: {total} ...")

    def step(self, step: Step, outcome: Outcome) -> None:
        from reconciler.model.outcome import word

        tell(f"  {step.action} {step.subject.name}: {said(word(outcome))}")


class EventLines(Silent):
    """JSON lines on stdout while things happen."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def phase(self, text: str, total: int | None = None) -> None:
        self._events.heartbeat(text if total is None else f"{text}: {total}")

    def step(self, step: Step, outcome: Outcome) -> None:
        self._events.outcome(step, outcome)


class Bars(Silent):
    """One bar for the phase that runs; gone when it has ended."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self._bars = RichProgress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None
        self._bars.start()

    def phase(self, text: str, total: int | None = None) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(said(text), total=total)

    def advance(self, amount: int = 1) -> None:
        if self._task is not None:
            self._bars.advance(self._task, amount)

    def close(self) -> None:
        self._bars.stop()


def chosen(environment: Mapping[str, str], *, verbose: bool, terminal: bool) -> Progress:
    """Bars on a terminal that can show them; lines when asked for; nothing in CI or where nobody watches."""
    quiet = environment.get("CI") or environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    if terminal and not quiet:
        return Bars()
    return Lines() if verbose else Silent()


def for_run(place: Place, form: str, *, verbose: bool, applying: bool) -> tuple[Progress, Events | None]:
    """How a run reports on its way; with `jsonl`, an apply tells its events on stdout as they happen."""
    if form == "jsonl" and applying:
        from reconciler.diagnostics.as_jsonl import Events

        def now() -> datetime:
            return place.clock.now()

        events = Events(sys.stdout, now, place.name)
        return EventLines(events), events
    return chosen(os.environ, verbose=verbose, terminal=sys.stderr.isatty()), None
