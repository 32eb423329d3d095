"""Whoever stops listening ends what only reads; what is being applied goes on, and its exit code tells."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from reconciler.cli.streams import OutputLostError, SteadyStream, steady


@pytest.fixture
def full() -> Iterator[TextIO]:
    with open("/dev/full", "w", encoding="utf-8") as device:
        yield device


@pytest.fixture
def deserted() -> Iterator[TextIO]:
    """A pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        yield pipe


def test_a_lost_stream_is_silent_from_then_on(full: TextIO) -> None:
    stream = SteadyStream(full, required=False)
    assert stream.write("x\n") == 2
    stream.flush()
    assert stream.lost is not None
    assert stream.lost.errno == errno.ENOSPC
    stream.write("y" * 100_000)
    stream.flush()


def test_a_stream_that_is_required_says_so_once(deserted: TextIO) -> None:
    stream = SteadyStream(deserted, required=True)
    stream.write("x\n")
    with pytest.raises(OutputLostError) as raised:
        stream.flush()
    assert isinstance(raised.value.__cause__, BrokenPipeError)
    stream.write("y\n")
    stream.flush()


def test_what_was_in_its_buffer_does_no_harm_when_it_is_closed(full: TextIO) -> None:
    stream = SteadyStream(full, required=False)
    stream.write("x\n")
    stream.flush()
    full.close()


def test_they_stand_in_for_stdout_and_stderr_and_go(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with steady({}) as streams:
        print("out")
        print("err", file=sys.stderr)
        assert (sys.stdout, sys.stderr) == (streams.out, streams.err)
        assert not sys.stdout.isatty()
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr() == ("out\n", "err\n")


def test_a_stream_that_was_closed_from_the_beginning_is_one_to_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with steady({}) as streams:
        print("", end="", flush=True)
        assert streams.out.lost is None
    assert sys.stdout is None


def test_what_cannot_be_encoded_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(kept, encoding="ascii", write_through=True))
    with steady({}):
        print("é")
    assert kept.getvalue() == b"\\xe9\n"


def test_a_line_that_an_agent_would_obey_is_finished_even_when_nobody_listens(
    monkeypatch: pytest.MonkeyPatch, full: TextIO
) -> None:
    monkeypatch.setattr(sys, "stdout", full)
    with steady({"GITHUB_ACTIONS": "true"}) as streams:
        print("begun", end="")
    assert streams.out.lost is not None


def test_dev_full_is_there() -> None:
    assert Path("/dev/full").is_char_device()
