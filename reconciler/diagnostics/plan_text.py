"""The plan, and the result of an apply, as a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Console

from reconciler.diagnostics import outcome_text
from reconciler.diagnostics.as_json import rfc3339
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.escape import shorten, terminal
from reconciler.diagnostics.paper import Paper
from reconciler.diagnostics.plan_folds import FindingFold, Fold, Group, changes, groups, merged_findings
from reconciler.diagnostics.plan_words import (
    count,
    in_action_order,
    in_quiet_order,
    is_vm,
    names,
    plural,
    quiet_words,
    reason_words,
    to_do,
    vm_label,
)
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Held, Plan, RecoveryPoints, Severity, Step, SubjectKind
from reconciler.model.state import Risk

_MARKS = {"+": "green", "~": "yellow", "=": "magenta", "^": "cyan", "?": "blue", "!": "bold yellow"}
_SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
_RISKS = {Risk.PAUSING: "backups pause", Risk.DESTRUCTIVE: "recovery points may go"}
_POINTS = {
    RecoveryPoints.EXPIRES: "recovery points beyond the new retention expire at the next cleanup",
    RecoveryPoints.UNKNOWN: "what becomes of recovery points is not known",
}
_UNCOVERED_SHOWN = 10
_MESSAGES_SHOWN = 2


def print_plan(
    console: Console,
    plan: Plan,
    *,
    cloud: str,
    symbols: Mapping[str, str],
    full: bool = False,
    outcomes: Mapping[str, Outcome] | None = None,
    dry_run: bool = True,
) -> None:
    """Print the plan, or with `outcomes` (by step id) the result of its apply, as wide as the console.

    `symbols` has each action's symbol. `full` unfolds what reads alike and says which line of which file is behind it.
    """
    page = render_plan(
        plan, cloud=cloud, symbols=symbols, full=full, outcomes=outcomes, dry_run=dry_run, width=console.width
    )
    page.print(console)


def render_plan(
    plan: Plan,
    *,
    cloud: str,
    symbols: Mapping[str, str],
    full: bool = False,
    outcomes: Mapping[str, Outcome] | None = None,
    dry_run: bool = True,
    width: int = 80,
) -> Paper:
    """The page of `print_plan`; its `plain` is the text without style."""
    page = Paper(width)
    _header(page, plan, cloud, applied=outcomes is not None)
    _steps(page, groups(plan, outcomes, full=full), symbols, full=full)
    _held(page, plan, symbols, full=full)
    _findings(page, plan, full=full)
    _quiet(page, plan, full=full)
    _coverage(page, plan, full=full)
    page.blank()
    page.line(summary(plan, outcomes), style="bold")
    for hint in _hints(plan, outcomes, dry_run=dry_run):
        page.line(hint)
    return page


def summary(plan: Plan, outcomes: Mapping[str, Outcome] | None = None) -> str:
    """The one line that says it all, in English."""
    tail = [f"{len(plan.held)} held"] if plan.held else []
    tail += [plural(len(plan.findings), "finding")] if plan.findings else []
    tail += [f"{len(plan.quiet)} unchanged"] if plan.quiet else []
    if outcomes is not None and plan.steps:
        head = f"Result: {outcome_text.tally(plan.steps, outcomes)}"
    elif plan.steps:
        counts = Counter(step.action for step in plan.steps)
        head = f"Plan: {to_do([(action, counts[action]) for action in in_action_order(counts)])}"
    else:
        idle = "nothing to apply" if plan.held else "nothing to do"
        head = f"Plan: {idle if plan.complete else 'nothing can be done on what was seen'}"
    return " · ".join([head, *tail])


def _header(page: Paper, plan: Plan, cloud: str, *, applied: bool) -> None:
    subjects = [quiet.subject for quiet in plan.quiet]
    steps = [*plan.steps, *(held.step for held in plan.held)]
    subjects += [step.subject for step in steps]
    vms = {subject.id for subject in subjects if subject.kind is SubjectKind.VM}
    vms |= {subject for finding in plan.findings for subject in finding.subjects if is_vm(subject)}
    vaults = {step.vault for step in steps} | {finding.vault for finding in plan.findings}
    vaults |= {subject.name for subject in subjects if subject.kind is SubjectKind.VAULT}
    page.line(f"{'Result' if applied else 'Plan'} for {cloud}", style="bold")
    seen = f"{count(max(len(vms), plan.coverage.in_scope), SubjectKind.VM)}"
    if vaults - {""}:
        seen += f" in {count(len(vaults - {''}), SubjectKind.VAULT)}"
    page.line(f"Azure    {seen}, seen {rfc3339(plan.taken_at)}", indent=2, hang=9)
    revision = f" at revision {terminal(plan.revision[:12])}" if plan.revision else ""
    page.line(f"Config   {plural(plan.files, 'file')}{revision}", indent=2, hang=9)
    if not plan.complete:
        text = "Not everything could be read. What was not seen is not changed; see the findings."
        page.line(f"Partial  {text}", indent=2, hang=9, style="yellow")


def _steps(page: Paper, found: list[Group], symbols: Mapping[str, str], *, full: bool) -> None:
    action_width = max((len(fold.first.action) for group in found for fold in group.folds), default=0)
    vault = None
    for group in found:
        if group.vault != vault:
            page.heading(f"Vault {shorten(group.vault, 60)}")
            vault = group.vault
        if group.policy:
            page.line(f"Policy {shorten(group.policy, 60)}", indent=2)
        name_width = min(max(len(_subjects(fold)) for fold in group.folds), 34)
        for fold in group.folds:
            _fold(page, fold, symbols, (action_width, name_width), 4 if group.policy else 2, full=full)


def _fold(
    page: Paper, fold: Fold, symbols: Mapping[str, str], widths: tuple[int, int], indent: int, *, full: bool
) -> None:
    step = fold.first
    symbol = symbols.get(step.action, "·")
    said = outcome_text.brief(fold.outcome) if fold.outcome is not None else _why(step)
    place = f"  ({step.source})" if full and step.source.file else ""
    cells = [(symbol, 1), (step.action, widths[0] + 1), (_subjects(fold), widths[1])]
    page.columns(cells, said + place, indent=indent, mark=_MARKS.get(symbol, ""))
    for change in changes(step, full=full):
        page.line(change, indent=indent + 4)
    cost = [text for text in (_RISKS.get(step.risk), _POINTS.get(step.recovery_points)) if text]
    if cost:
        page.line(f"! {'; '.join(cost)}", indent=indent + 4, mark="bold yellow")
    if fold.outcome is not None:
        outcome_text.details(page, fold.outcome, len(fold.steps), indent + 4)


def _why(step: Step) -> str:
    unknown = step.before.get("undiscovered")
    if step.action == "discover" and isinstance(unknown, int) and unknown:
        return f"does not know {count(unknown, SubjectKind.VM)} yet"
    return reason_words(step.reason)


def _subjects(fold: Fold) -> str:
    return names(fold.names, fold.first.subject.kind)


def _held(page: Paper, plan: Plan, symbols: Mapping[str, str], *, full: bool) -> None:
    if not plan.held:
        return
    page.heading("Held back by a guard, not done")
    alike: dict[tuple[str, ...], list[Held]] = {}
    for held in plan.held:
        key = (held.step.id,) if full else (held.guard, held.how, held.step.action, held.step.vault)
        alike.setdefault(key, []).append(held)
    for same in alike.values():
        first = same[0].step
        who = names([held.step.subject.name for held in same], first.subject.kind)
        title = f"! {symbols.get(first.action, '·')} {first.action}  {who}  in {shorten(first.vault, 40)}"
        page.line(title, indent=2, mark=_MARKS["!"])
        page.line(f"guard: {same[0].guard} ({reason_words(first.reason)})", indent=6)
        if len(same) == 1:
            for change in changes(first, full=full):
                page.line(change, indent=6)
        page.line(f"help: {same[0].how}", indent=6, hang=6)


def _findings(page: Paper, plan: Plan, *, full: bool) -> None:
    found = merged_findings(plan.findings, full=full)
    if not found:
        return
    page.heading("Findings")
    explained: set[str] = set()
    for fold in found:
        _finding(page, fold, full=full)
        if fold.first.code not in explained:
            page.line(f"help: {catalog().row(fold.first.code).remedy}", indent=6, hang=6)
        explained.add(fold.first.code)


def _finding(page: Paper, fold: FindingFold, *, full: bool) -> None:
    finding = fold.first
    kind = SubjectKind.VM if all(map(is_vm, fold.subjects)) else None
    who = names([vm_label(subject) for subject in fold.subjects], kind, full=full)
    title = f"{finding.severity}[{finding.code}] {catalog().row(finding.code).title}" + (f": {who}" if who else "")
    page.line(title, indent=2, mark=_SEVERITY_STYLES[finding.severity])
    shown = fold.messages[:_MESSAGES_SHOWN]
    for message in shown:
        page.line(message, indent=6)
    if len(fold.messages) > len(shown):
        page.line(f"… and {len(fold.messages) - len(shown)} more like this (--full shows all)", indent=6)
    if full and finding.source.file:
        page.line(f"--> {finding.source}", indent=6)


def _quiet(page: Paper, plan: Plan, *, full: bool) -> None:
    if not plan.quiet:
        return
    counts = Counter(quiet.because for quiet in plan.quiet)
    page.blank()
    page.line("Unchanged: " + ", ".join(f"{counts[reason]} {quiet_words(reason)}" for reason in in_quiet_order(counts)))
    if full:
        for quiet in sorted(plan.quiet, key=lambda one: (one.because, one.subject)):
            place = f"  ({quiet.source})" if quiet.source.file else ""
            page.line(f"· {shorten(quiet.subject.name, 40)}  {quiet_words(quiet.because)}{place}", indent=2)


def _coverage(page: Paper, plan: Plan, *, full: bool) -> None:
    coverage = plan.coverage
    if not coverage.in_scope:
        return
    page.blank()
    parts = f"{coverage.protected} protected, {coverage.planned} planned, {coverage.exempt} exempt"
    left = len(coverage.uncovered)
    page.line(f"Coverage: {count(coverage.in_scope, SubjectKind.VM)} in scope: {parts}, {left} uncovered")
    uncovered = sorted(vm_label(vm) for vm in coverage.uncovered)
    shown = uncovered if full else uncovered[:_UNCOVERED_SHOWN]
    for vm in shown:
        page.line(f"- {shorten(vm, page.width - 4)}", indent=2)
    if left > len(shown):
        page.line(f"… and {left - len(shown)} more (--full shows all)", indent=2)


def _hints(plan: Plan, outcomes: Mapping[str, Outcome] | None, *, dry_run: bool) -> list[str]:
    if outcomes is not None:
        codes = outcome_text.codes(outcomes)
        return [f"To learn more about a code: reconcile explain {codes[0]}"] if codes else []
    if plan.steps and dry_run:
        return ["Nothing was changed. To apply this, run the same command without --dry-run."]
    return []
