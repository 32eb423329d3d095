"""The command `reconcile`: its options, its commands, and how every end of it becomes an exit code."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar, NoReturn

import click

from reconciler import __version__, settings
from reconciler.cli import exits
from reconciler.cli.exits import Exit
from reconciler.cli.lazy import Entry, LazyGroup
from reconciler.cli.options import ARGUMENTS, files_option, journal_option, lang_option, option
from reconciler.cli.params import FORMATS_HELP, Cloud, Duration, FormatParam, OutputFile, Share
from reconciler.cli.streams import OutputLostError, Streams, steady
from reconciler.cli.watch_options import watch_options
from reconciler.settings import ENV_PREFIX, SettingsError

_GC_THRESHOLDS = (50_000, 10, 10)
"""A large estate keeps its objects alive: the default makes the collector the dearest part of a run."""


class Root(LazyGroup):
    """All commands of this version."""

    entries: ClassVar = {
        "validate": Entry("reconciler.cli.validate:validate", "Check manifests: every mistake, with its place."),
        "explain": Entry("reconciler.cli.explain:explain", "What an error means and what to do; why a VM is as it is."),
        "status": Entry("reconciler.cli.status:status", "What is protected, by what, since when; and the latest jobs."),
        "log": Entry("reconciler.cli.log:log", "The record of every write, and whether it is whole."),
        "schema": Entry("reconciler.cli.schema:schema", "The JSON Schema of the manifests, for editors too."),
        "demo": Entry("reconciler.cli.demo:demo", "Watch mode in one command: a vault, a repository, a page, a story."),
        "vault": Entry("reconciler.cli.vault:vault", "The embedded vault: serve, seed, show, advance, set, fault."),
        "version": Entry("reconciler.cli.version:version", "The version of this tool and of its formats."),
    }
    hints: ClassVar = {
        "plan": "a plan is made by `reconcile --dry-run`.",
        "diff": "a plan is made by `reconcile --dry-run`.",
        "apply": "`reconcile` without a command applies.",
        "run": "`reconcile` without a command applies once.",
        "watch": "`reconcile --watch` stays and keeps everything as declared.",
        "simulate": "try `reconcile --cloud embedded --estate FILE`.",
    } | dict.fromkeys(("coverage", "import", "init", "doctor"), "it isn't in this version.")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; what was typed is kept, to be read again with newer settings."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def _unknown(self, name: str) -> str:
        if name not in self.hints and Path(name).exists():
            return f"There is no command {name!r}; manifests are given with -f: reconcile -f {name}"
        return super()._unknown(name)


def _load_settings(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    try:
        found = Path(value) if value else settings.file_path(os.environ)
        ctx.default_map = settings.read(found, must_exist=value is not None)
    except SettingsError as error:
        raise click.UsageError(str(error), ctx) from error
    return value


_DESCRIPTION = """\
Keep Azure VM backup as declared in YAML.

Without --dry-run it applies: discovers, registers and protects until every virtual machine is backed up as the
manifests say, follows each operation to its end, and says what became of each VM.
It never deletes recovery points, and what leaves the YAML stays protected.

\b
Examples:
  reconcile --cloud embedded --estate examples/quickstart/estate.yaml --dry-run -f examples/quickstart/backup
  reconcile --dry-run -f backup                      see what would be done in Azure
  reconcile -f backup                                do it
  reconcile -f backup --dry-run --out plan.json      keep a plan ...
  reconcile -f backup --plan plan.json               ... and apply that very plan, or nothing
  reconcile -f backup --target web-01 -o json        one VM, as JSON

