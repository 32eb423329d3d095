"""Run the cases of a ladder in worker processes, within a time, and make what fails simple."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from types import FrameType

import structlog

from tests.ladders.ladder import Climb, Finding, Ladder, Verdict, Violation
from tests.ladders.registry import ladders

CHUNK = 0.5
"""Seconds of work that a worker is given at once, as far as that can be told."""
_FIRST, _MOST = 2, 200
"""Cases in a worker's first parcel, and in the largest."""
FINDINGS = 60
"""After so many findings a ladder is given up: they are one bug, or there is no point in looking for more."""
_STEPS = 200
"""Attempts at making a case simpler."""

Tell = Callable[[Climb], None]


class StuckError(Exception):
    """A run did not end."""


def silence() -> None:
    """No log of this process."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet, cache_logger_on_first_use=True)
    logging.disable(logging.CRITICAL)


def judge(ladder: Ladder, case: str) -> Verdict:
    """Run one case, here and bounded: whatever leaves it is a violation."""
    try:
        with _bounded(ladder.seconds):
            return ladder.run(case)
    except StuckError:
        return Verdict((Violation("I-31", f"the run had not ended after {ladder.seconds:.0f} seconds"),))
    except Exception as fault:
        last = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)}:{last.lineno}"
        return Verdict((Violation("crash", f"{type(fault).__name__} in {where}: {fault}"[:500]),))


def simplest(ladder: Ladder, case: str, verdict: Verdict, steps: int = _STEPS) -> str:
    """The simplest case that breaks the first promise that this one broke."""
    broken = verdict.violations[0].invariant
    tried = {case}
    left = steps
    while True:
        fresh = (one for one in ladder.simpler(case) if one not in tried)
        for candidate in fresh:
            left -= 1
            tried.add(candidate)
            if any(one.invariant == broken for one in judge(ladder, candidate).violations):
                case = candidate
                break
            if left <= 0:
                return case
        else:
            return case


def climb(ladder: Ladder, *, seed: int, seconds: float, most: int | None, jobs: int, tell: Tell) -> Climb:
    """Make runs for `seconds`, at most `most` cases (None: no bound), telling of the progress now and then."""
    done = Climb(ladder, not_run=ladder.missing())
    if done.not_run:
        return done
    done.total = ladder.total()
    began = time.monotonic()
    wanted = [number for number in (most, ladder.full()) if number is not None]
    cases = islice(ladder.cases(seed), min(wanted)) if wanted else ladder.cases(seed)
    workers = min(jobs, ladder.jobs or jobs)
    ended = _spread(ladder, cases, workers, began + seconds, done, tell)
    enough = [number for number in (done.total, ladder.full()) if number is not None]
    done.complete = ended and bool(enough) and done.runs + sum(done.skipped.values()) >= min(enough)
    done.findings.sort(key=lambda finding: finding.case)
    for number, finding in enumerate(done.findings):
        verdict = Verdict(finding.violations)
        done.findings[number] = Finding(finding.case, finding.violations, simplest(ladder, finding.case, verdict))
    done.seconds = time.monotonic() - began
    tell(done)
    return done


def _spread(ladder: Ladder, cases: Iterator[str], workers: int, until: float, done: Climb, tell: Tell) -> bool:
    """Give parcels of cases to workers until there are none, or no time; whether all were run."""
    context = multiprocessing.get_context("fork")
    size, running = _FIRST, dict[Future[tuple[float, list[Verdict]]], list[str]]()
    ended = False
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_settle_in) as pool:
        while True:
            while not ended and len(running) < 2 * workers and time.monotonic() < until:
                parcel = list(islice(cases, size))
                ended = not parcel
                if parcel:
                    running[pool.submit(_work, ladder.number, parcel)] = parcel
            if not running:
                return ended
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                parcel = running.pop(future)
                size = _count(done, parcel, future, size)
            tell(done)
            if len(done.findings) >= FINDINGS:
                pool.shutdown(cancel_futures=True)
                return False


def _count(done: Climb, parcel: Sequence[str], future: Future[tuple[float, list[Verdict]]], size: int) -> int:
    """Add a parcel's verdicts up; how many cases the next parcels should have."""
    try:
        spent, verdicts = future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(f"a worker died on one of: {', '.join(parcel)}") from error
    for case, verdict in zip(parcel, verdicts, strict=True):
        if verdict.skipped:
            done.skipped[verdict.skipped] = done.skipped.get(verdict.skipped, 0) + 1
            continue
        done.runs += 1
        done.cases.add(case)
        done.traces.add(verdict.trace)
        if verdict.violations:
            done.findings.append(Finding(case, verdict.violations))
    fit = int(len(parcel) * CHUNK / max(spent, 0.001))
    return max(1, min(fit, 2 * size, _MOST))


def _work(number: int, parcel: Sequence[str]) -> tuple[float, list[Verdict]]:
    ladder = ladders()[number]
    began = time.monotonic()
    verdicts = [judge(ladder, case) for case in parcel]
    return time.monotonic() - began, verdicts


def _settle_in() -> None:
    """In a new worker: an interruption is the parent's, and what was loaded before is not garbage."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """Raise StuckError in the body after so many seconds of wall-clock time."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise StuckError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
