"""What people are told beside the data: lines on stderr, in their language and harmless for a terminal."""

from __future__ import annotations

import click

from reconciler.cli.options import language_of


def tell(*lines: str) -> None:
    """Print each line."""
    from reconciler.diagnostics.escape import terminal

    for line in lines:
        click.echo(terminal(said(line)), err=True)


def said(text: str) -> str:
    """A sentence or a word in the language of the command that runs; where none does, in that of the locale."""
    from reconciler.diagnostics.phrases import spoken

    return spoken(text, language_of(click.get_current_context(silent=True)))
