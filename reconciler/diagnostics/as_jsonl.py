"""The plan and the events of an apply as JSON lines: one fact a line, the first says the version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TextIO

from reconciler import __version__
from reconciler.diagnostics.as_json import (
    FORMAT_VERSION,
    action_counts,
    coverage_document,
    finding_document,
    held_document,
    outcome_document,
    quiet_counts,
    rfc3339,
    step_document,
)
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.escape import json_text
from reconciler.diagnostics.plan_facts import summary
from reconciler.diagnostics.plan_words import reason_words, sorted_findings
from reconciler.model.call import Json
from reconciler.model.outcome import Failed, Outcome, Retry, word
from reconciler.model.plan import Plan, Severity, Step

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warn", Severity.INFO: "info"}


def plan_lines(plan: Plan, *, cloud: str, outcomes: Mapping[str, Outcome] | None = None) -> Iterator[str]:
    """The whole plan, each line with its newline: version, steps, held, findings, quiet, coverage, summary.

    Every line bears the time of the observation, so that the same plan gives the same bytes.
    """
    at = plan.taken_at
    yield version_line(at, cloud)
    for step in plan.steps:
        yield _line(at, "info", _told(step), "step", {"step": step_document(step, outcomes)})
    for held in plan.held:
        message = f"held by {held.guard}: {_told(held.step)}"
        yield _line(at, "warn", message, "held", {"held": held_document(held)})
    for finding in sorted_findings(plan.findings):
        message = f"{catalog().row(finding.code).title}: {', '.join(finding.subjects)}"
        yield _line(at, _LEVELS[finding.severity], message, "finding", {"finding": finding_document(finding)})
    yield _line(at, "info", f"{len(plan.quiet)} unchanged", "quiet", {"quiet": quiet_counts(plan)})
    coverage = coverage_document(plan)
    message = f"{plan.coverage.protected} of {plan.coverage.in_scope} VMs in scope are protected"
    yield _line(at, "info", message, "coverage", {"coverage": coverage})
    extra: dict[str, Json] = {"complete": plan.complete, "digest": plan.digest, "summary": action_counts(plan.steps)}
    yield _line(at, "info", summary(plan, outcomes), "summary", extra)


def version_line(at: datetime, cloud: str) -> str:
    extra: dict[str, Json] = {"format_version": FORMAT_VERSION, "tool_version": __version__, "cloud": cloud}
    return _line(at, "info", f"reconcile {__version__}", "version", extra)


class Events:
    """Writes what happens in an apply as it happens; `now` gives aware UTC, each line is flushed."""

    def __init__(self, stream: TextIO, now: Callable[[], datetime], cloud: str) -> None:
        self._stream = stream
        self._now = now
        self._write(version_line(now(), cloud))

    def started(self, step: Step) -> None:
        self._write(_line(self._now(), "info", _told(step), "step_started", _address(step)))

    def outcome(self, step: Step, outcome: Outcome) -> None:
        """What became of a step; a pending one may be told of again."""
        level = {Failed: "error", Retry: "warn"}.get(type(outcome), "info")
        message = f"{step.action} {step.subject.name}: {word(outcome)}"
        self._write(_line(self._now(), level, message, "step_outcome", _address(step) | outcome_document(outcome)))

    def heartbeat(self, message: str) -> None:
        """A sign of life while nothing else is to be told."""
        self._write(_line(self._now(), "info", message, "heartbeat", {}))

    def plan(self, plan: Plan, cloud: str, outcomes: Mapping[str, Outcome] | None = None) -> None:
        """The lines of a plan, without another version line."""
        for number, line in enumerate(plan_lines(plan, cloud=cloud, outcomes=outcomes)):
            if number:
                self._write(line)

    def _write(self, line: str) -> None:
        self._stream.write(line)
        self._stream.flush()


def _address(step: Step) -> dict[str, Json]:
    return {"step_id": step.id, "action": step.action, "vault": step.vault, "subject": step.subject.name}


def _told(step: Step) -> str:
    why = reason_words(step.reason)
    return f"{step.action} {step.subject.name}" + (f": {why}" if why else "")


def _line(at: datetime, level: str, message: str, kind: str, extra: Mapping[str, Json]) -> str:
    head: dict[str, Json] = {"@level": level, "@message": message, "@timestamp": rfc3339(at), "type": kind}
    return json_text(head | dict(extra)) + "\n"
