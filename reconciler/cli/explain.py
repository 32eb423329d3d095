"""`reconcile explain`: one row of the troubleshooting table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from reconciler.cli import output
from reconciler.cli.options import nearest

if TYPE_CHECKING:
    from reconciler.diagnostics.catalog import Found


@click.command()
@click.argument("code", required=False)
@click.option("-o", "--output", "form", type=click.Choice(["human", "json"]), default="human", help="Default: human.")
@click.pass_context
def explain(ctx: click.Context, /, code: str | None, form: str) -> None:
    """What a code means: cause, remedy, who acts, when it is tried again.

    CODE is one of ours, one of Azure's, or a number of a failed job; without it, all codes are listed.

    \b
    Examples:
      reconcile explain register-vm-not-running
      reconcile explain UserErrorGuestAgentStatusUnavailable
      reconcile explain
    """
    from reconciler.diagnostics.catalog import catalog, catalog_order

    table = catalog()
    if code is None:
        rows = [table.row(name) for name in catalog_order(iter(table.rows))]
        if form == "json":
            click.echo(json.dumps([_document(row) for row in rows], indent=2))
            return
        width = max(len(row.id) for row in rows)
        for row in rows:
            click.echo(f"{row.id.ljust(width)}  {row.title}")
        return
    found = table.find(code)
    if form == "json":
        click.echo(json.dumps(_answer(found), indent=2))
    else:
        _print(code, found, no_color=nearest(ctx, "no_color"))
    ctx.exit(0 if found.row is not None else 1)


def _print(code: str, found: Found, *, no_color: bool) -> None:
    from reconciler.diagnostics.explain_text import render_found

    console = output.console(no_color=no_color)
    render_found(code, found, width=console.width).print(console)


def _answer(found: Found) -> dict[str, object]:
    row = None if found.row is None else _document(found.row)
    return {"format_version": "1.0", "row": row, "suggestions": list(found.suggestions)}


def _document(row: object) -> object:
    import msgspec

    return msgspec.to_builtins(row)
