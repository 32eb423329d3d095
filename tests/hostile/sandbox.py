"""A child process for each thing to read, with limits on its time and memory, forked from a warm server.

`python -m tests.hostile.sandbox MODULE` is the server: it loads what reading needs once, then forks for each request.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import IO, Any, NoReturn

from tests.hostile.kind import Kind, Said

_WALL = 30.0
"""Seconds beyond its processor time after which a child that does not end is killed: it waits for something."""
_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: `said` is its answer, None when it gave none; `how` then says why. `cpu` is in seconds."""

    said: Said | None
    how: str
    cpu: float


class Sandbox:
    """The client of one server; a server that died is started anew."""

    def __init__(self, module: str) -> None:
        command = [sys.executable, "-m", "tests.hostile.sandbox", module]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self.close)

    def read(self, content: bytes) -> Ending:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(_LENGTH.pack(len(content)) + content)
        stdin.flush()
        answer = json.loads(_framed(stdout) or b"null")
        assert answer is not None, "the sandbox died"
        return Ending(answer["said"], answer["how"], answer["cpu"])

    def close(self) -> None:
        """Safe to repeat."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=_WALL)


@cache
def sandbox_of(process: int, module: str) -> Sandbox:
    """One server a process and module; `process` is the caller's own id, for a fork must not share its parent's."""
    del process
    return Sandbox(module)


def _framed(stream: IO[bytes]) -> bytes | None:
    """The next frame, None at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    return stream.read(*_LENGTH.unpack(head))


def _serve(kind: Kind) -> None:
    """Answer on what was stdout; what a reader prints goes to /dev/null, for it would spoil the answers."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    kind.warm()
    gc.collect()
    gc.freeze()
    while (content := _framed(sys.stdin.buffer)) is not None:
        answer = json.dumps(_child(kind, content)).encode()
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _child(kind: Kind, content: bytes) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _in_child(kind, content, writing)
    os.close(writing)
    data = b""
    with _killing(child):
        data = b"".join(_until_end(reading, _WALL + 2 * kind.cpu))
    os.close(reading)
    _, status, usage = os.wait4(child, 0)
    how = "answered"
    if os.WIFSIGNALED(status):
        how = signal.Signals(os.WTERMSIG(status)).name
    elif os.WEXITSTATUS(status):
        how = f"exit {os.WEXITSTATUS(status)}"
    said = json.loads(data) if how == "answered" and data else None
    return {"said": said, "how": how, "cpu": usage.ru_utime + usage.ru_stime}


@contextmanager
def _killing(child: int) -> Iterator[None]:
    """End a child of which nothing was heard in time."""
    try:
        yield
    except TimeoutError:
        os.kill(child, signal.SIGKILL)


def _until_end(descriptor: int, patience: float) -> Iterator[bytes]:
    while True:
        ready, _, _ = select.select([descriptor], [], [], patience)
        if not ready:
            raise TimeoutError
        part = os.read(descriptor, 1 << 20)
        if not part:
            return
        yield part


def _in_child(kind: Kind, content: bytes, writing: int) -> NoReturn:
    """Whatever happens here stays here: no handler, buffer or test of the server's runs at the end."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (kind.cpu, kind.cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (kind.memory, kind.memory))
    code = 0
    try:
        with os.fdopen(writing, "wb") as stream:
            stream.write(json.dumps(_said(kind, content)).encode())
    except BaseException:
        code = 70
    os._exit(code)


def _said(kind: Kind, content: bytes) -> Said:
    try:
        return kind.read(content)
    except BaseException as fault:
        frames = traceback.extract_tb(fault.__traceback__)[-3:]
        where = ", ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames)
        return {"outcome": type(fault).__name__, "wrong": [f"{type(fault).__name__}: {str(fault)[:200]!r} at {where}"]}


if __name__ == "__main__":
    _serve(import_module(sys.argv[1]).KIND)
