"""The installed command as a process: over a real network, under signals, into a closed pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.server import QUICKSTART, TIMEOUT, clean, reconcile, served

BACKUP = ("-f", str(QUICKSTART / "backup"))
EMBEDDED = ("--cloud", "embedded", "--estate", str(QUICKSTART / "estate.yaml"), *BACKUP)


def test_a_dry_run_over_http_sends_only_reads(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with served(tmp_path) as vault:
        ended = reconcile("--cloud", vault.url, "--dry-run", *BACKUP, folder=elsewhere)
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr.startswith(f"Cloud: {vault.url}")
        shown = json.loads(reconcile("vault", "show", "--requests", "-o", "json", folder=tmp_path).stdout)
    assert list(elsewhere.iterdir()) == []
    sent = {(request["method"], request["path"].rpartition("/")[2].lower()) for request in shown["requests"]}
    assert ("GET", "virtualmachines") in sent
    assert {name for method, name in sent if method != "GET"} == {"backupstatus", "backupprevalidateprotection"}


def test_the_same_plan_over_http_as_in_process(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with served(tmp_path, "--speed", "0") as vault:
        over_http = json.loads(
            reconcile("--cloud", vault.url, "--dry-run", "-o", "json", *BACKUP, folder=tmp_path).stdout
        )
    in_process = json.loads(reconcile(*EMBEDDED, "--dry-run", "-o", "json", folder=tmp_path / "a").stdout)
    same = ("steps", "held", "quiet", "findings", "coverage", "summary", "digest")
    assert {key: over_http[key] for key in same} == {key: in_process[key] for key in same}


def test_a_server_that_is_not_there_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    ended = reconcile("--cloud", "http://127.0.0.1:9", "--dry-run", *BACKUP, folder=tmp_path)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "refused" in ended.stdout + ended.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with served(tmp_path) as vault:
        port = vault.url.rpartition(":")[2]
        ended = reconcile("vault", "serve", "--port", port, folder=tmp_path)
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be taken" in ended.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_an_apply_with_its_own_code_and_the_next_run_goes_on(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with served(tmp_path) as vault:
        command = [sys.executable, "-m", "reconciler", "--cloud", vault.url, *BACKUP, "-o", "jsonl"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=clean(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if json.loads(line)["@message"].startswith("Applying"):
                    break
            process.send_signal(number)
            out, err = process.communicate(timeout=TIMEOUT)
        assert process.returncode == code, out + err
        assert "the next run takes up what still runs" in err
        assert "Traceback" not in err


def test_a_reader_that_leaves_early_does_no_harm(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "reconciler", "schema"]
    ended = subprocess.run(command, cwd=tmp_path, env=clean(tmp_path), stdout=writing, stderr=subprocess.PIPE,
                           text=True, timeout=TIMEOUT, check=False)  # fmt: skip
    os.close(writing)
    assert ended.stderr == ""
    assert ended.returncode == 1


def test_an_unexpected_fault_has_a_message_and_a_traceback_only_on_demand(tmp_path: Path) -> None:
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import reconciler.cli.version as v\nv.version.callback = lambda **_: 1 / 0\n")
    plain = reconcile("version", folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert (plain.returncode, plain.stdout) == (1, "")
    assert "ZeroDivisionError" in plain.stderr
    assert "Traceback" not in plain.stderr
    loud = reconcile("version", folder=tmp_path, PYTHONPATH=str(tmp_path), RECONCILE_DEBUG="1")
    assert "Traceback" in loud.stderr


def test_no_colour_codes_where_nobody_watches(tmp_path: Path) -> None:
    assert "\x1b" not in reconcile(*EMBEDDED, "--dry-run", folder=tmp_path).stdout
    assert "\x1b" in reconcile(*EMBEDDED, "--dry-run", folder=tmp_path, FORCE_COLOR="1").stdout
    assert "\x1b" not in reconcile(*EMBEDDED, "--dry-run", folder=tmp_path, FORCE_COLOR="1", NO_COLOR="1").stdout
