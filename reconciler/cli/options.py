"""Options with their environment twins, and values that a command takes over from the command above it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from reconciler.cli.params import JournalPlace
from reconciler.settings import ENV_PREFIX

if TYPE_CHECKING:
    from reconciler.diagnostics.language import Language

ARGUMENTS = "reconcile.arguments"
"""Where a context keeps the command line, so that a daemon can read it again with its settings file."""
F = TypeVar("F", bound=Callable[..., Any])
_GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)


def option(*names: str, **details: Any) -> Callable[[F], F]:
    """A click option that is also read from `RECONCILE_<LONG NAME>`."""
    long = next(name for name in names if name.startswith("--"))
    variable = ENV_PREFIX + long.split("/")[0].removeprefix("--").replace("-", "_").upper()
    return click.option(*names, envvar=variable, **details)


def nearest(ctx: click.Context, name: str) -> Any:
    """The value of an option here or, where it was not given here, in a command above; else its default."""
    best: Any = ctx.params.get(name)
    strength = _strength(ctx, name)
    above = ctx.parent
    while above is not None:
        if name in above.params and _strength(above, name) > strength:
            best, strength = above.params[name], _strength(above, name)
        above = above.parent
    return best


def _strength(ctx: click.Context, name: str) -> int:
    source = ctx.get_parameter_source(name)
    return len(_GIVEN) - _GIVEN.index(source) if source in _GIVEN else -(name not in ctx.params)


def language_of(ctx: click.Context | None) -> Language:
    """In which language people are told: as asked for, else as the locale has it."""
    from reconciler.diagnostics.language import spoken

    return spoken(nearest(ctx, "lang") if ctx is not None else None, os.environ)


lang_option = option(
    "--lang", type=click.Choice(["en", "zh-TW"], case_sensitive=False),
    help="The language of what people read; names and Azure's own words stay. Default: from the locale.",
)  # fmt: skip

files_option = option(
    "-f", "--file", "file", multiple=True, type=click.Path(), metavar="PATH",
    help="A manifest or a folder of manifests; repeatable. Default: backup/, or this folder if it holds manifests.",
)  # fmt: skip


def _without_password(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    from reconciler.store.address import has_password

    shown = value is not None and ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    if shown and has_password(value or ""):
        raise click.UsageError(
            "--journal: a password on a command line is seen by everyone on this machine. Give the address as "
            "RECONCILE_JOURNAL or in the settings file, or keep the password in a file (~/.pgpass, PGPASSFILE).",
            ctx,
        )
    return value


journal_option = option(
    "--journal", type=JournalPlace(), metavar="PLACE", callback=_without_password,
    help="Where intents and the audit log are kept: a file, or postgresql://USER@HOST/DATABASE. "
         "Default: .reconcile/journal.db, or beside the embedded vault.",
)  # fmt: skip
