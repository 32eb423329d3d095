"""From paths to what is wanted: files, order, meaning."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from reconciler.manifests.load import Loaded, load, load_texts
from reconciler.model.backup_rules import ByDate, ByWeekday, Every, Ordinal, Weekday
from reconciler.model.desired import Drift, Generation, Selector, Tags, VmRef

ROOT = Path(__file__).parents[3]
BACKUPS = sorted((ROOT / "examples").glob("*/backup"))
DOCUMENTS = """\
apiVersion: reconciler/v1
kind: Vault
metadata: {name: rsv}
spec: {subscriptionId: 00000000-0000-0000-0000-000000000001, resourceGroup: rg, location: westeurope}
---
apiVersion: reconciler/v1
kind: BackupPolicy
metadata: {name: gold}
spec:
  vaults: [rsv]
  tier: Enhanced
  schedule: {every: 4 hours, from: "08:00", for: 12 hours, timeZone: Europe/Amsterdam}
  retention:
    daily: 30 days
    monthly: {keep: 6 months, on: [last Sunday, first Sunday]}
    yearly: {keep: 1 year, on: [last day, day 15, day 1], in: [July, January]}
---
apiVersion: reconciler/v1
kind: Protection
metadata: {name: web}
spec:
  vault: rsv
  policy: gold
  drift: Report
  virtualMachines: [{name: web-01, resourceGroup: rg-web}]
  select: {tags: {env: [prod, acc]}, not: {names: ["x-*"]}}
---
apiVersion: reconciler/v1
kind: Pause
metadata: {name: move}
spec: {vault: rsv, reason: a move, owner: me, until: "2027-01-15T08:00:00+02:00"}
"""


def codes(loaded: Loaded) -> list[str]:
    return [one.code for one in loaded.diagnostics]


def good(text: str) -> Loaded:
    loaded = load_texts({"a.yaml": text.encode()})
    assert loaded.diagnostics == ()
    return loaded


@pytest.mark.parametrize("folder", BACKUPS, ids=lambda path: path.parent.name)
def test_examples_are_valid(folder: Path) -> None:
    loaded = load([folder])
    assert loaded.diagnostics == ()
    assert loaded.files == len(list(folder.glob("*.yaml")))


def test_values() -> None:
    desired = good(DOCUMENTS).desired
    assert desired is not None
    (policy,), (web,), (pause,) = desired.policies, desired.protections, desired.pauses
    schedule, kept = policy.rules.schedule, policy.rules.retention
    assert (schedule.every, schedule.at, schedule.interval, schedule.window) == (Every.HOURS, "08:00", 4, 12)
    assert schedule.time_zone == "W. Europe Standard Time"
    assert kept.monthly is not None
    assert kept.monthly.on == ByWeekday((Ordinal.FIRST, Ordinal.LAST), (Weekday.SUNDAY,))
    assert kept.yearly is not None
    assert kept.yearly.on == ByDate((1, 15), last=True)
    assert desired.vaults[0].generation is Generation.CURRENT
    tags: Tags = (("env", ("acc", "prod")),)
    assert web.select == Selector(tags=tags, exclude=Selector(names=("x-*",)))
    assert web.virtual_machines == (VmRef("web-01", "rg-web"),)
    assert str(web.virtual_machines[0].span) == "a.yaml:25:21"
    assert web.drift is Drift.REPORT
    assert pause.until == datetime(2027, 1, 15, 6, tzinfo=UTC)


def test_order_comments_and_layout_mean_nothing() -> None:
    parts = DOCUMENTS.split("---\n")
    expected = good(DOCUMENTS).desired
    assert expected is not None
    for seed in range(20):
        parts = parts[seed % 3 :] + parts[: seed % 3][::-1]
        again = good("---\n".join(f"# note {seed}\n{part}" for part in parts)).desired
        assert again == expected
    split = load_texts({f"{name}.yaml": part.encode() for name, part in enumerate(parts)}).desired
    assert split is not None
    assert split.digest == expected.digest


@pytest.mark.parametrize(("old", "new"), [("30 days", "31 days"), ("Report", "Correct"), ("web-01", "web-02")])
def test_any_meaning_changes_the_digest(old: str, new: str) -> None:
    before, after = good(DOCUMENTS).desired, good(DOCUMENTS.replace(old, new)).desired
    assert before is not None
    assert after is not None
    assert before.digest != after.digest


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(DOCUMENTS)
    folder = tmp_path / "backup"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "x.yaml").write_text("no: manifest")
    (folder / "notes.txt").write_text("no manifest")
    (folder / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    assert codes(load([Path("backup")])) == ["manifest-empty"]
    assert codes(load([Path("nowhere")])) == ["manifest-unreadable"]
    (folder / "sub" / "a.yml").write_text(DOCUMENTS)
    loaded = load([Path("backup"), folder])
    assert (codes(loaded), loaded.files, list(loaded.sources)) == ([], 1, ["backup/sub/a.yml"])
    (folder / "link.yaml").symlink_to(outside)
    assert codes(load([folder])) == ["manifest-unreadable"]


def test_special_files_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert codes(load([tmp_path])) == ["manifest-unreadable"]


def test_expiry_needs_a_clock() -> None:
    text = {"a.yaml": DOCUMENTS.encode()}
    assert codes(load_texts(text, today=date(2027, 1, 15))) == []
    assert codes(load_texts(text, today=date(2027, 1, 16))) == ["manifest-expired"]


def test_a_thousand_machines_in_one_list() -> None:
    machines = "".join(f"    - {{name: vm-{number}, resourceGroup: rg-web}}\n" for number in range(1000))
    line = "  virtualMachines: [{name: web-01, resourceGroup: rg-web}]\n"
    content = {"a.yaml": DOCUMENTS.replace(line, "  virtualMachines:\n" + machines).encode()}
    loaded = load_texts(content)
    assert loaded.desired is not None
    assert len(loaded.desired.protections[0].virtual_machines) == 1000
