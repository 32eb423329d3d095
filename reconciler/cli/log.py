"""`reconcile log`: the record of every write, and whether anybody has meddled with it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import output
from reconciler.cli.exits import Exit
from reconciler.cli.options import journal_option, lang_option, language_of, nearest, option
from reconciler.cli.params import Cloud, Since
from reconciler.cli.telling import tell
from reconciler.model.audit import AuditEntry, Chain
from reconciler.model.ids import fold
from reconciler.model.journal import JournalError
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.store.journal import JournalReader

FEW = 50
"""So many entries people are shown unless they ask for more."""


@dataclass(slots=True)
class Selection:
    """Which entries to show, and those that fit: the last `limit`, or all for 0.

    `vm` is a name, `group/name` or an ARM id, in any spelling; `since` is aware.
    """

    limit: int
    vm: str | None = None
    vault: str | None = None
    run: str | None = None
    since: datetime | None = None
    expected: str | None = None
    matching: int = 0
    seen: bool = False
    shown: deque[AuditEntry] = field(default_factory=deque)

    def visit(self, entry: AuditEntry) -> None:
        self.seen = self.seen or entry.hash == self.expected
        if self._fits(entry):
            self.matching += 1
            self.shown.append(entry)
            if self.limit and len(self.shown) > self.limit:
                self.shown.popleft()

    def _fits(self, entry: AuditEntry) -> bool:
        return (
            (self.vm is None or fold(self.vm) in _names(entry))
            and self.vault in {None, entry.vault}
            and self.run in {None, entry.run}
            and (self.since is None or entry.at >= self.since)
        )


@click.command()
@option("--vm", metavar="VM", help="Only what was done to this VM (name, group/name or ARM id).")
@option("--vault", metavar="NAME", help="Only what was done in this vault.")
@option("--run", metavar="ID", help="Only the writes of this run.")
@option("--since", type=Since(), metavar="TIME", help="Only since a day, a time (UTC), or for how long: 2 days.")
@option(
    "--limit", type=click.IntRange(0), metavar="N", help=f"The last N entries; 0: all. Default: {FEW}, as JSON all."
)
@option("--expect", metavar="HASH", help="Fail unless the log still holds the entry that had this head.")
@option("--full", is_flag=True, help="All that is known of each entry.")
@journal_option
@lang_option
@option("--cloud", type=Cloud(), default="azure", metavar="CLOUD", help="As of reconcile itself.")
@option("-o", "--output", type=click.Choice(["human", "json", "jsonl"]), default="human", help="Default: human.")
@click.pass_context
def log(ctx: click.Context, /, **given: Any) -> None:
    """Every request that changed something: who sent it, by which revision, what was before and after, how it ended.

    Each entry carries the hash of the one before. The whole chain is checked each time, whatever is shown; the head
    is what an apply prints at its end, so a log that was cut off shows against a head that was kept elsewhere.
    Nothing is written, and the journal may lie on a read-only disk.
    Exit 1 when the chain is broken, or does not hold what --expect names; else 0.

    \b
    Examples:
      reconcile log
      reconcile log --vm rg-web/web-01 --full
      reconcile log --since "2 days" -o json
      reconcile log --expect sha256:4f0c…
    """
    form = nearest(ctx, "output")
    form = form if form in {"json", "jsonl"} else "human"
    limit = given["limit"] if given["limit"] is not None else FEW if form == "human" else 0
    try:
        reader = _reader(ctx)
        since = _moment(given["since"], reader, nearest(ctx, "cloud"))
        selection = Selection(limit, given["vm"], given["vault"], given["run"], since, given["expect"])
        chain = reader.check(datetime.now(UTC), selection.visit)
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    _show(ctx, form, selection, chain, reader.title)
    if selection.expected is not None and not selection.seen:
        tell(f"Error: no entry of this log has the hash {selection.expected}")
        ctx.exit(Exit.ERROR)
    ctx.exit(Exit.DONE if chain.broken_at is None else Exit.ERROR)


def _reader(ctx: click.Context) -> JournalReader:
    from reconciler import app

    return app.journal_reader(Settings((), cloud=nearest(ctx, "cloud"), journal=nearest(ctx, "journal")))


def _moment(since: datetime | timedelta | None, reader: JournalReader, cloud: str) -> datetime | None:
    """A span counts back from now; in an embedded vault, which has a time of its own, from the last entry."""
    if not isinstance(since, timedelta):
        return since
    newest = reader.audit(limit=1) if cloud.startswith("embedded") else ()
    return (newest[0].at if newest else datetime.now(UTC)) - since


def _show(ctx: click.Context, form: str, selection: Selection, chain: Chain, title: str) -> None:
    if form == "human":
        from reconciler.diagnostics.log_text import render_log

        console, full = output.console(no_color=nearest(ctx, "no_color")), nearest(ctx, "full")
        page = render_log(
            tuple(selection.shown),
            chain,
            title=title,
            matching=selection.matching,
            full=full,
            width=console.width,
            language=language_of(ctx),
        )
        page.print(console)
        return
    from reconciler.diagnostics.log_json import log_json, log_lines

    if form == "json":
        click.echo(log_json(tuple(selection.shown), chain, title=title), nl=False)
        return
    for line in log_lines(selection.shown, chain, title=title):
        click.echo(line, nl=False)


def _names(entry: AuditEntry) -> set[str]:
    label, arm_id = fold(entry.subject_name), fold(entry.subject_id)
    return {label, label.rpartition("/")[2], arm_id}