"""

_EPILOG = """\
Every option can also be set by a variable, RECONCILE_ and its long name (RECONCILE_MAX_WRITES=10), or in the settings
file (--config, else $XDG_CONFIG_HOME/reconcile/settings.toml). Options win over variables, variables over the file.
RECONCILE_PAUSE=1 stops all writes. Nothing of this is ever read from the folder of the manifests.
"""


@click.command(
    cls=Root,
    invoke_without_command=True,
    help=_DESCRIPTION + exits.HELP,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@option("--config", type=click.Path(), metavar="FILE", is_eager=True, callback=_load_settings, expose_value=False,
        help="The settings file.")  # fmt: skip
@files_option
@option("--dry-run", is_flag=True, help="Show what would be done; nothing can be written.")
@watch_options
@option("--cloud", type=Cloud(), default="azure", show_default=True, metavar="CLOUD",
        help="azure, azure-usgov, azure-china, an https:// Resource Manager endpoint (http:// on loopback), "
             "or embedded[:FILE], the vault that ships with this tool.")  # fmt: skip
@option("--estate", type=click.Path(dir_okay=False), metavar="FILE",
        help="The machines and vaults an embedded vault starts with, where its file does not exist yet.")  # fmt: skip
@option("--detailed-exitcode", is_flag=True, help="With --dry-run: exit 2 when changes are pending.")
@option("--out", type=click.Path(dir_okay=False), metavar="PLAN", help="With --dry-run: also keep the plan in a file.")
@option("--plan", type=click.Path(dir_okay=False), metavar="PLAN",
        help="Apply a kept plan; if anything it rests on has changed, apply nothing and exit 3.")  # fmt: skip
@option(
    "--target",
    multiple=True,
    metavar="VM",
    help="Only this VM (name, group/name or ARM id), also if it was given up before; repeatable.",
)
@option("--parallelism", type=click.IntRange(1, 100), default=10, show_default=True, metavar="N",
        help="How many steps may run at once.")  # fmt: skip
@option("--timeout", type=Duration(), default="1h", show_default=True, metavar="T",
        help="How long one operation is followed; what still runs then is taken up by the next run.")  # fmt: skip
@option("-o", "--output", type=FormatParam(), default="human", show_default=True, metavar="FORMAT",
        help=FORMATS_HELP)  # fmt: skip
@option("--output-file", type=OutputFile(), multiple=True, metavar="FORMAT=PATH",
        help="Write a format to a file, beside what --output shows; repeatable.")  # fmt: skip
@option("--require-coverage", is_flag=True, help="Exit 5 when a VM in scope is neither protected nor exempted.")
@option("--fail-on", multiple=True, type=click.Choice(["predicted", "warning"]),
        help="With --dry-run: exit 3 when a failure is predicted, or at any warning or error; repeatable.")  # fmt: skip
@option("--full", is_flag=True, help="Show every VM; do not fold equal changes into one line.")
@option("--max-writes", type=click.IntRange(0), metavar="N", help="Refuse a plan with more steps that write.")
@option("--max-stops", type=click.IntRange(0), default=5, show_default=True, metavar="N",
        help="Refuse a plan that stops more protections.")  # fmt: skip
@option("--max-shrink", type=Share(), default="20%", show_default=True, metavar="SHARE",
        help="Hold what takes away when this much less was seen than last time.")  # fmt: skip
@option("--canary", type=click.IntRange(1), metavar="N",
        help="Where a policy changes for more than N VMs, one goes first and has to prove it.")  # fmt: skip
@option("--confirm-gone", multiple=True, metavar="NAME",
        help="This vault or VM does not exist: you have looked. Else it takes two looks; repeatable.")  # fmt: skip
@option("--pause-file", type=click.Path(), metavar="FILE", help="While this file exists, nothing is written.")
@journal_option
@option("--subscription", multiple=True, metavar="ID",
        help="The only subscriptions that may be touched, whatever the manifests say; repeatable.")  # fmt: skip
@lang_option
@option("--no-color", is_flag=True, help="No colours. NO_COLOR and CI are obeyed too.")
@option("-v", "--verbose", count=True, help="Say more on stderr; twice for every detail.")
@option("--log-format", type=click.Choice(["text", "json"]), help="Default: text on a terminal, else json.")
@option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="Default: warning.")
@click.version_option(__version__, prog_name="reconcile")
@click.pass_context
def root(ctx: click.Context, /, **_given: Any) -> None:
    """Configure what every command needs; without a command, reconcile."""
    from reconciler import log

    words = ctx.params
    level = words["log_level"] or ("warning", "info", "debug")[min(words["verbose"], 2)]
    log.configure(level=level, style=words["log_format"])
    if ctx.invoked_subcommand is None:
        if words["watch"]:
            from reconciler.cli import watch

            ctx.exit(watch.run(ctx))
        from reconciler.cli.reconcile import run

        ctx.exit(run(ctx))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and leave with its exit code, by SystemExit."""
    gc.set_threshold(*_GC_THRESHOLDS)
    signal.signal(signal.SIGTERM, _terminated)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminated)
    with steady(os.environ) as streams:
        code = _ended(arguments, streams)
    sys.exit(code)


def _terminated(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _ended(arguments: Sequence[str] | None, streams: Streams) -> int:
    """The exit code of a command line; nothing that goes wrong becomes a traceback unless asked for."""
    words = None if arguments is None else [*arguments]
    try:
        code = root.main(args=words, prog_name="reconcile", standalone_mode=False, obj=streams)
        sys.stdout.flush()
    except click.ClickException as error:
        _show(error)
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.ERROR
    except (click.Abort, KeyboardInterrupt):
        _say("interrupted")
        return Exit.SIGINT
    except OutputLostError:
        return _unheard(streams)
    except Exception as error:
        return _unexpected(error)
    unheard = Exit.DONE if streams.out.lost is None else _unheard(streams)
    return code or unheard


def _unheard(streams: Streams) -> Exit:
    """A reader that leaves knows it; of anything else that kept the output back one has to be told."""
    why = streams.out.lost
    if why is not None and not isinstance(why, BrokenPipeError):
        _say(f"Error: what was to be shown on stdout is lost: {why.strerror or why}.")
    return Exit.ERROR


class _Page(io.StringIO):
    """Keeps what click would take out for a file."""

    def isatty(self) -> bool:
        return True


def _show(error: click.ClickException) -> None:
    """As click does, made harmless: an error may quote a file that somebody forged."""
    from reconciler.diagnostics.escape import terminal

    shown = _Page()
    error.show(file=shown)
    _say("\n".join(map(terminal, shown.getvalue().rstrip("\n").split("\n"))))


def _unexpected(error: Exception) -> int:
    """A fault of ours, or one of the surroundings that no message was written for."""
    from reconciler.log import hushed

    if isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}:
        _say("Error: no further file can be opened. Raise the limit (ulimit -n) and run again: it takes up what runs.")
        return Exit.ERROR
    if os.environ.get(f"{ENV_PREFIX}DEBUG"):
        import traceback

        _say("".join(map(hushed, traceback.format_exception(error))))
    from reconciler.diagnostics.escape import terminal

    text = terminal(hushed(str(error)))[:2000]
    _say(
        f"error: something went wrong that should not have: {type(error).__name__}: {text}\n"
        f"  Nothing further was done. If it happens again, report it with the output of `reconcile version --json`\n"
        f"  and of the same command with {ENV_PREFIX}DEBUG=1, which shows where."
    )
    return Exit.ERROR


def _say(text: str) -> None:
    click.echo(text, err=True)
