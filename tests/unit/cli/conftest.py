"""Every command line runs in an empty folder, with an environment of its own, and leaves no trace in the process."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.unit.cli.commands import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    for name in [name for name in os.environ if name.startswith(("RECONCILE_", "AZURE_"))]:
        monkeypatch.delenv(name)
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    thresholds, handler = gc.get_threshold(), signal.getsignal(signal.SIGTERM)
    yield Shell(capsys)
    gc.set_threshold(*thresholds)
    signal.signal(signal.SIGTERM, handler)
    structlog.reset_defaults()
