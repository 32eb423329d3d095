"""`reconcile vault show`: what an embedded vault holds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import output
from reconciler.cli.options import nearest
from reconciler.cli.vault import opened, vault_option

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from reconciler.vaultserver.records import ItemRecord, PointRecord, VmRecord
    from reconciler.vaultserver.world import World

RECENT = timedelta(hours=24)
_RENAMED = {"state": "protectionState", "type": "recoveryPointType", "time": "recoveryPointTime"}


@click.command()
@vault_option()
@click.option("--requests", is_flag=True, help="The log of requests instead.")
@click.option("-o", "--output", "form", type=click.Choice(["human", "json"]), default="human", help="Default: human.")
@click.pass_context
def show(ctx: click.Context, /, *, requests: bool, form: str, **_given: Any) -> None:
    """Show the machines, how they are protected, the jobs of the last day, and the latest recovery points.

    \b
    Examples:
      reconcile vault show
      reconcile vault show --requests
      reconcile vault show -o json --cloud embedded:large.db
    """
    with opened(ctx, read_only=True) as world:
        if form == "json":
            click.echo(as_json(world, requests=requests))
            return
        console = output.console(no_color=nearest(ctx, "no_color"), width=output.TABLE_WIDTH)
        for table in [_requests(world)] if requests else [machines(world), _jobs(world)]:
            output.print_table(console, table)
        click.echo(f"It is {world.now:%Y-%m-%d %H:%M} UTC there. {_counts(world)}")


def as_json(world: World, *, requests: bool) -> str:
    """`document` as text."""
    from reconciler.diagnostics.escape import json_text

    return json_text(document(world, requests=requests), indent=2)


def document(world: World, *, requests: bool) -> dict[str, Any]:
    """Everything, or the log of requests, as JSON; names as on the wire where the wire has one."""
    head: dict[str, Any] = {"format_version": "1.0", "now": _instant(world.now)}
    if requests:
        return head | {"requests": [_plain(entry) for entry in world.requests()]}
    points = [point for item in world.items() for point in world.recovery_points(item.id)]
    return head | {
        "virtualMachines": [_plain(vm) for vm in world.vms()],
        "vaults": [_plain(vault) for vault in world.vaults()],
        "policies": [_plain(policy) for policy in world.policies()],
        "items": [_wire(item) for item in world.items()],
        "jobs": [_plain(job) for job in world.jobs()],
        "recoveryPoints": [_wire(point) for point in points],
    }


def _plain(record: Any) -> Any:
    import msgspec

    return msgspec.to_builtins(record)


def _wire(record: ItemRecord | PointRecord) -> dict[str, Any]:
    return {_RENAMED.get(name, name): value for name, value in _plain(record).items()}


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def machines(world: World) -> Table:
    """The machines, how each is protected, and its latest recovery point."""
    table = output.table("Machines", "machine", "power", "agent", "protection", "policy", "points", "latest")
    items = {item.link: item for item in world.items()}
    for vm in world.vms():
        item = items.get(vm.id.lower())
        points = world.recovery_points(item.id) if item else []
        latest = f"{points[0].time:%m-%d %H:%M} {points[0].type}" if points else "-"
        agent = vm.agent.status if vm.agent.present else "none"
        state = "-" if item is None else ("soft-deleted" if item.deleted else item.state)
        policy = item.policy.rpartition("/")[2] if item else "-"
        output.add_row(table, _name(vm), vm.power, agent, state, policy, str(len(points)), latest)
    return table


def _name(vm: VmRecord) -> str:
    return f"{vm.cloud_service or vm.resource_group}/{vm.name}"


def _jobs(world: World) -> Table:
    table = output.table("Jobs of the last 24 hours", "started", "operation", "machine", "status", "error")
    for job in world.jobs():
        if job.start >= world.now - RECENT:
            error = str(job.errors[0].get("errorTitle") or job.errors[0].get("errorString", "")) if job.errors else ""
            output.add_row(table, f"{job.start:%m-%d %H:%M}", job.operation, job.entity, job.status, error)
    return table


def _requests(world: World) -> Table:
    table = output.table("Requests, oldest first", "time", "method", "status", "path")
    for entry in world.requests():
        output.add_row(table, f"{entry.time:%m-%d %H:%M:%S}", entry.method, str(entry.status), entry.path)
    return table


def _counts(world: World) -> str:
    items = world.items()
    return f"{len(world.vms())} machines, {len(world.vaults())} vaults, {len(items)} protected items."
