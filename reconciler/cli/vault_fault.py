"""`reconcile vault fault`: rules by which the embedded service itself fails."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.vault import opened, vault_option


@click.group()
def fault() -> None:
    """Make the embedded service itself fail, as a cloud does at times.

    What machines and vaults are like causes failures by itself: see reconcile vault set and reconcile vault portal.

    \b
    What can be injected:
      a failed job or discovery  fault add --operation Backup|ConfigureBackup|Discover|Register|
                                 DisableBackup|DeleteBackupData|Undelete [--vm GLOB] [--code CODE]
      a refused request          fault add --method GLOB --path GLOB --status 400-599 [--retry-after S]
      quotas                     fault throttle --buckets | --hourly N

    \b
    Examples:
      reconcile vault fault add --operation Discover
      reconcile vault fault add --operation Backup --vm "web-*" --code GuestAgentSnapshotTaskStatusError
      reconcile vault fault add --operation Register --vm web-01 --times 3
      reconcile vault fault add --method PUT --path "*/protectedItems/*" --status 503 --retry-after 30
      reconcile vault fault throttle --hourly 150
      reconcile vault fault list
      reconcile vault fault clear
    """


@fault.command()
@click.option("--method", default="*", show_default=True, help="Of the requests to fail; a glob.")
@click.option("--path", default="*", show_default=True, help="Of the requests to fail; a glob.")
@click.option("--status", type=click.IntRange(400, 599), help="The HTTP status of the answer. Default: 500.")
@click.option("--retry-after", type=click.IntRange(0), help="Seconds, in the answer's Retry-After.")
@click.option("--operation", default="", help="Fail jobs of this operation, such as Backup, instead of requests.")
@click.option("--vm", default="*", show_default=True, help="Of the jobs to fail; a glob over names of machines.")
@click.option("--number", type=int, help="The numeric code of the job's error.")
@click.option("--code", default="", help="The error's code. Default: CloudInternalError.")
@click.option("--message", default="", help="The error's text.")
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="How often it strikes.")
@click.option("--always", is_flag=True, help="It strikes for ever, instead of --times.")
@vault_option()
@click.pass_context
def add(ctx: click.Context, /, *, always: bool, **rule: Any) -> None:
    """Add a rule.

    \b
    Examples:
      reconcile vault fault add --status 429 --retry-after 10 --times 3
      reconcile vault fault add --operation ConfigureBackup --vm web-01 --code UserErrorVmNotFound
    """
    from reconciler.vaultserver import faults

    del rule["cloud"]
    given = {name: value for name, value in rule.items() if value is not None}
    with opened(ctx) as world:
        try:
            made = faults.inject(world, **given | {"times": None if always else rule["times"]})
        except ValueError as error:
            raise click.UsageError(str(error), ctx) from error
    click.echo(f"{made.id}: {made.code}")


@fault.command()
@click.option("--buckets/--no-buckets", default=None, help="Resource Manager's: 250 reads, refilled by 25 a second.")
@click.option("--hourly", type=click.IntRange(0), help="Requests an hour of each action; 0 is no quota.")
@vault_option()
@click.pass_context
def throttle(ctx: click.Context, /, *, buckets: bool | None, hourly: int | None, **_given: Any) -> None:
    """Answer 429 with a Retry-After to clients that ask too much, or stop to.

    \b
    Examples:
      reconcile vault fault throttle --buckets
      reconcile vault fault throttle --hourly 150
      reconcile vault fault throttle --no-buckets --hourly 0
    """
    if buckets is None and hourly is None:
        raise click.UsageError("say --buckets, --no-buckets or --hourly N", ctx)
    changes = {"throttle": buckets, "hourly_quota": hourly}
    with opened(ctx) as world:
        world.configure(**{name: value for name, value in changes.items() if value is not None})
        now = world.settings
    quota = f"{now.hourly_quota} requests an hour of each action" if now.hourly_quota else "no hourly quota"
    click.echo(f"Buckets are {'on' if now.throttle else 'off'}, {quota}.")


@fault.command(name="list")
@vault_option()
@click.pass_context
def list_rules(ctx: click.Context, /, **_given: Any) -> None:
    """Show the rules, and how often each has struck.

    \b
    Example:
      reconcile vault fault list
    """
    from reconciler.vaultserver import faults

    with opened(ctx, read_only=True) as world:
        rules = faults.listed(world)
    for rule in rules:
        met = f"jobs {rule.operation} of {rule.vm}" if rule.operation else f"{rule.method} {rule.path}: {rule.status}"
        often = "for ever" if rule.times is None else f"of {rule.times}"
        click.echo(f"{rule.id}  {met}  {rule.code}  struck {rule.met} {often}")
    if not rules:
        click.echo("There are no rules: the service is well.")


@fault.command()
@vault_option()
@click.pass_context
def clear(ctx: click.Context, /, **_given: Any) -> None:
    """Forget all rules.

    \b
    Example:
      reconcile vault fault clear
    """
    from reconciler.vaultserver import faults

    with opened(ctx) as world:
        click.echo(f"{faults.clear(world)} rules removed.")
