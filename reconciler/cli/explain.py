"""`reconcile explain`: a row or topic of the troubleshooting table, by code or by message; why a VM is as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import output
from reconciler.cli.options import files_option, lang_option, language_of, nearest, option
from reconciler.cli.params import Cloud
from reconciler.cli.telling import tell
from reconciler.diagnostics.meanings import OPERATIONS

if TYPE_CHECKING:
    from reconciler.diagnostics.catalog import Catalog, Found
    from reconciler.diagnostics.language import Language


@click.command()
@click.argument("words", nargs=-1, metavar="[CODE | MESSAGE | VM]")
@files_option
@option("--cloud", type=Cloud(), default="azure", metavar="CLOUD", help="For a VM, as of reconcile itself.")
@option("--estate", type=click.Path(dir_okay=False), metavar="FILE", help="For a VM, as of reconcile itself.")
@click.option("--operation", type=click.Choice(OPERATIONS), help="What Azure was asked to do, where you know it.")
@click.option("-o", "--output", "form", type=click.Choice(["human", "json"]), default="human", help="Default: human.")
@lang_option
@click.pass_context
def explain(
    ctx: click.Context, /, words: tuple[str, ...], operation: str | None, form: str, **_taken_over: Any
) -> None:
    """What a code or a message means: cause, remedy, who acts, when it is tried again; or why a VM is as it is.

    CODE is one of ours, one of Azure's, or a number of a failed job; without it, all codes are listed. The topics
    vm-agent, network and consistency give the background of many rows.

    MESSAGE is an error as the portal or a log has it, in English or Chinese, in quotes; its JSON; or - for standard
    input. Where several rows fit, each is named, and what tells them apart. Exit code 1: the table has no row for it.

    VM is a name (with -f), group/name or an ARM id. Shown is every document that could mean it, whether it does, by
    which condition not, and which one decides. Only reads are sent.

    \b
    Examples:
      reconcile explain register-vm-not-running
      reconcile explain UserErrorGuestAgentStatusUnavailable --lang zh-TW
      reconcile explain vm-agent
      reconcile explain "VM agent is unable to communicate with the Azure Backup Service."
      reconcile explain --operation backup "VM agent is unable to communicate with the Azure Backup Service."
      az backup job show … | reconcile explain -
      reconcile explain
      reconcile explain -f backup web-01
      reconcile explain --cloud embedded -f examples/quickstart/backup rg-web/web-01
    """
    from reconciler.cli.explain_message import explain_message, given, is_asked
    from reconciler.diagnostics.catalog import catalog
    from reconciler.diagnostics.explain_json import found_document

    table, spoken = catalog(), language_of(ctx)
    if not words:
        _list(table, form, spoken)
        return
    code = given(ctx, words)
    found = table.find(code)
    if is_asked(table, code, found, operation):
        explain_message(ctx, table, code, form, spoken, operation)
        return
    if found.row is None and found.topic is None and ("/" in code or nearest(ctx, "file")):
        from reconciler.cli.explain_vm import explain_vm

        explain_vm(ctx, code, form, spoken)
        return
    if form == "json":
        click.echo(json.dumps(found_document(found, spoken), indent=2, ensure_ascii=False))
    else:
        _print(code, found, spoken, no_color=nearest(ctx, "no_color"))
        if found.row is None and found.topic is None:
            tell(f"If it is a VM: reconcile explain -f PATH {code}")
    ctx.exit(1 if found.row is None and found.topic is None else 0)


def _list(table: Catalog, form: str, language: Language) -> None:
    from reconciler.diagnostics.explain_json import row_document

    if form == "json":
        click.echo(
            json.dumps([row_document(row, language) for row in table.rows.values()], indent=2, ensure_ascii=False)
        )
        return
    width = max(map(len, (*table.rows, *table.topics)))
    titles = {row.id: row.told(language).title for row in table.rows.values()}
    titles |= {topic.id: topic.told(language).title for topic in table.topics.values()}
    for name, title in titles.items():
        click.echo(f"{name.ljust(width)}  {title}")


def _print(code: str, found: Found, language: Language, *, no_color: bool) -> None:
    from reconciler.diagnostics.explain_text import render_found

    console = output.console(no_color=no_color)
    render_found(code, found, width=console.width, language=language).print(console)
