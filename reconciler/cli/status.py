"""`reconcile status`: how each VM of the manifests' vaults is protected, and the jobs of the last day."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import output
from reconciler.cli.exits import Exit
from reconciler.cli.manifests import loaded_or_exit
from reconciler.cli.options import files_option, nearest, option
from reconciler.cli.params import Cloud

if TYPE_CHECKING:
    from reconciler.model.observed import Job, Observed, ProtectedItem

RECENT = timedelta(hours=24)
_TAKEN_OVER = ("file", "cloud", "estate", "subscription")


@click.command()
@files_option
@option("--cloud", type=Cloud(), default="azure", metavar="CLOUD", help="As of reconcile itself.")
@option("--estate", type=click.Path(dir_okay=False), metavar="FILE", help="As of reconcile itself.")
@option("-o", "--output", type=click.Choice(["human", "json"]), default="human", help="Default: human.")
@click.pass_context
def status(ctx: click.Context, /, **_given: Any) -> None:
    """How each VM of the manifests' vaults is protected, its latest recovery point, and the jobs of the last day.

    Only reads are sent. Exit 1 when something could not be read.

    \b
    Examples:
      reconcile status -f backup
      reconcile status --cloud embedded -f examples/quickstart/backup
      reconcile status -f backup -o json
    """
    from reconciler import app
    from reconciler.cli.reconcile import settings_of, tell_place

    words = ctx.find_root().params | {name: nearest(ctx, name) for name in _TAKEN_OVER}
    settings = replace(settings_of(words), dry_run=True)
    try:
        place = app.find_place(settings)
        tell_place(place)
        desired = loaded_or_exit(settings.files, place.clock.now().date(), ctx)
        app.require_allowed(desired, settings)
        observed = asyncio.run(app.observe(desired, place, settings))
    except app.UsageSetupError as error:
        raise click.UsageError(str(error), ctx) from error
    except app.SetupError as error:
        raise click.ClickException(str(error)) from error
    if nearest(ctx, "output") in {"json", "jsonl"}:
        click.echo(json.dumps(document(observed, place.name), indent=2))
    else:
        _print(observed, no_color=nearest(ctx, "no_color"))
    ctx.exit(Exit.DONE if observed.complete else Exit.ERROR)


def _items(observed: Observed) -> Iterator[tuple[str, ProtectedItem]]:
    for name, vault in sorted(observed.vaults.items()):
        yield from ((name, item) for _, item in sorted(vault.items.items()))


def _jobs(observed: Observed) -> list[tuple[str, Job]]:
    """Of the last day, newest first."""
    since = observed.taken_at - RECENT
    found = [
        (job.start, name, job)
        for name, vault in observed.vaults.items()
        for job in vault.jobs
        if job.start is not None and job.start >= since
    ]
    return [(name, job) for _, name, job in sorted(found, key=lambda one: (one[0], one[2].id), reverse=True)]


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def _state(item: ProtectedItem) -> str:
    return "SoftDeleted" if item.soft_deleted else item.raw_state


def document(observed: Observed, cloud: str) -> dict[str, Any]:
    """The status as JSON."""
    return {
        "format_version": "1.0",
        "cloud": cloud,
        "taken_at": _instant(observed.taken_at),
        "complete": observed.complete,
        "unread": [{"scope": gap.scope, "reason": gap.reason} for gap in observed.gaps],
        "protected": [
            {
                "vault": vault,
                "vm": item.name,
                "id": item.vm_arm_id,
                "state": _state(item),
                "policy": item.policy_name,
                "last_backup": {"status": item.last_backup_status, "at": _instant(item.last_backup_time)},
                "last_recovery_point": _instant(item.last_recovery_point),
            }
            for vault, item in _items(observed)
        ],
        "jobs": [
            {
                "vault": vault,
                "id": job.id,
                "operation": job.operation,
                "vm": job.vm_name,
                "status": job.status,
                "started": _instant(job.start),
                "ended": _instant(job.end),
                "errors": [{"number": error.number, "message": error.message} for error in job.errors],
            }
            for vault, job in _jobs(observed)
        ],
    }


def _print(observed: Observed, *, no_color: bool) -> None:
    console = output.console(no_color=no_color, width=output.TABLE_WIDTH)
    table = output.table("Protection", "vault", "machine", "state", "policy", "last backup", "latest recovery point")
    for vault, item in _items(observed):
        seen = observed.vms.get(item.key)
        backup = f"{item.last_backup_status} {_short(item.last_backup_time)}".strip() or "-"
        point = _short(item.last_recovery_point) or "-"
        name = seen.label if seen is not None else item.name
        output.add_row(table, vault, name, _state(item), item.policy_name, backup, point)
    output.print_table(console, table)
    jobs = output.table("Jobs of the last 24 hours", "started", "vault", "operation", "machine", "status", "error")
    for vault, job in _jobs(observed):
        error = job.errors[0].title or job.errors[0].message if job.errors else ""
        output.add_row(jobs, _short(job.start), vault, job.operation, job.vm_name, job.status, error)
    output.print_table(console, jobs)
    for gap in observed.gaps:
        from reconciler.diagnostics.escape import terminal

        click.echo(f"Not read: {terminal(gap.scope)}: {terminal(gap.reason)}", err=True)
    protected = sum(not item.soft_deleted for _, item in _items(observed))
    click.echo(
        f"{protected} protected items, {len(_jobs(observed))} jobs; seen {observed.taken_at:%Y-%m-%d %H:%M} UTC."
    )


def _short(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%m-%d %H:%M}"
