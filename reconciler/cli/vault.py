"""`reconcile vault`: the embedded vault, and what can be done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from reconciler.cli.lazy import Entry, LazyGroup
from reconciler.cli.options import F, nearest, option
from reconciler.cli.params import Cloud
from reconciler.settings import DEFAULT_VAULT_FILE

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World


class Vault(LazyGroup):
    """The commands on an embedded vault."""

    entries: ClassVar = {
        "serve": Entry("reconciler.cli.vault_serve:serve", "Serve it over HTTP or HTTPS, as Azure would."),
        "seed": Entry("reconciler.cli.vault_serve:seed", "Make one: of N machines, or from an estate file."),
        "show": Entry("reconciler.cli.vault_show:show", "Machines, protection, jobs, recovery points, requests."),
        "advance": Entry("reconciler.cli.vault_change:advance", "Let time pass: schedules fire, jobs run."),
        "set": Entry("reconciler.cli.vault_change:set_facts", "Change facts of a machine: break it, or repair it."),
        "portal": Entry("reconciler.cli.vault_portal:portal", "What people do in the portal, behind our back."),
        "fault": Entry("reconciler.cli.vault_fault:fault", "Make the service itself fail."),
        "table": Entry("reconciler.cli.vault_table:table", "Cause and cure each row of the troubleshooting table."),
    }


@click.command(cls=Vault)
def vault() -> None:
    """The embedded vault: a simulated Azure in one file (.reconcile/vault.db), for trying things out.

    \b
    Examples:
      reconcile vault seed 20
      reconcile vault show
      reconcile vault set web-01 power=deallocated
      reconcile vault advance 2 days
      reconcile vault serve --port 8443
    """


def vault_option() -> Callable[[F], F]:
    """`--cloud embedded:FILE`: which vault a command is about."""
    return option("--cloud", type=Cloud(), default=None, metavar="embedded:FILE",
                  help=f"The file of the vault. Default: embedded:{DEFAULT_VAULT_FILE}.")  # fmt: skip


def vault_file(ctx: click.Context) -> Path:
    """The file that `--cloud` names here or further up; a cloud that is not embedded is a usage error."""
    cloud = nearest(ctx, "cloud")
    if cloud is None or (cloud == "azure" and not _named(ctx)):
        return Path(DEFAULT_VAULT_FILE)
    kind, _, file = str(cloud).partition(":")
    if kind != "embedded":
        raise click.UsageError(f"this is about an embedded vault: --cloud embedded[:FILE], not {cloud}", ctx)
    return Path(file or DEFAULT_VAULT_FILE)


def _named(ctx: click.Context) -> bool:
    """Whether somebody chose the cloud, and not the default."""
    from click.core import ParameterSource

    above: click.Context | None = ctx
    while above is not None:
        if above.get_parameter_source("cloud") not in {None, ParameterSource.DEFAULT}:
            return True
        above = above.parent
    return False


@contextmanager
def opened(ctx: click.Context, *, read_only: bool = False) -> Iterator[World]:
    """The vault of this command; one that is not there yet is an error that says how to make it."""
    from reconciler.vaultserver.database import NotAVaultError, VaultBusyError
    from reconciler.vaultserver.world import World

    file = vault_file(ctx)
    if not file.exists():
        raise click.ClickException(
            f"there is no embedded vault in {file} yet. Make one: reconcile vault seed 20, "
            "or let reconcile do it: reconcile --cloud embedded --estate FILE"
        )
    try:
        world = World.copy_of(file) if read_only else World(file)
    except VaultBusyError as error:
        raise click.ClickException(str(error)) from error
    except NotAVaultError as error:
        raise click.ClickException(f"this file is no embedded vault: {error}") from error
    try:
        yield world
    except VaultBusyError as error:
        raise click.ClickException(str(error)) from error
    finally:
        world.close()
