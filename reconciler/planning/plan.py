"""The plan: a pure function of what is declared and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from reconciler.actions import ACTIONS
from reconciler.model.desired import Desired, Generation
from reconciler.model.ids import fold
from reconciler.model.observed import Observed, VirtualMachine
from reconciler.model.past import Past
from reconciler.model.plan import Basis, Finding, Plan, Quiet, Seen, Severity, Step, Subject, SubjectKind
from reconciler.model.span import Span
from reconciler.planning.aim import aimed_at, missed, needed
from reconciler.planning.backup_health import check_backups, told_once
from reconciler.planning.brakes import Brakes
from reconciler.planning.canary import rollout
from reconciler.planning.contest import contests
from reconciler.planning.coverage import cover
from reconciler.planning.digest import digest
from reconciler.planning.draft import discovery, draft, wants_check
from reconciler.planning.guards import approvals, guard
from reconciler.planning.namesakes import recreated
from reconciler.planning.objective import check_objectives
from reconciler.planning.orphans import orphans
from reconciler.planning.provision import Ground, grounds
from reconciler.planning.root_causes import by_root_cause
from reconciler.planning.select import Selection, Wish, paused_vaults, select
from reconciler.planning.situation import Situation, situation_of

_ORDER = {kind: number for number, kind in enumerate(ACTIONS)}
_SEVERITY = tuple(Severity)


@dataclass
class _Sheet:
    """What the drafts of all wishes add up to."""

    steps: list[Step] = field(default_factory=list)
    quiet: list[Quiet] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    protection_of: dict[str, str] = field(default_factory=dict)


def plan(
    desired: Desired,
    observed: Observed,
    *,
    brakes: Brakes,
    past: Past | None = None,
    targets: frozenset[str] = frozenset(),
) -> Plan:
    """`past` is what is remembered of earlier looks; `targets` are names, `group/name` or ARM ids."""
    situation, aims = situation_of(desired, observed, past), frozenset(fold(target) for target in targets)
    chosen, ground = select(situation), grounds(situation, paused_vaults(situation))
    sheet = _drafted(situation, chosen, ground, aims)
    spread = rollout(situation, sheet.steps, chosen.wishes, brakes.canary)
    steps, refused = approvals(situation, _in_order(spread.steps))
    kept = guard(
        situation,
        steps,
        brakes=brakes,
        aims=aims,
        waiting=spread.waiting,
        out_of_bounds=chosen.out_of_bounds,
        protection_of=sheet.protection_of,
    )
    covered = cover(situation, chosen.wishes, kept.steps)
    findings = [*chosen.findings, *sheet.findings, *refused, *covered.findings, *_gaps(observed)]
    findings = _with_health(situation, [*findings, *contests(kept.held)], chosen, aims)
    held = tuple(sorted(kept.held, key=lambda one: (one.guard, _rank(one.step))))
    return Plan(
        taken_at=observed.taken_at,
        complete=observed.complete and not situation.blind_vaults,
        config_digest=desired.digest,
        revision=desired.revision,
        files=desired.files,
        steps=kept.steps,
        held=held,
        quiet=tuple(sorted(sheet.quiet, key=lambda one: (one.subject, one.because, one.source))),
        findings=_by_severity(by_root_cause(findings, situation.label)),
        coverage=covered.coverage,
        digest=digest(situation, kept.steps, held),
        seen=_seen(observed),
    )


def _with_health(
    situation: Situation, findings: Sequence[Finding], chosen: Selection, aims: frozenset[str]
) -> list[Finding]:
    """With what recovery points and backups tell of the VMs that are aimed at."""
    meant = [wish for wish in chosen.wishes if aimed_at(wish.meant, aims)]
    told = [*findings, *check_objectives(situation, meant)]
    return told_once(told, check_backups(situation, meant, all_items=not aims))


def _seen(observed: Observed) -> Seen:
    vaults = [vault for vault in observed.vaults.values() if vault.exists]
    return Seen(len(observed.vms), sum(len(vault.items) for vault in vaults), len(vaults))


def candidates(
    desired: Desired, observed: Observed, *, targets: frozenset[str] = frozenset()
) -> Mapping[str, tuple[VirtualMachine, ...]]:
    """By vault name, the VMs whose checks by Azure (WIRE 7) the plan wants: those about to be newly protected."""
    situation, aims = situation_of(desired, observed), frozenset(fold(target) for target in targets)
    ground = grounds(situation, paused_vaults(situation))
    found: dict[str, list[VirtualMachine]] = {}
    for wish in select(situation).wishes:
        vm, place = wish.meant.vm, ground[wish.vault.name]
        if vm is not None and aimed_at(wish.meant, aims) and wants_check(situation, wish, place):
            found.setdefault(wish.vault.name, []).append(vm)
    return {name: tuple(vms) for name, vms in found.items()}


def needs(desired: Desired) -> tuple[bool, bool]:
    """(classic, network): which lists beside the usual ones an observation needs.

    Classic VMs matter to the preview service and to whoever names a cloud service; the network to the preview's limits.
    """
    preview = any(vault.generation is Generation.PREVIEW_2015 for vault in desired.vaults)
    named = chain(
        (ref for document in desired.protections for ref in document.virtual_machines),
        (ref for document in desired.exemptions for ref in document.virtual_machines),
        (ref for document in desired.retirements for ref in document.virtual_machines),
        (ref for document in desired.pauses for ref in document.virtual_machines),
    )
    classic = any(ref.cloud_service is not None for ref in named)
    return preview or classic, preview


def _drafted(situation: Situation, chosen: Selection, ground: Mapping[str, Ground], aims: frozenset[str]) -> _Sheet:
    sheet = _Sheet()
    undiscovered: dict[str, list[Wish]] = {}
    for wish in chosen.wishes:
        subject = Subject(SubjectKind.VM, wish.meant.label, wish.meant.id)
        if not aimed_at(wish.meant, aims):
            sheet.quiet.append(Quiet(subject, "not-targeted", wish.meant.source, wish.vault.name))
            continue
        made = draft(situation, wish, ground[wish.vault.name])
        sheet.steps += made.steps
        sheet.quiet += made.quiet
        sheet.findings += made.findings
        if wish.protection is not None:
            sheet.protection_of.update({step.id: wish.protection.name for step in made.steps})
        if made.discover:
            undiscovered.setdefault(wish.vault.name, []).append(wish)
    _overfull(situation, sheet)
    own = list(sheet.steps)
    found = [discovery(situation, ground[name], len(wishes), wishes[0]) for name, wishes in undiscovered.items()]
    below = [step for place in ground.values() for step in place.steps]
    sheet.steps = [*below, *found, *own]
    if aims:
        sheet.steps = needed(sheet.steps, own)
        sheet.findings += missed(chosen.wishes, aims)
        return sheet
    named = {(wish.vault.name, wish.meant.key) for wish in chosen.wishes}
    for place in ground.values():
        sheet.findings += place.findings
        quiet, told = orphans(situation, place, named)
        sheet.quiet += quiet
        sheet.findings += [*told, *recreated(situation, place.vault)]
    return sheet


def _overfull(situation: Situation, sheet: _Sheet) -> None:
    """Foresee which protections no longer fit into a vault: the last ones, in the order in which they are sent."""
    room: dict[str, int] = {}
    full: dict[str, int] = {}
    for name, vault in situation.vaults.items():
        limit = situation.limits(vault).vms_per_vault
        if limit is not None:
            full[name] = limit.value
            room[name] = limit.value - len(situation.seen(vault).items)
    first: dict[tuple[str, str], int] = {}
    for number, step in enumerate(sheet.steps):
        first.setdefault((step.vault, step.subject.id), number)
        if step.action != "protect" or step.vault not in room:
            continue
        room[step.vault] -= 1
        if room[step.vault] < 0:
            number = first[step.vault, step.subject.id]
            start = sheet.steps[number]
            sheet.steps[number] = replace(start, predicted=(*start.predicted, "vault-full"))
            text = f"The vault {step.vault!r} holds {full[step.vault]} VMs, {step.subject.name} is one too many."
            subjects = (step.subject.id,)
            finding = Finding("vault-full", Severity.ERROR, subjects, text, step.source, Basis.RULE, step.vault)
            sheet.findings.append(finding)


def _gaps(observed: Observed) -> list[Finding]:
    return [
        Finding(
            "observation-incomplete",
            Severity.WARNING,
            (gap.scope,),
            f"Reading {gap.scope} failed: {gap.reason.rstrip('.')}.",
            vault=gap.vault or "",
        )
        for gap in sorted(observed.gaps, key=lambda gap: (gap.vault or "", gap.scope, gap.reason))
    ]


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """By depth of dependence, then by vault, policy, action and subject."""
    by_id = {step.id: step for step in steps}
    depth: dict[str, int] = {}

    def deep(step: Step) -> int:
        if not step.depends_on:
            return 1
        if step.id not in depth:
            depth[step.id] = 1 + max((deep(by_id[need]) for need in step.depends_on if need in by_id), default=0)
        return depth[step.id]

    return sorted(steps, key=lambda step: (deep(step), _rank(step)))


def _rank(step: Step) -> tuple[str, str, int, Subject]:
    return step.vault, step.policy, _ORDER[step.action], step.subject


def _by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(findings), key=_shown))


def _shown(one: Finding) -> tuple[int, str, str, tuple[str, ...], Span, str]:
    return _SEVERITY.index(one.severity), one.code, one.vault, one.subjects, one.source, one.message
