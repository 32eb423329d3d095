"""A plan, and the result of its apply, as a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.failures import Failure, failures, untold
from reconciler.diagnostics.finding_words import again, many, of, own_words, said, sentence
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.outcome_text import Causes
from reconciler.diagnostics.plan_cases import plan_cases
from reconciler.diagnostics.plan_facts import coverage_words, facts, summary
from reconciler.diagnostics.plan_folds import Fold, changes, groups
from reconciler.diagnostics.plan_folds import said as said_of
from reconciler.diagnostics.plan_words import in_quiet_order, quiet_words, sorted_findings
from reconciler.diagnostics.sheet import Kind, Notice, Sheet, Table, worst_first
from reconciler.diagnostics.subject_names import plural, vm_label
from reconciler.model.outcome import Failed, Outcome
from reconciler.model.plan import Finding, Held, Plan, Severity


def plan_sheet(
    plan: Plan, *, cloud: str, outcomes: Mapping[str, Outcome] | None = None, language: Language = "en"
) -> Sheet:
    """With `outcomes` (by step id) the result of an apply."""
    told = failures(plan, outcomes or {}, full=False)
    notices = [_failed(one, language) for one in told]
    notices += [finding_notice(one, language) for one in sorted_findings(untold(plan, told))]
    notices += [_held(held) for held in _alike(plan.held)]
    return Sheet(
        kind="plan" if outcomes is None else "result",
        title=f"{'Plan' if outcomes is None else 'Result'} for {cloud}",
        summary=summary(plan, outcomes).removeprefix("Plan: ").removeprefix("Result: "),
        scope=cloud,
        facts=(*facts(plan), *_coverage(plan, applied=outcomes is not None)),
        notices=worst_first(notices),
        cases=tuple(plan_cases(plan, outcomes, language)),
        tables=tuple(_tables(plan, outcomes)),
        complete=plan.complete,
        taken_at=plan.taken_at,
        language=language,
    )


def _coverage(plan: Plan, *, applied: bool) -> Iterator[tuple[str, str]]:
    if plan.coverage.in_scope:
        name, _, text = coverage_words(plan, listed_below=True, applied=applied).partition(": ")
        yield name, text


def finding_notice(one: Finding, language: Language) -> Notice:
    """A finding in one sentence, with ids as people say them."""
    labels = [vm_label(subject) for subject in one.subjects]
    text = said(of(one.message, labels, full=False), one, one.subjects, language, full=False)
    return Notice(
        one.code,
        one.severity,
        text,
        Kind.FINDING,
        one.subjects,
        one.source,
        one.vault,
        azure=one.azure,
        or_else=one.or_else,
    )


def _failed(one: Failure, language: Language) -> Notice:
    """A failure is an error, what is to be retried a warning."""
    step, outcome = one.steps[0], one.outcomes[0]
    who = many([each.subject.name for each in one.steps], step.subject.kind)
    title = catalog().row(one.code).told(language).title
    findings = [of(each.message, [], full=False) for each in one.findings if each.message]
    text = " ".join([f"{step.action} {who}: {sentence(title, language)}", *(findings[:1] or own_words(one))])
    failed = isinstance(outcome, Failed)
    return Notice(
        one.code,
        Severity.ERROR if failed else Severity.WARNING,
        text,
        Kind.FAILED if failed else Kind.RETRY,
        tuple(each.subject.id for each in one.steps),
        step.source,
        step.vault,
        sentence(again(catalog().row(one.code).retry, outcome, language), language),
        azure=tuple(each.error for each in one.outcomes if each.error is not None),
        or_else=one.or_else,
    )


def _alike(held: Iterable[Held]) -> Iterator[list[Held]]:
    found: dict[tuple[str, ...], list[Held]] = {}
    for one in held:
        found.setdefault((one.guard, one.how, one.step.action, one.step.vault), []).append(one)
    yield from found.values()


def _held(same: list[Held]) -> Notice:
    first = same[0].step
    who = many([one.step.subject.name for one in same], first.subject.kind)
    text = f"{first.action} {who} in {first.vault} is held back."
    differences = "; ".join(changes(first)) if len(same) == 1 else ""
    return Notice(
        same[0].guard,
        Severity.WARNING,
        f"{text} {differences}.".replace(" .", "") if differences else text,
        Kind.HELD,
        tuple(one.step.subject.id for one in same),
        first.source,
        first.vault,
        same[0].how,
    )


def _tables(plan: Plan, outcomes: Mapping[str, Outcome] | None) -> Iterator[Table]:
    causes = Causes(plan.steps, outcomes or {})
    by_vault: dict[str, list[tuple[str, Fold]]] = {}
    for group in groups(plan, outcomes, full=False):
        by_vault.setdefault(group.vault, []).extend((group.policy, fold) for fold in group.folds)
    for vault, folds in by_vault.items():
        number = sum(len(fold.steps) for _, fold in folds)
        rows = tuple(_row(policy, fold, causes) for policy, fold in folds)
        yield Table(f"{plural(number, 'step')} in {vault}", ("action", "what", "policy", "why"), rows)
    uncovered = tuple((vm_label(vm),) for vm in sorted(plan.coverage.uncovered))
    if uncovered:
        yield Table(f"{plural(len(uncovered), 'VM')} uncovered", ("virtual machine",), uncovered)
    if plan.quiet:
        counts = Counter(quiet.because for quiet in plan.quiet)
        rows = tuple((str(counts[reason]), quiet_words(reason)) for reason in in_quiet_order(counts))
        yield Table(f"{len(plan.quiet)} unchanged", ("number", "why"), rows)


def _row(policy: str, fold: Fold, causes: Causes) -> tuple[str, ...]:
    why, _, cost = said_of(fold, causes, full=False)
    more = [text for text in changes(fold.first) if text != why]
    return (
        fold.first.action,
        many(fold.names, fold.first.subject.kind),
        policy,
        "; ".join(filter(None, [why, *more, cost])),
    )
