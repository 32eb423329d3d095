"""`reconcile demo`: the daemon, a vault and a repository in one command, with a story."""

from __future__ import annotations

import sys
import textwrap

import click

from reconciler.cli.options import option
from reconciler.cli.params import Duration, Listen

_WIDTH = 96


@click.command()
@option("--listen", type=Listen(), default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT",
        help="Where the page is served; port 0 takes a free one.")  # fmt: skip
@option("--for", "seconds", type=Duration(), metavar="T", help="End after so long, such as 60s. Default: at Ctrl-C.")
@click.pass_context
def demo(ctx: click.Context, /, listen: str, seconds: float | None) -> None:
    """Show what watch mode does: commits are applied, trouble appears with its row, and mending it heals.

    An embedded vault and a Git repository are made in a folder for the time of the demonstration; no subscription,
    no sign-in, and nothing is left behind.

    \b
    Examples:
      reconcile demo
      reconcile demo --for 60s --listen 127.0.0.1:0
    """
    from reconciler import log
    from reconciler.app import SetupError, UsageSetupError
    from reconciler.demo.show import show
    from reconciler.model.journal import JournalError

    if ctx.find_root().params.get("log_level") is None and not ctx.find_root().params.get("verbose"):
        log.configure(level="error", style=ctx.find_root().params.get("log_format"))
    try:
        number = show(listen, seconds, _say)
    except UsageSetupError as error:
        raise click.UsageError(str(error), ctx) from error
    except (SetupError, JournalError) as error:
        raise click.ClickException(str(error)) from error
    if number is not None:
        _say("Ended; the folder of the demonstration is gone.")


def _say(text: str) -> None:
    """A paragraph, with its first line set out."""
    first, *rest = [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(part, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    ]
    click.echo(click.style(f"▸ {first}" if sys.stdout.encoding.lower().startswith("utf") else f"> {first}", bold=True))
    for line in rest:
        click.echo(f"  {line}")
    sys.stdout.flush()
