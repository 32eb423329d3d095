"""What a run shows, in each format, on stdout and into files."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.sheets import sheet_text
from reconciler.saved_plan import replace_file

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from reconciler.app import Report
    from reconciler.diagnostics.language import Language
    from reconciler.diagnostics.sheet import Sheet
    from reconciler.model.plan import Plan

PLAIN_WIDTH = 80
TABLE_WIDTH = 132
"""Columns of a table where there is no terminal: nobody wraps what a program reads."""


def wants_color(environment: Mapping[str, str], *, refused: bool, terminal: bool) -> bool:
    """Whether to use colours: NO_COLOR and --no-color forbid, FORCE_COLOR asks, else a terminal that can and no CI."""
    if refused or environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return terminal and environment.get("TERM") != "dumb" and not environment.get("CI")


def console(*, no_color: bool, width: int = PLAIN_WIDTH) -> Console:
    """Where people read: stdout, as wide as the terminal, and `width` columns where there is none."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    color = wants_color(os.environ, refused=no_color, terminal=terminal)
    return Console(
        file=sys.stdout,
        width=None if terminal else width,
        force_terminal=color,
        color_system="auto" if color and terminal else ("standard" if color else None),
        no_color=not color,
        highlight=False,
    )


def shown_plan(report: Report) -> Plan:
    """The plan as it is shown: after an apply with what the closing look saw, so that nothing is claimed unseen."""
    after = report.after
    if report.outcomes is None or after is None:
        return report.plan
    return replace(
        report.plan,
        complete=report.plan.complete and after.complete,
        findings=after.findings,
        quiet=after.quiet,
        coverage=after.coverage,
    )


def text_of(
    form: str, report: Report, cloud: str, *, full: bool, width: int = PLAIN_WIDTH, language: Language = "en"
) -> str:
    """The report in a format, without colours."""
    plan = shown_plan(report)
    if form == "json":
        from reconciler.diagnostics.as_json import plan_json

        return plan_json(plan, cloud=cloud, outcomes=report.outcomes)
    if form == "jsonl":
        from reconciler.diagnostics.as_jsonl import plan_lines

        return "".join(plan_lines(plan, cloud=cloud, outcomes=report.outcomes))
    if form != "human":
        return sheet_text(form, sheet_of(report, cloud, language))
    from reconciler.actions import ACTIONS
    from reconciler.diagnostics.plan_text import render_plan

    symbols = {kind: action.symbol for kind, action in ACTIONS.items()}
    page = render_plan(
        plan,
        cloud=cloud,
        symbols=symbols,
        full=full,
        outcomes=report.outcomes,
        dry_run=report.outcomes is None,
        width=width,
        language=language,
        sources=_sources(plan) if full else {},
    )
    return page.plain


def sheet_of(report: Report, cloud: str, language: Language) -> Sheet:
    """What the formats for machines and reviewers are made of."""
    from reconciler.diagnostics.plan_sheet import plan_sheet

    return plan_sheet(shown_plan(report), cloud=cloud, outcomes=report.outcomes, language=language)


def show(form: str, report: Report, cloud: str, *, full: bool, no_color: bool, language: Language) -> None:
    """The report on stdout, in a format that is no sheet."""
    if form != "human":
        click.echo(text_of(form, report, cloud, full=full), nl=False)
        return
    from reconciler.actions import ACTIONS
    from reconciler.diagnostics.plan_text import print_plan

    print_plan(
        console(no_color=no_color),
        shown_plan(report),
        cloud=cloud,
        symbols={kind: action.symbol for kind, action in ACTIONS.items()},
        full=full,
        outcomes=report.outcomes,
        dry_run=report.outcomes is None,
        language=language,
        sources=_sources(report.plan) if full else {},
    )


def _sources(plan: Plan) -> dict[str, str]:
    """The manifests that findings point to; one that has gone meanwhile is named without its line."""
    found = {}
    for name in {finding.source.file for finding in plan.findings} - {""}:
        try:
            found[name] = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
    return found


def write_files(
    wanted: tuple[tuple[str, str], ...], report: Report, cloud: str, *, full: bool, language: Language
) -> None:
    """Every `--output-file`; raises click.ClickException naming the one that could not be written."""
    for form, path in wanted:
        try:
            replace_file(Path(path), text_of(form, report, cloud, full=full, language=language))
        except OSError as error:
            raise click.ClickException(f"{path} could not be written: {error.strerror}") from error


def table(title: str, *columns: str) -> Table:
    """An empty table that reads well without colours."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def print_table(on: Console, shown: Table) -> None:
    """The table, without the spaces to its right, and one empty line behind it."""
    from rich.text import Text

    for segments in on.render_lines(shown, pad=False):
        line = Text.assemble(*((segment.text, segment.style or "") for segment in segments))
        line.rstrip()
        if line.plain:
            on.print(line, soft_wrap=True)
    on.print()


def add_row(to: Table, *cells: str) -> None:
    """A row of foreign text: nothing in it is interpreted."""
    from rich.text import Text

    from reconciler.diagnostics.escape import terminal

    to.add_row(*(Text(terminal(cell)) for cell in cells))
