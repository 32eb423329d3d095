"""One VM: how it stands, why, what happened to it, and what is the matter with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reconciler.diagnostics.as_json import finding_document, held_document, rfc3339, step_document
from reconciler.diagnostics.trace_json import trace_document
from reconciler.model.board import StepResult
from reconciler.model.call import Json
from reconciler.model.drift import SeenDrift
from reconciler.model.ids import fold
from reconciler.model.observed import VirtualMachine, VmKey
from reconciler.model.plan import Finding, Held, Step
from reconciler.model.span import Span
from reconciler.model.timeline import Event, Timeline
from reconciler.model.trace import Trace
from reconciler.web.excerpt import Excerpt
from reconciler.web.index import Entry, word_of
from reconciler.web.pages.overview import drift_document
from reconciler.web.pages.vms import entry_document
from reconciler.web.sight import Sight, cause_id

_MANY_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Subject:
    """Which VM is asked about, and what was found out about it beforehand. `timelines` are by vault."""

    key: VmKey
    entries: Sequence[Entry]
    timelines: Sequence[tuple[str, Timeline | None]]


@dataclass(frozen=True, slots=True)
class Vm:
    """`entries` are its places in vaults; `vm` is None when only items of it are left."""

    label: str
    id: str
    key: VmKey
    entries: Sequence[Entry]
    vm: VirtualMachine | None
    trace: Trace | None
    declared: Span | None
    excerpt: Excerpt | None
    findings: tuple[Finding, ...]
    drifts: tuple[SeenDrift, ...]
    steps: tuple[tuple[Step, Held | None], ...]
    results: tuple[StepResult, ...]
    events: tuple[tuple[Event, bool], ...]
    """Newest first, each with whether its day is another than that of the one before."""
    gaps: tuple[str, ...]
    remembered: bool
    stale: frozenset[str]
    sight: Sight

    def word(self, entry: Entry) -> str:
        return word_of(entry, self.stale)

    def document(self) -> dict[str, Json]:
        return {
            "vm": self.label,
            "id": self.id,
            "places": [entry_document(entry, self.stale, self.sight) for entry in self.entries],
            "why": trace_document(self.trace) if self.trace is not None else None,
            "findings": [{"cause": cause_id(one), **finding_document(one)} for one in self.findings],
            "drift": [drift_document(one) for one in self.drifts],
            "steps": [step_document(step) for step, held in self.steps if held is None],
            "held": [held_document(held) for _, held in self.steps if held is not None],
            "timeline": [_event(event) for event, _ in self.events],
            "gaps": list(self.gaps),
        }


def vm(sight: Sight, subject: Subject, trace: Trace | None, excerpt: Excerpt | None) -> Vm:
    seen = sight.board.observed.vms.get(subject.key) if sight.board.observed is not None else None
    first = subject.entries[0]
    spans = [decision.span for decision in trace.decisions] if trace is not None else []
    told = [timeline for _, timeline in subject.timelines if timeline is not None]
    events = sorted((event for timeline in told for event in timeline.events), key=lambda one: one.at, reverse=True)
    steps = sight.steps_on(subject.key)
    return Vm(
        label=first.label,
        id=first.id,
        key=subject.key,
        entries=subject.entries,
        vm=seen,
        trace=trace,
        declared=next((span for span in spans if span.file), None),
        excerpt=excerpt,
        findings=tuple(sight.findings_on(subject.key)),
        drifts=sight.drifts_of(subject.key),
        steps=steps,
        results=_results(sight, subject.key),
        events=tuple(_by_day(events[:_MANY_EVENTS])),
        gaps=tuple(gap for timeline in told for gap in timeline.gaps),
        remembered=bool(told),
        stale=sight.stale,
        sight=sight,
    )


def _results(sight: Sight, key: VmKey) -> tuple[StepResult, ...]:
    found = (one for one in sight.board.results.values() if fold(one.step.subject.id) == key)
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _by_day(events: Sequence[Event]) -> list[tuple[Event, bool]]:
    days = [None, *(event.at.date() for event in events)]
    return [(event, before != own) for event, (before, own) in zip(events, pairwise(days), strict=True)]


def _event(event: Event) -> Json:
    return {
        "at": rfc3339(event.at),
        "until": rfc3339(event.until) if event.until is not None else None,
        "kind": str(event.kind),
        "what": event.what,
        "vault": event.vault,
        "outcome": event.outcome,
        "code": event.code or None,
        "message": event.message,
        "reference": event.reference,
        "consistency": str(event.consistency) if event.consistency is not None else None,
        "actor": event.actor,
        "revision": event.revision,
        "audit": event.number or None,
    }
