"""A group of commands that imports a command only when it is called, so that help is quick."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

import click


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command stands, as `module:attribute`, and its line in the list of commands."""

    target: str
    line: str


class LazyGroup(click.Group):
    """`entries` are its commands; `hints` maps words people will type to what to type instead."""

    entries: ClassVar[Mapping[str, Entry]] = {}
    hints: ClassVar[Mapping[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        del ctx
        return [*self.entries]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table, so that no command is imported for the list."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in self.entries.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a better word for a command that is not there."""
        name = args[0]
        if name not in self.entries and not name.startswith("-"):
            raise click.UsageError(self._unknown(name), ctx)
        return super().resolve_command(ctx, args)

    def _unknown(self, name: str) -> str:
        if name in self.hints:
            return f"There is no command {name!r} here: {self.hints[name]}"
        near = difflib.get_close_matches(name, self.entries, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.entries)}."
        return f"There is no command {name!r}: {hint}"
