"""The status page: the worst first, folded when there are many, within its width, and nothing green unverified."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len
from rich.text import Text

from reconciler.diagnostics.status_json import status_json
from reconciler.diagnostics.status_text import render_status, render_vms
from reconciler.diagnostics.status_words import next_words
from reconciler.model.desired import Consistency
from reconciler.model.observed import Gap, Job
from reconciler.model.outcome import AzureError
from reconciler.model.status import JobEnd, JobStatus, NextBackup, Status, Trust, VaultStatus, VmStatus

NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)
POINT = NOW - timedelta(hours=11)
RUN = NextBackup(NOW + timedelta(hours=12), NOW + timedelta(hours=13), "W. Europe Standard Time", certain=True)


def vm(name: str, state: str = "protected", trust: Trust | None = Trust.VERIFIED, *troubles: str) -> VmStatus:
    point = POINT if trust is not None else None
    return VmStatus(
        "rsv", name, f"rg/{name}", name, state, "daily", trust, last_point=point, troubles=troubles, next=RUN
    )


def of(*vms: VmStatus, jobs: tuple[JobStatus, ...] = (), gaps: tuple[Gap, ...] = ()) -> Status:
    ends = {str(end): sum(job.end is end for job in jobs) for end in JobEnd}
    vault = VaultStatus("rsv", exists=True, seen=not gaps, states={}, trust={}, exempt=1, uncovered=2, jobs=ends)
    return Status(NOW, not gaps, gaps, (vault,), vms, jobs, ())


def failed(name: str, number: int = 1) -> JobStatus:
    job = Job(
        f"j-{name}", "Backup", "Failed", "", name, NOW - timedelta(hours=2), NOW - timedelta(hours=1), (), f"act-{name}"
    )
    error = AzureError("ExtensionSnapshotFailedNoNetwork", "No network.", number=number, correlation_id=f"act-{name}")
    return JobStatus("rsv", name, f"rg/{name}", job, JobEnd.FAILED, "backup-snapshot-timeout", error)


ALL = (
    vm("well"),
    vm("soft", "soft-deleted", None),
    vm("first", "initial-backup-pending", Trust.CLAIMED),
    vm("old", "protected", Trust.CLAIMED),
    vm("weak", "protected", Trust.VERIFIED, "recovery-point-too-weak"),
    vm("none", "not-protected", None),
    vm("bad", "protection-error", None),
    vm("blind", "protected", Trust.UNKNOWN),
)


def rows(page: str) -> list[str]:
    lines = page.splitlines()
    start = next(number for number, line in enumerate(lines) if "virtual machine" in line) + 1
    return [line.split()[0].removeprefix("rg/") for line in lines[start : lines.index("", start)]]


def test_the_worst_comes_first() -> None:
    page = render_status(of(*ALL), cloud="embedded").plain
    assert rows(page) == ["blind", "bad", "none", "weak", "old", "first", "soft", "well"]


def test_each_vm_is_counted_once() -> None:
    page = " ".join(render_status(of(*ALL), cloud="embedded").plain.split())
    assert (
        "VMs 2 verified, 1 claimed, 1 unknown, 1 in error, 1 not protected, 1 first backup pending, 1 soft-deleted, "
        "1 exempt, 2 in scope and uncovered"
    ) in page


def test_nothing_is_green_that_is_not_verified() -> None:
    page = render_status(of(*ALL), cloud="embedded")
    green = [
        line.plain[span.start : span.end] for line in lines(page) for span in line.spans if "green" in str(span.style)
    ]
    assert [text.strip() for text in green] == ["verified"]


def lines(page: object) -> list[Text]:
    found: list[Text] = vars(page)["_lines"]
    return found


def test_many_that_read_alike_share_a_line() -> None:
    many = of(*(vm(f"web-{number:03}") for number in range(200)), vm("bad", "protection-error", None))
    page = render_status(many, cloud="embedded")
    assert rows(page.plain) == ["bad", "200"]
    assert "200 VMs  rg/web-000 … web-199" in page.plain
    assert len(rows(render_status(many, cloud="embedded", full=True).plain)) == 201


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits_whatever_the_names_are(width: int) -> None:
    odd = [vm(name) for name in ("x" * 90, "虛擬機器" * 20, "a\x1b[31m\nb")]
    jobs = tuple(failed(one.key) for one in odd)
    for page in (
        render_status(of(*odd, jobs=jobs), cloud="embedded", jobs=True, width=width),
        render_vms(of(*odd, jobs=jobs), cloud="embedded", width=width),
    ):
        assert max(cell_len(line) for line in page.plain.splitlines()) <= width
        assert "\x1b" not in page.plain


def test_a_cause_of_many_failed_jobs_is_told_once_with_three_instances() -> None:
    jobs = tuple(failed(f"web-{number}") for number in range(9))
    page = render_status(of(*ALL, jobs=jobs), cloud="embedded", failed=True).plain
    assert page.count("Azure: ExtensionSnapshotFailedNoNetwork (1): No network.") == 1
    assert page.count("act-") == 3
    assert "and 6 more" in page
    assert "well" not in rows(page)


def test_what_azure_said_in_two_lines_reads_as_one() -> None:
    job = failed("sql")
    assert job.error is not None
    job = replace(job, error=replace(job.error, message="No network.\r\nTry again."))
    assert "No network. Try again." in render_status(of(vm("sql"), jobs=(job,)), cloud="c", failed=True).plain


def test_it_speaks_chinese() -> None:
    page = render_status(of(*ALL, jobs=(failed("sql"),)), cloud="embedded", failed=True, language="zh-TW").plain
    assert "embedded 的狀態，查看時間 2026-03-06 09:00 UTC" in page
    assert "過去 24 小時失敗的作業" in page
    assert "No network." in page


def test_a_partial_page_says_so() -> None:
    page = render_status(of(gaps=(Gap("/backupjobs", "502", "rsv"),)), cloud="embedded").plain
    assert "Not everything could be read" in page
    assert "Not read: /backupjobs: 502" in page


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (RUN, "Fri 21:00 UTC (22:00 W. Europe Standard Time)"),
        (replace(RUN, certain=False), "Fri 21:00 UTC (22:00 W. Europe Standard Time) ± 1 hour"),
        (replace(RUN, zone="UTC"), "Fri 21:00 UTC"),
    ],
)
def test_the_next_backup_in_words(run: NextBackup, words: str) -> None:
    assert next_words(run) == words


def test_the_document_has_everything_of_a_vm() -> None:
    text = status_json(of(replace(vm("web"), consistency=Consistency.CRASH)), cloud="azure")
    [told] = json.loads(text)["vms"]
    assert told == {
        "vault": "rsv",
        "vm": "rg/web",
        "id": "web",
        "state": "protected",
        "trust": "verified",
        "policy": "daily",
        "last_backup": {"status": "", "at": None},
        "last_recovery_point": {"at": "2026-03-05T22:00:00Z", "age_seconds": 39600, "consistency": "Crash"},
        "next_backup": {
            "at": "2026-03-06T21:00:00Z",
            "local": "2026-03-06T22:00:00+00:00",
            "time_zone": "W. Europe Standard Time",
            "certain": True,
        },
        "days_until_deleted": None,
        "findings": [],
    }
