"""stdout and stderr as commands print to them: they take any text, and in a CI job no line of it is a command.

Agents read commands out of every line that is printed. All that is printed goes through here, so that no place that
prints can forget it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO, cast

_AGENTS = ("GITHUB_ACTIONS", "TF_BUILD")
"""Set by the agents that obey the lines of a log."""
_LONGEST = 1 << 20
"""Characters of a line that are held back until it ends; of one that does not, as many as a marker may have."""
_MARKER = 64


def in_ci(environment: Mapping[str, str]) -> bool:
    """Whether an agent of GitHub or Azure Pipelines reads along."""
    return any(environment.get(name, "").lower() == "true" for name in _AGENTS)


class Front:
    """What stands before a stream and is taken for it; whoever stands there writes in a way of its own.

    There is no `buffer`, by which libraries would write around it.
    """

    def __init__(self, under: TextIO) -> None:
        self._under = under
        self.encoding, self.errors = under.encoding, under.errors

    def flush(self) -> None:
        self._under.flush()

    def isatty(self) -> bool:
        return self._under.isatty()

    def fileno(self) -> int:
        return self._under.fileno()

    def writable(self) -> bool:
        return True


class CiStream(Front):
    """A stream whose lines cannot be commands; `obey` is the one way around that.

    A line is written when it has ended: half a marker in one write and half in the next are one marker to an agent.
    """

    def __init__(self, under: TextIO) -> None:
        super().__init__(under)
        self._begun = ""

    def write(self, text: str, /) -> int:
        whole, end, rest = (self._begun + text).rpartition("\n")
        if len(rest) >= _LONGEST:
            end, rest = end + rest[:-_MARKER], rest[-_MARKER:]
        self._begun = rest
        self._put(whole + end)
        return len(text)

    def obey(self, commands: str) -> None:
        """Lines that are meant to be commands, in a format of the agent's."""
        self.finish()
        self._under.write(commands)

    def finish(self) -> None:
        """Write the line that was begun and not ended."""
        begun, self._begun = self._begun, ""
        self._put(begun)
        self.flush()

    def _put(self, text: str) -> None:
        from reconciler.diagnostics.escape import ci_lines

        if text:
            self._under.write(ci_lines(text))


@contextmanager
def guarded(environment: Mapping[str, str]) -> Iterator[None]:
    """Where an agent reads along, the guard stands before stdout and stderr."""
    before = sys.stdout, sys.stderr
    if not in_ci(environment):
        yield
        return
    guards = [CiStream(stream) for stream in before]
    sys.stdout, sys.stderr = (cast("TextIO", guard) for guard in guards)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for guard in guards:
            guard.finish()


def obey(commands: str) -> None:
    """Print lines that an agent is to carry out."""
    stream: object = sys.stdout
    if isinstance(stream, CiStream):
        stream.obey(commands)
    else:
        sys.stdout.write(commands)
