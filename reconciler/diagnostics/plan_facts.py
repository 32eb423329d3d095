"""What stands at the head and the foot of a plan, in sentences: what was seen, by which manifests, what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from reconciler.diagnostics.as_json import rfc3339
from reconciler.diagnostics.failures import failures, untold
from reconciler.diagnostics.outcome_text import tally
from reconciler.diagnostics.plan_words import in_action_order, to_do
from reconciler.diagnostics.subject_names import count, listed, names, plural, vm_label
from reconciler.model.ids import fold
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan, SubjectKind

_AS_DECLARED = frozenset({"protected", "protected-initial-backup-pending", "exempt", "stopped"})
_UNCOVERED_SHOWN = 5


def facts(plan: Plan) -> Iterator[tuple[str, str]]:
    """What the plan rests on, each fact under its name; the last says where that is not the whole."""
    what = ""
    if plan.seen is not None:
        items, vaults = plural(plan.seen.items, "protected item"), count(plan.seen.vaults, SubjectKind.VAULT)
        what = f"{count(plan.seen.vms, SubjectKind.VM)}, {items} in {vaults}, "
    yield "Azure", f"{what}seen {rfc3339(plan.taken_at.replace(microsecond=0))}"
    revision = f" at revision {plan.revision[:12]}" if plan.revision else ""
    yield "Config", f"{plural(plan.files, 'file')}{revision}"
    if not plan.complete:
        yield "Partial", "Not everything could be read. What was not seen is not changed; see the findings."


def summary(plan: Plan, outcomes: Mapping[str, Outcome] | None = None) -> str:
    """The one line that says it all, in English."""
    findings = untold(plan, failures(plan, outcomes or {}, full=False))
    tail = [f"{len(plan.held)} held"] if plan.held else []
    tail += [plural(len(findings), "finding")] if findings else []
    tail += [f"{len(plan.quiet)} unchanged"] if plan.quiet and plan.steps else []
    if outcomes is not None and plan.steps:
        head = f"Result: {tally(plan.steps, outcomes)}"
    elif plan.steps:
        counts = Counter(step.action for step in plan.steps)
        head = f"Plan: {to_do([(action, counts[action]) for action in in_action_order(counts)])}"
    else:
        head = _idle(plan)
    return " · ".join([head, *tail])


def _idle(plan: Plan) -> str:
    if not plan.complete:
        return "Nothing can be done on what was seen"
    head = "Nothing to apply" if plan.held else "Nothing to do"
    content = sum(quiet.because in _AS_DECLARED for quiet in plan.quiet)
    verb = "is" if content == 1 else "are"
    return f"{head}: {count(content, SubjectKind.VM)} {verb} as declared" if content else head


def coverage_words(plan: Plan, *, listed_below: bool, applied: bool = False) -> str:
    """`Coverage: 14 VMs in scope: 12 protected, 2 uncovered: …`; the names only where they are not listed below it.

    What is still planned after an apply is what did not get there.
    """
    coverage = plan.coverage
    doomed = len(
        {fold(step.subject.id) for step in plan.steps if step.predicted and step.subject.kind is SubjectKind.VM}
    )
    planned = "not protected yet" if applied else f"planned ({doomed} of them would fail)" if doomed else "planned"
    counts = ((coverage.protected, "protected"), (coverage.planned, planned), (coverage.exempt, "exempt"))
    parts = [f"{number} {what}" for number, what in counts if number]
    uncovered = [vm_label(vm) for vm in coverage.uncovered]
    left = f"{len(uncovered)} uncovered"
    if 0 < len(uncovered) <= _UNCOVERED_SHOWN and not listed_below:
        left += f": {listed(uncovered)}"
    elif uncovered and not listed_below:
        left += f": {names(uncovered, SubjectKind.VM)} (--full lists them)"
    return f"Coverage: {count(coverage.in_scope, SubjectKind.VM)} in scope: {', '.join([*parts, left])}"
