"""`reconcile explain`: one row or topic of the troubleshooting table, or why a VM is treated as it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import output
from reconciler.cli.options import files_option, lang_option, language_of, nearest, option
from reconciler.cli.params import Cloud
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.diagnostics.catalog import Catalog, Found, Row, Topic
    from reconciler.diagnostics.language import Language


@click.command()
@click.argument("code", required=False, metavar="[CODE | VM]")
@files_option
@option("--cloud", type=Cloud(), default="azure", metavar="CLOUD", help="For a VM, as of reconcile itself.")
@option("--estate", type=click.Path(dir_okay=False), metavar="FILE", help="For a VM, as of reconcile itself.")
@click.option("-o", "--output", "form", type=click.Choice(["human", "json"]), default="human", help="Default: human.")
@lang_option
@click.pass_context
def explain(ctx: click.Context, /, code: str | None, form: str, **_taken_over: Any) -> None:
    """What a code means: cause, remedy, who acts, when it is tried again; or why a VM is treated as it is.

    CODE is one of ours, one of Azure's, or a number of a failed job; without it, all codes are listed. The topics
    vm-agent, network and consistency give the background of many rows.

    VM is a name (with -f), group/name or an ARM id. Shown is every document that could mean it, whether it does, by
    which condition not, and which one decides. Only reads are sent.

    \b
    Examples:
      reconcile explain register-vm-not-running
      reconcile explain UserErrorGuestAgentStatusUnavailable --lang zh-TW
      reconcile explain vm-agent
      reconcile explain
      reconcile explain -f backup web-01
      reconcile explain --cloud embedded -f examples/quickstart/backup rg-web/web-01
    """
    from reconciler.diagnostics.catalog import catalog

    table, spoken = catalog(), language_of(ctx)
    if code is None:
        _list(table, form, spoken)
        return
    found = table.find(code)
    if found.row is None and found.topic is None and ("/" in code or nearest(ctx, "file")):
        from reconciler.cli.explain_vm import explain_vm

        explain_vm(ctx, code, form, spoken)
        return
    if form == "json":
        click.echo(json.dumps(_answer(found, spoken), indent=2, ensure_ascii=False))
    else:
        _print(code, found, spoken, no_color=nearest(ctx, "no_color"))
        if found.row is None and found.topic is None:
            tell(f"If it is a VM: reconcile explain -f PATH {code}")
    ctx.exit(1 if found.row is None and found.topic is None else 0)


def _list(table: Catalog, form: str, language: Language) -> None:
    if form == "json":
        click.echo(json.dumps([_row(row, language) for row in table.rows.values()], indent=2, ensure_ascii=False))
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


def _answer(found: Found, language: Language) -> dict[str, object]:
    row = None if found.row is None else _row(found.row, language)
    topic = None if found.topic is None else _topic(found.topic, language)
    return {"format_version": "1.0", "row": row, "topic": topic, "suggestions": list(found.suggestions)}


def _row(row: Row, language: Language) -> dict[str, object]:
    """What a program can use; the matchers are our own affair."""
    import msgspec

    told = row.told(language)
    return {
        "id": row.id,
        "operations": list(row.operations),
        "language": language,
        "title": told.title,
        "cause": told.cause,
        "remedy": told.remedy,
        "steps": list(told.remedy_steps),
        "tell_apart": told.tell_apart,
        "or_else": list(row.or_else),
        "who": row.who,
        "retry": {name: value for name, value in msgspec.structs.asdict(row.retry).items() if value is not None},
        "predicted_by": list(row.predicted_by),
        "azure": list(row.codes),
        "numbers": list(row.numbers),
        "see": list(row.see),
        "source": row.source,
        "verified": row.verified,
    }


def _topic(topic: Topic, language: Language) -> dict[str, object]:
    told = topic.told(language)
    return {
        "id": topic.id,
        "language": language,
        "title": told.title,
        "text": list(told.text),
        "source": topic.source,
        "verified": topic.verified,
    }
