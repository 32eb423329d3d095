"""One event is one line, in either style, and none of them forges another or tells a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from reconciler import log
from tests.unit.diagnostics.readers import screen
from tests.unit.diagnostics.test_escape import ATTACKS

CANARY = "canary-7f3a"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    yield io.StringIO()
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_one_line(stream: io.StringIO, style: str, attack: str) -> None:
    log.configure(level="info", style=style, stream=stream)
    structlog.get_logger().info("step ended", subject=attack, **{attack or "x": 1})

    written = stream.getvalue()
    assert written.count("\n") == 1
    assert screen(written, columns=20_000)[1] == []
    if style == "json":
        assert json.loads(written)["msg"] == "step ended"


def test_a_value_forges_no_pair(stream: io.StringIO) -> None:
    log.configure(level="info", style="text", stream=stream)
    structlog.get_logger().info("step ended", subject='x" outcome=done', outcome="failed")

    assert 'subject="x\\" outcome=done"' in stream.getvalue()
    assert stream.getvalue().count(" outcome=failed") == 1


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_has_no_values_in_it(stream: io.StringIO, style: str) -> None:
    log.configure(level="info", style=style, stream=stream)

    def fail(credential: str) -> None:
        raise ValueError("first\n2026-01-01T00:00:00Z [info     ] forged")

    try:
        fail(CANARY)
    except ValueError:
        structlog.get_logger().exception("step broke")

    written = stream.getvalue()
    assert CANARY not in written
    assert "ValueError: first" in written
    assert sum(not line.startswith("    | ") for line in lines(stream)) == 1


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    "text",
    [
        f"GET failed with Authorization: Bearer {CANARY}",
        f"https://account.blob/x?sv=1&sig={CANARY}&se=2",
        f"token eyJhbGciOi.{CANARY}.{CANARY}",
    ],
)
def test_what_looks_like_a_secret_is_not_written(stream: io.StringIO, style: str, text: str) -> None:
    log.configure(level="info", style=style, stream=stream)
    try:
        raise ValueError(text)
    except ValueError as error:
        structlog.get_logger().exception("broke", reason=text, error=error, access_token=CANARY)

    assert CANARY not in stream.getvalue()
    assert stream.getvalue().count("***") >= 4


@pytest.mark.parametrize("style", ["text", "json"])
def test_records_of_libraries_look_like_ours(stream: io.StringIO, style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    log.configure(level="info", style=style, stream=stream)
    logging.getLogger("library").warning("a\x1b[2J\n%s", "::error::x")

    [line] = lines(stream)
    if style == "json":
        assert json.loads(line).keys() == {"level", "logger", "msg", "ts"}
    else:
        assert line == "warning library a\\x1b[2J\\n::error::x"
