"""Where a command finds its manifests, and how it ends when something is wrong with them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.exits import Exit

if TYPE_CHECKING:
    from reconciler.model.desired import Desired

USUAL_FOLDER = "backup"


def sources_of_manifests(given: tuple[str, ...]) -> tuple[str, ...]:
    """The paths given or, without any, the folder `backup` or this one; which of them it is is told on stderr."""
    if given:
        missing = [path for path in given if not Path(path).exists()]
        if missing:
            raise click.UsageError(f"there is no file or folder {missing[0]} (given with -f)")
        return given
    if Path(USUAL_FOLDER).is_dir():
        found = USUAL_FOLDER
    elif any(Path().glob("*.yaml")) or any(Path().glob("*.yml")):
        found = "."
    else:
        raise click.UsageError(
            f"there are no manifests here: no folder {USUAL_FOLDER}/ and no *.yaml in this one. "
            "Say where they are: reconcile -f PATH"
        )
    click.echo(f"Manifests: {found} (no -f was given)", err=True)
    return (found,)


def loaded_or_exit(files: tuple[str, ...], today: date, ctx: click.Context) -> Desired:
    """What the manifests want; with a mistake in them, all mistakes on stderr and exit 65."""
    from rich.console import Console

    from reconciler.app import load_manifests
    from reconciler.diagnostics.text import print_diagnostics

    loaded = load_manifests(files, today)
    if loaded.diagnostics:
        print_diagnostics(Console(stderr=True, highlight=False), loaded.diagnostics, loaded.sources)
    desired = loaded.desired
    if desired is None:
        ctx.exit(Exit.INVALID)
    return desired
