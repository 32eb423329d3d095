"""`reconcile status`: how each VM of the manifests' vaults is protected, and the jobs of the last day."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import output
from reconciler.cli.ci_files import counts_of
from reconciler.cli.exits import Exit
from reconciler.cli.manifests import loaded_or_exit
from reconciler.cli.options import files_option, lang_option, language_of, nearest, option
from reconciler.cli.params import FORMATS_HELP, SHEETS, Cloud, FormatParam
from reconciler.cli.sheets import show_sheet

if TYPE_CHECKING:
    from reconciler.model.status import Status

_TAKEN_OVER = ("file", "cloud", "estate", "subscription")


@click.command()
@files_option
@option("--cloud", type=Cloud(), default="azure", metavar="CLOUD", help="As of reconcile itself.")
@option("--estate", type=click.Path(dir_okay=False), metavar="FILE", help="As of reconcile itself.")
@option("--jobs", is_flag=True, help="Also each job of the last 24 hours.")
@option("--failed", is_flag=True, help="Only what is not well, and each failed job with its cause.")
@option("--vm", multiple=True, metavar="VM", help="All about one VM (name, group/name or ARM id); repeatable.")
@option("--recovery-points", is_flag=True,
        help="Read how consistent each latest recovery point is, a request a VM; else of 50 at most.")  # fmt: skip
@option("--full", is_flag=True, help="A line for every VM and job.")
@lang_option
@option("-o", "--output", type=FormatParam(), default="human", metavar="FORMAT", help=FORMATS_HELP)
@click.pass_context
def status(ctx: click.Context, /, **given: Any) -> None:
    """How each VM of the manifests' vaults is backed up: recovery points, next backups, and the jobs of the last day.

    A VM is verified when a recovery point was seen that is no older than its schedule allows, claimed when only Azure
    says that it is protected, unknown when its vault could not be read. Only reads are sent.
    Exit 1 when something could not be read, or no VM has the name given; else 0.

    \b
    Examples:
      reconcile status -f backup
      reconcile status -f backup --failed
      reconcile status -f backup --vm rg-web/web-01
      reconcile status --cloud embedded -f examples/quickstart/backup --jobs
      reconcile status -f backup -o json
    """
    from reconciler import app
    from reconciler.cli.reconcile import settings_of, tell_place
    from reconciler.diagnostics.status_json import status_json
    from reconciler.diagnostics.status_sheet import status_sheet

    words = ctx.find_root().params | {name: nearest(ctx, name) for name in _TAKEN_OVER}
    settings = replace(settings_of(words), dry_run=True, targets=given["vm"])
    try:
        place = app.find_place(settings)
        tell_place(place)
        desired = loaded_or_exit(settings.files, place.clock.now().date(), ctx)
        app.require_allowed(desired, settings)
        found = asyncio.run(app.status(desired, place, settings, all_points=given["recovery_points"]))
    except app.UsageSetupError as error:
        raise click.UsageError(str(error), ctx) from error
    except app.SetupError as error:
        raise click.ClickException(str(error)) from error
    if given["vm"] and not found.vms and not found.jobs:
        raise click.ClickException(
            f"no vault of these manifests has a VM {', '.join(given['vm'])}, and none is to be protected. "
            "Names are those that `reconcile status --full` lists."
        )
    code, form = Exit.DONE if found.complete else Exit.ERROR, nearest(ctx, "output")
    if form in SHEETS:
        sheet = status_sheet(found, cloud=place.name, language=language_of(ctx))
        show_sheet(form, sheet, counts_of(sheet, code=code))
    elif form == "human":
        _print(ctx, found, place.name, given)
    else:
        click.echo(status_json(found, cloud=place.name), nl=False)
    ctx.exit(code)


def _print(ctx: click.Context, found: Status, cloud: str, given: dict[str, Any]) -> None:
    from reconciler.diagnostics.status_text import render_status, render_vms

    console, full = output.console(no_color=nearest(ctx, "no_color")), nearest(ctx, "full")
    language = language_of(ctx)
    if given["vm"]:
        page = render_vms(found, cloud=cloud, full=full, width=console.width, language=language)
    else:
        page = render_status(
            found,
            cloud=cloud,
            jobs=given["jobs"],
            failed=given["failed"],
            full=full,
            width=console.width,
            language=language,
        )
    page.print(console)
