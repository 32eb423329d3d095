"""`reconcile explain VM`: why a VM is treated as it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli import output
from reconciler.cli.manifests import loaded_or_exit
from reconciler.cli.options import nearest

if TYPE_CHECKING:
    from reconciler.diagnostics.language import Language
    from reconciler.model.trace import Trace

_TAKEN_OVER = ("file", "cloud", "estate", "subscription")


def explain_vm(ctx: click.Context, name: str, form: str, language: Language) -> None:
    """Every document that could mean the VM and what became of it; a name of several VMs explains each."""
    traces = _traces(ctx, name)
    if not traces:
        raise click.ClickException(
            f"{name} is neither a code of the troubleshooting table nor a VM of the subscriptions and vaults of these "
            "manifests. `reconcile explain` lists the codes, `reconcile status --full` the VMs."
        )
    if form == "json":
        from reconciler.diagnostics.escape import json_text
        from reconciler.diagnostics.trace_json import traces_document

        click.echo(json_text(traces_document(traces), indent=2))
        return
    from reconciler.diagnostics.trace_text import render_trace

    console = output.console(no_color=nearest(ctx, "no_color"))
    for number, trace in enumerate(traces):
        if number:
            click.echo()
        render_trace(trace, width=console.width, language=language).print(console)


def _traces(ctx: click.Context, name: str) -> tuple[Trace, ...]:
    from reconciler import app
    from reconciler.cli.reconcile import settings_of, tell_place

    words = ctx.find_root().params | {key: nearest(ctx, key) for key in _TAKEN_OVER}
    settings = replace(settings_of(words), dry_run=True)
    try:
        place = app.find_place(settings)
        tell_place(place)
        desired = loaded_or_exit(settings.files, place.clock.now().date(), ctx)
        app.require_allowed(desired, settings)
        return asyncio.run(app.traces(desired, place, settings, name))
    except app.UsageSetupError as error:
        raise click.UsageError(str(error), ctx) from error
    except app.SetupError as error:
        raise click.ClickException(str(error)) from error
