"""stdout and stderr that can be lost: a reader that leaves, a full disk behind them, a terminal that hangs up.

What is lost on stderr ends nothing. A lost stdout ends what only reads; once requests are sent that must not be
abandoned, the run goes on, and its exit code tells.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO, cast

import click

from reconciler.cli.ci_stream import Front, guarded


class OutputLostError(Exception):
    """stdout cannot be written any more; `__cause__` says why."""


class SteadyStream(Front):
    """A stream that is silent once it is lost; while it is `required`, the loss is raised as OutputLostError."""

    def __init__(self, under: TextIO, *, required: bool) -> None:
        super().__init__(under)
        self.required = required
        self.lost: OSError | None = None

    def write(self, text: str, /) -> int:
        try:
            if self.lost is None:
                self._under.write(text)
        except OSError as error:
            self._lose(error)
        return len(text)

    def flush(self) -> None:
        try:
            if self.lost is None:
                self._under.flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        self.lost = error
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        # What is still in a buffer goes there: Python writes it when it ends, and would complain.
        os.dup2(nowhere, self._under.fileno())
        os.close(nowhere)
        if self.required:
            raise OutputLostError from error


@dataclass(frozen=True, slots=True)
class Streams:
    """Both of a command line."""

    out: SteadyStream
    err: SteadyStream


def outlive(ctx: click.Context) -> None:
    """From here on something is done that must not be abandoned, whoever still listens."""
    found = ctx.find_object(Streams)
    if found is not None:
        found.out.required = False


@contextmanager
def steady(environment: Mapping[str, str]) -> Iterator[Streams]:
    """Put them in the place of stdout and stderr; in a CI job their lines are no commands."""
    before = sys.stdout, sys.stderr
    _occupy()
    streams = Streams(
        SteadyStream(_usable(sys.stdout, 1), required=True), SteadyStream(_usable(sys.stderr, 2), required=False)
    )
    sys.stdout, sys.stderr = cast("TextIO", streams.out), cast("TextIO", streams.err)
    try:
        with guarded(environment):
            try:
                yield streams
            finally:
                streams.out.required = False
    finally:
        sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Whoever starts a process may close its standard streams; the next file that is opened would be taken for one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _usable(stream: TextIO | None, number: int) -> TextIO:
    """The stream itself, one to nowhere where it was closed; what it cannot encode is spelled out."""
    found = io.TextIOWrapper(io.FileIO(number, "w", closefd=False), "utf-8") if stream is None else stream
    if isinstance(found, io.TextIOWrapper):
        found.reconfigure(errors="backslashreplace")
    return found
