"""`reconcile vault portal`: what people do to vaults and machines behind our back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from reconciler.cli.options import option
from reconciler.cli.vault import opened, vault_option

ACTIONS = {
    "back-up": ("back_up", "VM"),
    "stop": ("stop", "VM"),
    "change-policy": ("change_policy", "VM POLICY"),
    "delete-data": ("delete_data", "VM"),
    "undelete": ("undelete", "VM"),
    "delete-vm": ("delete_vm", "VM"),
    "recreate-vm": ("recreate_vm", "VM-ID"),
    "move-vm": ("move_vm", "VM GROUP"),
    "protect": ("protect", "VM VAULT POLICY"),
    "restore": ("restore", "VM"),
    "discover": ("discover", "VAULT"),
    "register": ("register", "VM VAULT"),
}
"""The word, the function of the embedded vault, and what it needs."""


@click.command()
@click.argument("action", type=click.Choice(list(ACTIONS)))
@click.argument("words", nargs=-1)
@vault_option()
@option("--as", "actor", metavar="NAME", help="Who the activity log says it was.")
@click.pass_context
def portal(ctx: click.Context, /, action: str, words: tuple[str, ...], actor: str | None, **_given: Any) -> None:
    """Do in an embedded vault what somebody might do in the portal; it takes effect at once.

    back-up, restore, discover and register only begin, and run while time passes.

    \b
    Actions, and what each needs:
      back-up VM               stop VM              change-policy VM POLICY
      delete-data VM           undelete VM          protect VM VAULT POLICY
      delete-vm VM             recreate-vm VM-ID    move-vm VM GROUP
      restore VM               discover VAULT       register VM VAULT

    \b
    Examples:
      reconcile vault portal change-policy web-01 DefaultPolicy
      reconcile vault portal stop web-01
    """
    from reconciler.vaultserver import portal as doings
    from reconciler.vaultserver.errors import ArmError

    function, needs = ACTIONS[action]
    if len(words) != len(needs.split()):
        raise click.UsageError(f"{action} needs {needs}", ctx)
    do: Callable[..., object] = getattr(doings, function)
    with opened(ctx) as world:
        world.actor = actor or world.actor
        try:
            do(world, *words)
        except (doings.NoSuchThingError, ArmError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"Done: {action} {' '.join(words)}")
