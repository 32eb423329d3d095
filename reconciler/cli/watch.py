"""`reconcile --watch`: stay, follow the manifests, and keep Azure as they say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import click

from reconciler import app
from reconciler.app import Place, SetupError, UsageSetupError
from reconciler.cli.git_options import require_sense as require_git_sense
from reconciler.cli.options import ARGUMENTS
from reconciler.cli.reconcile import settings_of, tell_place
from reconciler.cli.streams import outlive
from reconciler.cli.telling import tell
from reconciler.model.journal import JournalError
from reconciler.settings import Settings, SettingsError

_FOR_ONE_RUN = ("dry_run", "out", "plan", "target", "detailed_exitcode", "output_file", "require_coverage")
_UNATTENDED_STOPS = 0
"""Nobody is there to say stop: what ends a protection is held unless the operator allows it."""


def run(ctx: click.Context) -> int:
    """The whole command; the exit code."""
    _require_sense(ctx)
    settings = settings_of(ctx.params)

    def again() -> Settings:
        return _read_again(ctx)

    try:
        place = app.find_place(settings)
        tell_place(place)
        if place.fresh:
            place = app.keep_world(place)
        outlive(ctx)
        return _watch(place, settings, again)
    except UsageSetupError as error:
        raise click.UsageError(str(error), ctx) from error
    except (SetupError, JournalError) as error:
        raise click.ClickException(str(error)) from error


def _require_sense(ctx: click.Context) -> None:
    require_git_sense(ctx)
    _require_safe_page(ctx)
    for name in _FOR_ONE_RUN:
        given = ctx.get_parameter_source(name)
        if given is click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} is for a single run: it does not go with --watch", ctx)
    if ctx.params["confirm_gone"]:
        # From wherever: who has looked once has not looked at what the same name will mean next month.
        raise click.UsageError("--confirm-gone is for a single run: a second look of --watch confirms by itself", ctx)
    if ctx.get_parameter_source("max_stops") is click.core.ParameterSource.DEFAULT:
        ctx.params["max_stops"] = _UNATTENDED_STOPS


def _require_safe_page(ctx: click.Context) -> None:
    """Before anything is looked for: whoever mistypes an address should not read of manifests."""
    from reconciler.web.hosts import ListenError, allowed_names, require_safe

    host, _, _ = ctx.params["listen"].rpartition(":")
    try:
        allowed_names(ctx.params["page_host"])
        require_safe(host, ctx.params["page_host"])
    except ListenError as error:
        raise click.UsageError(f"--listen, --page-host: {error}", ctx) from error


def _read_again(ctx: click.Context) -> Settings:
    """The same command line with the settings file as it is now; SettingsError."""
    try:
        with ctx.command.make_context(ctx.info_name, list(ctx.meta[ARGUMENTS])) as fresh:
            _require_sense(fresh)
            return settings_of(fresh.params)
    except click.ClickException as error:
        raise SettingsError(error.format_message()) from error


def _watch(place: Place, settings: Settings, again: Callable[[], Settings]) -> int:
    from reconciler.watch import daemon
    from reconciler.watch.serving import Server

    server = Server(settings.watching.listen, settings.watching.page_hosts)
    place = daemon.paced(place)
    try:
        number = asyncio.run(daemon.watch(place, settings, server, tell, again))
    except asyncio.CancelledError:
        return 130
    finally:
        server.release()
        daemon.at_rest(place)
    return 128 + number if number is not None else 1
