"""`reconcile` without a command: look and plan, and unless it is a dry run, apply."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from reconciler import app, saved_plan
from reconciler.app import Place, PlanRefusedError, Report, SetupError, UsageSetupError
from reconciler.cli import exits, output, progress
from reconciler.cli.ci_files import outputs_of
from reconciler.cli.exits import Exit
from reconciler.cli.git_options import require_sense as require_git_sense
from reconciler.cli.manifests import loaded_or_exit, sources_of_manifests
from reconciler.cli.options import language_of
from reconciler.cli.params import SHEETS
from reconciler.cli.sheets import show_sheet
from reconciler.cli.streams import outlive
from reconciler.cli.telling import tell
from reconciler.cli.watch_options import watching_of
from reconciler.diagnostics.subject_names import is_vm, plural
from reconciler.interruption import Interruption
from reconciler.model.audit import Head
from reconciler.model.desired import Desired
from reconciler.model.ids import fold
from reconciler.model.journal import JournalError
from reconciler.model.outcome import Failed, Pending, Retry, Skipped
from reconciler.model.plan import Plan, Severity
from reconciler.settings import Settings, pause_reason

_UNCOVERED = "vm-uncovered"
"""Has an exit code of its own."""
_WARNINGS = "warnings and errors"
_NO_TARGET = "target-not-found"
"""A `--target` that names nothing is an error of the command line, not of a VM."""


def run(ctx: click.Context) -> int:
    """The whole command; the exit code."""
    words = ctx.params
    require_git_sense(ctx)
    _require_sense(words, ctx)
    settings = settings_of(words)
    try:
        place = app.find_place(settings)
        tell_place(place)
        desired = loaded_or_exit(settings.files, place.clock.now().date(), ctx)
        app.require_allowed(desired, settings)
        if place.fresh and not settings.dry_run:
            place = app.keep_world(place)
        if not settings.dry_run:
            outlive(ctx)
        return _reconcile(desired, place, settings, ctx)
    except UsageSetupError as error:
        raise click.UsageError(str(error), ctx) from error
    except (SetupError, JournalError) as error:
        raise click.ClickException(str(error)) from error
    except PlanRefusedError as error:
        tell(f"Held: {error}. Make a new plan: reconcile --dry-run --out {settings.plan}")
        return Exit.HELD


def settings_of(words: dict[str, Any]) -> Settings:
    """The settings that the options, the environment and the settings file give together."""
    return Settings(
        files=() if words.get("git") else sources_of_manifests(words["file"]),
        cloud=words["cloud"],
        estate=words["estate"],
        dry_run=words["dry_run"],
        targets=words["target"],
        out=words["out"],
        plan=words["plan"],
        parallelism=words["parallelism"],
        timeout=words["timeout"],
        max_writes=words["max_writes"],
        max_stops=words["max_stops"],
        max_shrink=words["max_shrink"],
        canary=words["canary"],
        confirm_gone=words["confirm_gone"],
        require_coverage=words["require_coverage"],
        fail_on=words["fail_on"],
        pause=pause_reason(os.environ),
        pause_file=words["pause_file"],
        subscriptions=words["subscription"],
        journal=words["journal"],
        watching=watching_of(words),
    )


def _require_sense(words: dict[str, Any], ctx: click.Context) -> None:
    if words["out"] is not None and not words["dry_run"]:
        raise click.UsageError("--out keeps the plan of a dry run: add --dry-run", ctx)
    if words["plan"] is not None and words["dry_run"]:
        raise click.UsageError("--plan applies a kept plan; it does not go with --dry-run", ctx)
    if words["detailed_exitcode"] and not words["dry_run"]:
        raise click.UsageError("--detailed-exitcode tells of pending changes: it goes with --dry-run only", ctx)
    said_here = ctx.get_parameter_source("fail_on") is ParameterSource.COMMANDLINE
    if said_here and not words["dry_run"]:
        raise click.UsageError("--fail-on judges a plan before it is applied: it goes with --dry-run only", ctx)


def tell_place(place: Place) -> None:
    """Which cloud is used, before anything else, on stderr."""
    tell(f"Cloud: {place.title}", *(f"Note: {note}" for note in place.notes))


def tell_head(head: Head | None) -> None:
    """The end of the audit log, on stderr: kept elsewhere, it proves later that nothing was cut off."""
    if head is not None and head.entries:
        tell(f"Audit log: {plural(head.entries, 'entry', 'entries')}, head {head.hash}")


def _reconcile(desired: Desired, place: Place, settings: Settings, ctx: click.Context) -> int:
    words = ctx.params
    form, full, language = words["output"], words["full"], language_of(ctx)
    interruption = Interruption()
    teller, events = progress.for_run(place, form, verbose=words["verbose"] > 0, applying=not settings.dry_run)
    try:
        report = asyncio.run(_work(desired, place, settings, teller, interruption))
    except asyncio.CancelledError:
        return _interrupted(interruption)
    finally:
        teller.close()
        if place.world is not None:
            place.world.close()
    if events is not None:
        events.plan(output.shown_plan(report), place.name, report.outcomes)
    elif form not in SHEETS:
        output.show(form, report, place.name, full=full, no_color=words["no_color"], language=language)
    output.write_files(words["output_file"], report, place.name, full=full, language=language)
    tell_head(report.head)
    if settings.out is not None:
        _keep_plan(Path(settings.out), report, place, settings)
    ended = interruption.signal is not None
    code = _interrupted(interruption) if ended else exit_code(report, settings, detailed=words["detailed_exitcode"])
    if form in SHEETS:
        outputs = outputs_of(output.shown_plan(report), report, code=code, plan_file=settings.out or "")
        show_sheet(form, output.sheet_of(report, place.name, language), outputs)
    return code


async def _work(desired: Desired, place: Place, settings: Settings, teller: Any, interruption: Interruption) -> Report:
    interruption.watch()
    if settings.dry_run:
        return await app.plan_only(desired, place, settings, teller)
    return await app.apply(desired, place, settings, teller, interruption)


def _interrupted(interruption: Interruption) -> int:
    name = interruption.signal.name if interruption.signal else "a signal"
    tell(f"Interrupted by {name}: nothing more was sent; the next run takes up what still runs.")
    return 128 + (interruption.signal or 2)


def _keep_plan(path: Path, report: Report, place: Place, settings: Settings) -> None:
    from reconciler.diagnostics.as_json import plan_document

    try:
        saved_plan.write(path, plan_document(report.plan, cloud=place.name), settings.targets)
    except OSError as error:
        raise click.ClickException(f"the plan could not be written to {path}: {error.strerror}") from error
    tell(f"Plan kept in {path}. To apply it, and nothing else: the same command with --plan {path}")


def exit_code(report: Report, settings: Settings, *, detailed: bool) -> Exit:
    """What the run comes to; says on stderr what the documents do not."""
    met: set[Exit] = set()
    coverage = (report.after or report.plan).coverage
    if coverage.uncovered and settings.require_coverage:
        met.add(Exit.COVERAGE)
    if report.plan.held or (report.after is not None and report.after.held):
        met.add(Exit.HELD)
    if any(finding.code == _NO_TARGET for finding in report.plan.findings):
        met.add(Exit.ERROR)
    if not report.plan.complete or (report.after is not None and not report.after.complete):
        met.add(Exit.ERROR)
    if isinstance(report.halt, JournalError):
        tell(f"Error: {report.halt}. Nothing further was sent.")
        met.add(Exit.ERROR)
    if report.outcomes is None:
        met |= _failed_on(report.plan, settings.fail_on)
        if detailed and report.plan.steps:
            met.add(Exit.PENDING)
        return exits.first(exits.DRY_RUN, met)
    return exits.first(exits.APPLY, met | _of_outcomes(report))


def _failed_on(plan: Plan, named: tuple[str, ...]) -> set[Exit]:
    """What `--fail-on` names and the plan has; says so on stderr."""
    found = []
    if "predicted" in named and (number := _predicted(plan)):
        found.append(f"a failure is predicted for {plural(number, 'VM')}")
    told = [finding for finding in plan.findings if finding.severity is not Severity.INFO]
    if "warning" in named and told:
        found.append(f"there {'is' if len(told) == 1 else 'are'} {plural(len(told), 'warning or error', _WARNINGS)}")
    if found:
        tell(f"Exit 3 because of --fail-on: {', and '.join(found)}.")
    return {Exit.HELD} if found else set()


def _predicted(plan: Plan) -> int:
    """VMs with a step that is expected to fail, or without a step because of a fact that forbids it."""
    steps = (*plan.steps, *(held.step for held in plan.held))
    subjects = {fold(step.subject.id) for step in steps if step.predicted}
    for finding in plan.findings:
        foreseen = finding.severity is Severity.ERROR and finding.code != _UNCOVERED and not finding.azure
        subjects.update(fold(subject) for subject in finding.subjects if foreseen and is_vm(subject))
    return len(subjects)


def _of_outcomes(report: Report) -> set[Exit]:
    if report.refused:
        tell("Held: the kept plan is not applied.", *(f"  {line}" for line in report.refused.splitlines()))
        return {Exit.HELD}
    outcomes = (report.outcomes or {}).values()
    met: set[Exit] = set()
    if any(isinstance(outcome, Failed | Retry | Pending) for outcome in outcomes):
        met.add(Exit.PARTIAL)
    held = "" if isinstance(report.halt, JournalError) else report.stopped
    if held and any(isinstance(one, Skipped) and one.because == held for one in outcomes):
        tell(f"Held: {held}; what was left out is listed above.")
        met.add(Exit.HELD)
    elif not report.plan.held and _troubled(report):
        met.add(Exit.PARTIAL)
    return met


def _troubled(report: Report) -> bool:
    """Whether a VM that is wanted stays as it is because of an error, without a step or a guard that says so."""
    plan = report.after or report.plan
    told = {held.guard for held in plan.held} | {_UNCOVERED, _NO_TARGET}
    return any(finding.severity is Severity.ERROR and finding.code not in told for finding in plan.findings)
