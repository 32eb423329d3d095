"""Why a VM is treated as it is, as JSON: for `reconcile explain VM -o json` and the page's twin."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics.as_json import source_document
from reconciler.model.call import Json
from reconciler.model.trace import Considered, Decision, Trace

FORMAT_VERSION = "1.0"


def traces_document(traces: Sequence[Trace]) -> dict[str, Json]:
    return {"format_version": FORMAT_VERSION, "vms": [trace_document(trace) for trace in traces]}


def trace_document(trace: Trace) -> dict[str, Json]:
    return {
        "vm": trace.label,
        "id": trace.id,
        "decisions": [_decision(one) for one in trace.decisions],
        "considered": [_considered(one) for one in trace.considered],
    }


def _decision(one: Decision) -> Json:
    return {
        "vault": one.vault,
        "goal": one.goal,
        "policy": one.policy or None,
        "hands_off": one.hands_off or None,
        "source": source_document(one.span),
    }


def _considered(one: Considered) -> Json:
    return {
        "kind": one.kind,
        "name": one.name,
        "vault": one.vault,
        "verdict": str(one.verdict),
        "by": one.rival or None,
        "named": one.named,
        "policy": one.policy or None,
        "priority": one.priority,
        "note": one.note or None,
        "conditions": [
            {"field": part.field, "wanted": part.wanted, "found": part.found or None, "holds": part.holds}
            for part in one.conditions
        ],
        "source": source_document(one.span),
    }
