"""`reconcile vault advance` and `reconcile vault set`: time, and the facts of machines."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from reconciler.cli.params import duration_words
from reconciler.cli.vault import opened, vault_option


@click.command()
@click.argument("duration", nargs=-1, required=True)
@vault_option()
@click.pass_context
def advance(ctx: click.Context, /, duration: tuple[str, ...], **_given: Any) -> None:
    """Let time pass in an embedded vault: schedules fire, jobs run, recovery points appear and expire.

    \b
    Examples:
      reconcile vault advance 2 days
      reconcile vault advance "36 hours"
    """
    by = duration_words(duration)
    with opened(ctx) as world:
        jobs = {job.id for job in world.jobs()}
        points = {point.id for item in world.items() for point in world.recovery_points(item.id)}
        world.advance(by)
        click.echo(f"It is {world.now:%Y-%m-%d %H:%M} UTC now.")
        ran = Counter((job.operation, job.status) for job in world.jobs() if job.id not in jobs)
        for (operation, status), number in sorted(ran.items()):
            click.echo(f"  {number} {operation} {'job' if number == 1 else 'jobs'}: {status}")
        there = [point for item in world.items() for point in world.recovery_points(item.id)]
        made = Counter(point.type for point in there if point.id not in points)
        for kind, number in sorted(made.items()):
            click.echo(f"  {number} new recovery {'point' if number == 1 else 'points'}: {kind}")
        gone = len(points - {point.id for point in there})
        if gone:
            click.echo(f"  {gone} expired")
        if not ran and not made and not gone:
            click.echo("  nothing fell due")


@click.command(name="set")
@click.argument("machine", metavar="VM")
@click.argument("facts", metavar="FACT=VALUE...", nargs=-1, required=True)
@vault_option()
@click.pass_context
def set_facts(ctx: click.Context, /, machine: str, facts: tuple[str, ...], **_given: Any) -> None:
    """Change facts of a machine in an embedded vault; VM is its name, or its id where several have the name.

    \b
    Examples:
      reconcile vault set web-01 power=deallocated
      reconcile vault set web-01 power=running agent.status=ready
      reconcile vault set sql-01 vss=failing tags.env=dev network.outbound=false
    """
    from reconciler.vaultserver.facts import FactError
    from reconciler.vaultserver.portal import NoSuchThingError, find_vm

    pairs = [fact.partition("=") for fact in facts]
    for name, equals, _ in pairs:
        if not equals:
            raise click.UsageError(f"{name!r}: write FACT=VALUE, such as power=deallocated", ctx)
    with opened(ctx) as world:
        try:
            vm = find_vm(world, machine)
            with world.database.transaction():
                for name, _, value in pairs:
                    world.set_vm(vm.id, name, value)
        except (FactError, NoSuchThingError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{vm.name}: {', '.join(facts)}")
