"""The daemon as a process: it gets ready, is woken, reads its settings again, and leaves when it is told to."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

from tests.process.daemon import quickstart, watching
from tests.process.server import reconcile


def test_it_gets_ready_is_woken_by_sighup_and_leaves_in_time_at_sigterm(tmp_path: Path) -> None:
    with watching(tmp_path) as daemon:
        daemon.until("pass ended", outcome="completed")
        assert daemon.get("/livez")[0] == 200
        status, body = daemon.get("/readyz")
        assert (status, json.loads(body)["role"]) == (200, "leader")
        assert 'reconcile_vms{state="unprotected"' in daemon.get("/metrics")[1]
        assert "rsv-quickstart" in daemon.get("/")[1]
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until("woken", signal="SIGHUP")
        assert daemon.until("pass ended")["outcome"] == "completed"
        code, seconds = daemon.end(signal.SIGTERM)
    assert code == 143
    assert seconds < 10
    with watching(tmp_path) as second:
        assert second.until("lease taken")["epoch"] == 2, "the first has given it back, so nobody had to wait"
        assert second.end(signal.SIGINT)[0] == 130


def test_it_reads_its_settings_again_and_keeps_the_old_ones_where_the_new_are_wrong(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('interval = "10 minutes"\n')
    with watching(tmp_path, "--config", str(settings), *quickstart()) as daemon:
        daemon.until("pass ended")
        settings.write_text('interval = "soon"\n')
        daemon.process.send_signal(signal.SIGHUP)
        assert "soon" in daemon.until("settings not reloaded")["error"]
        settings.write_text('interval = "10 minutes"\nlisten = "127.0.0.1:1"\nwindow = ["Mon 00:00-00:01 UTC"]\n')
        daemon.process.send_signal(signal.SIGHUP)
        assert "the next one opens" in daemon.until("gate")["closed"]
        assert daemon.end(signal.SIGTERM)[0] == 143


def test_a_mistake_in_the_manifests_is_told_and_the_last_good_ones_stay_in_force(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    for source in (Path(quickstart()[-1])).iterdir():
        (folder / source.name).write_bytes(source.read_bytes())
    with watching(tmp_path, *quickstart()[:-1], str(folder)) as daemon:
        good = daemon.until("revision in force")["digest"]
        (folder / "policies.yaml").write_text("kind: [")
        assert daemon.until("revision rejected")["because"] == "invalid"
        status, body = daemon.get("/readyz")
        assert status == 200, body
        assert good[7:15] in daemon.get("/")[1]
        assert daemon.end(signal.SIGTERM)[0] == 143


def test_a_port_that_is_taken_is_told_before_anything_begins(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = reconcile("--watch", *quickstart(), "--listen", listen, folder=tmp_path)
    assert ended.returncode == 1
    assert f"{listen} cannot be listened on" in ended.stderr
    assert "Traceback" not in ended.stderr
