"""Where a command finds its manifests, and how it ends when something is wrong with them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.ci_files import counts_of
from reconciler.cli.exits import Exit
from reconciler.cli.options import language_of, nearest
from reconciler.cli.params import SHEETS
from reconciler.cli.sheets import show_sheet
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.manifests.load import Loaded
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
    tell(f"Manifests: {found} (no -f was given)")
    return (found,)


def loaded_or_exit(files: tuple[str, ...], today: date, ctx: click.Context) -> Desired:
    """What the manifests want; with a mistake in them, all mistakes on stderr and exit 65."""
    from rich.console import Console

    from reconciler.app import load_manifests
    from reconciler.diagnostics.text import print_diagnostics

    loaded = load_manifests(files, today)
    if loaded.diagnostics:
        console = Console(stderr=True, highlight=False)
        print_diagnostics(console, loaded.diagnostics, loaded.sources, language_of(ctx))
    desired = loaded.desired
    if desired is None:
        _show_mistakes(loaded, ctx)
        ctx.exit(Exit.INVALID)
    return desired


def _show_mistakes(loaded: Loaded, ctx: click.Context) -> None:
    """On stdout too, in a format for machines: what cannot be planned still has its place on the lines of the YAML."""
    from reconciler.diagnostics.manifests_sheet import manifests_sheet

    form = nearest(ctx, "output")
    if form in SHEETS:
        sheet = manifests_sheet(loaded.diagnostics, loaded.sources, "", language_of(ctx))
        show_sheet(form, sheet, counts_of(sheet, code=Exit.INVALID))
