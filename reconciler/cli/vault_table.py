"""`reconcile vault table`: the thirteen rows of the troubleshooting table, each played from its cause to its cure."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli import output
from reconciler.cli.options import nearest


@click.command()
@click.argument("rows", metavar="[ROW]...", nargs=-1)
@click.option(
    "-o", "--output", "form", type=click.Choice(["human", "json", "markdown"]), default="human", help="Default: human."
)
@click.pass_context
def table(ctx: click.Context, /, rows: tuple[str, ...], form: str, **_given: Any) -> None:
    """Cause every row of the source document's table in an embedded vault of its own, and show what became of it.

    Each is foreseen by a dry run where that can be, met with the service's own error, classified, acted on and healed.
    ROW is the id or the number of a row; without it, all thirteen. The exit code is 1 when one was not as it should be.

    \b
    Examples:
      reconcile vault table
      reconcile vault table register-vm-not-running
      reconcile vault table 5 11 -o json
      reconcile vault table -o markdown > docs/thirteen-rows.md
    """
    from reconciler.rehearsal import table as pages
    from reconciler.rehearsal.play import play
    from reconciler.rehearsal.script import shipped

    scenarios = shipped()
    known = {name: one for one in scenarios for name in (one.row, str(one.number))}
    for row in rows:
        if row not in known:
            raise click.UsageError(f"{row!r} is none of the thirteen rows: {', '.join(one.row for one in scenarios)}")
    chosen = [one for one in scenarios if not rows or any(known[row] is one for row in rows)]
    results = [play(one) for one in chosen]
    if form == "human":
        output.console(no_color=nearest(ctx, "no_color")).print(pages.terminal_table(results))
    else:
        click.echo(pages.as_json(results) if form == "json" else pages.markdown(results), nl=form == "json")
    good = sum(played.passed for played in results)
    if form == "human":
        click.echo(f"\n{good} of {len(results)} rows were as they should be.")
        if any(played.scenario.unforeseen for played in results):
            click.echo("-  cannot be predicted: nothing that can be observed tells of it beforehand")
    for played in results:
        for problem in played.problems:
            click.echo(f"{played.scenario.row}: {problem}", err=True)
    ctx.exit(0 if good == len(results) else 1)
