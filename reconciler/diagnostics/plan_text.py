"""The plan, and the result of an apply, as a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Console

from reconciler.diagnostics import outcome_text
from reconciler.diagnostics.escape import shorten
from reconciler.diagnostics.failures import failures, untold
from reconciler.diagnostics.findings_text import NO_SOURCES, Entry, is_cut, print_failures, print_findings, print_to_do
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.paper import Paper
from reconciler.diagnostics.phrases import spoken
from reconciler.diagnostics.plan_facts import coverage_words, facts, summary
from reconciler.diagnostics.plan_folds import Fold, Group, changes, cost, groups, said
from reconciler.diagnostics.plan_words import (
    in_quiet_order,
    quiet_words,
    sorted_findings,
)
from reconciler.diagnostics.subject_names import names, vm_label
from reconciler.model.outcome import Outcome, word
from reconciler.model.plan import Held, Plan, Severity, SubjectKind

_MARKS = {"+": "green", "~": "yellow", "=": "magenta", "^": "cyan", "?": "blue", "!": "bold yellow"}
_NAME_CELLS, _FEWEST_NAME_CELLS = 34, 12


def print_plan(
    console: Console,
    plan: Plan,
    *,
    cloud: str,
    symbols: Mapping[str, str],
    full: bool = False,
    outcomes: Mapping[str, Outcome] | None = None,
    dry_run: bool = True,
    language: Language = "en",
    sources: Mapping[str, str] = NO_SOURCES,
) -> None:
    """Print the plan, or with `outcomes` (by step id) the result of its apply, as wide as the console.

    `symbols` has each action's symbol. `full` unfolds what reads alike and says which line of which file is behind it.
    """
    page = render_plan(
        plan,
        cloud=cloud,
        symbols=symbols,
        full=full,
        outcomes=outcomes,
        dry_run=dry_run,
        width=console.width,
        language=language,
        sources=sources,
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
    language: Language = "en",
    sources: Mapping[str, str] = NO_SOURCES,
) -> Paper:
    """The page of `print_plan`; its `plain` is the text without style."""
    page = Paper(width, language)
    told = failures(plan, outcomes or {}, full=full)
    left = untold(plan, told)
    _header(page, plan, cloud, applied=outcomes is not None)
    _steps(page, plan, groups(plan, outcomes, full=full), outcomes, symbols, full=full)
    print_failures(page, told, full=full)
    _held(page, plan, full=full)
    print_findings(page, left, full=full, sources=sources)
    _quiet(page, plan, full=full)
    _coverage(page, plan, full=full, applied=outcomes is not None)
    print_to_do(page, told, held=len(plan.held))
    page.blank()
    page.line(summary(plan, outcomes), style="bold")
    grave = [one for one in sorted_findings(left) if one.severity is not Severity.INFO]
    cut = next((one.code for one in grave if is_cut(one, language)), "")
    if cut and not full:
        page.line(f"A remedy in full: reconcile explain {cut}")
    if outcomes is None and plan.steps and dry_run:
        page.line("Nothing was changed. To apply this, run the same command without --dry-run.")
    return page


def _header(page: Paper, plan: Plan, cloud: str, *, applied: bool) -> None:
    page.line(f"{'Result' if applied else 'Plan'} for {cloud}", style="bold")
    for name, text in facts(plan):
        page.line(f"{name.ljust(9)}{text}", indent=2, hang=9, style="yellow" if name == "Partial" else "")


def _steps(
    page: Paper,
    plan: Plan,
    found: list[Group],
    outcomes: Mapping[str, Outcome] | None,
    symbols: Mapping[str, str],
    *,
    full: bool,
) -> None:
    causes = outcome_text.Causes(plan.steps, outcomes or {})
    action_width = max((len(fold.first.action) for group in found for fold in group.folds), default=0)
    vault = None
    for group in found:
        if group.vault != vault:
            page.heading(f"Vault {shorten(group.vault, 60)}")
            vault = group.vault
        if group.policy:
            page.line(f"Policy {shorten(group.policy, 60)}", indent=2)
        indent = 4 if group.policy else 2
        said_width = max(len(said(fold, causes, full=full)[0]) for fold in group.folds)
        room = max(page.width - indent - action_width - said_width - 6, _FEWEST_NAME_CELLS)
        name_width = min(max(len(_subjects(fold)) for fold in group.folds), _NAME_CELLS, room)
        for fold in group.folds:
            symbol = symbols.get(fold.first.action, "·")
            cells = [(symbol, 1), (fold.first.action, action_width), (" " + _subjects(fold), name_width + 1)]
            styles = _styles(fold, symbol)
            page.columns(cells, said(fold, causes, full=full), indent=indent, mark=styles[0], style=styles[1])
            for change in _changes(fold, full=full):
                page.line(change, indent=indent + 4)


def _changes(fold: Fold, *, full: bool) -> list[str]:
    """What stands below the step: not a VM's one change, which stands in place of the reason."""
    step = fold.first
    if step.subject.kind is SubjectKind.VM and fold.outcome is None and len(changes(step)) == 1:
        return []
    return changes(step, full=full and step.subject.kind is not SubjectKind.VM)


def _styles(fold: Fold, symbol: str) -> tuple[str, str]:
    """Of the symbol and of the words behind the names."""
    if fold.outcome is not None:
        style = outcome_text.STYLES[word(fold.outcome)]
        return style, style
    return _MARKS.get(symbol, ""), "yellow" if cost(fold.first) else ""


def _subjects(fold: Fold) -> str:
    return names(fold.names, fold.first.subject.kind)


def _held(page: Paper, plan: Plan, *, full: bool) -> None:
    if not plan.held:
        return
    page.heading("Held back by a guard, not done")
    alike: dict[tuple[str, ...], list[Held]] = {}
    for held in plan.held:
        key = (held.step.id,) if full else (held.guard, held.how, held.step.action, held.step.vault)
        alike.setdefault(key, []).append(held)
    for same in alike.values():
        first, guard = same[0].step, same[0].guard
        who = names([held.step.subject.name for held in same], first.subject.kind)
        entry = Entry(page, "held", guard, "bold yellow")
        entry.line(_place(first.action, who.replace("  ", " ", 1), shorten(first.vault, 40), page.language))
        for text in changes(first, full=full) if len(same) == 1 else ():
            entry.line(text)
        entry.line(f"→ {spoken(same[0].how, page.language)}")
        if full and first.source.file:
            entry.line(f"at {first.source}", style="dim")
        entry.end()


def _place(action: str, who: str, vault: str, language: Language) -> str:
    return f"{vault}：{action} {spoken(who, language)}" if language == "zh-TW" else f"{action} {who} in {vault}"


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


def _coverage(page: Paper, plan: Plan, *, full: bool, applied: bool) -> None:
    coverage = plan.coverage
    if not coverage.in_scope:
        return
    page.blank()
    style = "" if not coverage.uncovered else "yellow" if not coverage.required else "red"
    page.line(coverage_words(plan, listed_below=full, applied=applied), style=style)
    for vm in sorted(map(vm_label, coverage.uncovered)) if full else ():
        page.line(f"- {shorten(vm, page.width - 4)}", indent=2)
