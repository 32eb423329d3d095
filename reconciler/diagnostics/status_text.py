"""The status as a person reads it: counts a vault, what is wrong, the VMs with the worst first, and the jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from reconciler.diagnostics.ages import age_words
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.escape import shorten
from reconciler.diagnostics.finding_words import colon
from reconciler.diagnostics.findings_text import print_findings
from reconciler.diagnostics.language import Language
from reconciler.diagnostics.paper import NARROWEST, Paper
from reconciler.diagnostics.phrases import spoken
from reconciler.diagnostics.possible import possible
from reconciler.diagnostics.status_words import (
    KINDS,
    STATES,
    counted_as,
    moment_words,
    next_words,
    point_words,
    protection_words,
    standing,
)
from reconciler.diagnostics.subject_names import names, plural
from reconciler.model.plan import SubjectKind
from reconciler.model.status import JobEnd, JobStatus, NextBackup, Status, Trust, VaultStatus, VmStatus

FEW_VMS = 12
"""Up to so many VMs have a line each; of more, those that read alike share one."""

FEW_JOBS = 40
_NAME_CELLS = 44
_ORDER = [*list(STATES)[:5], "troubled", "claimed", *list(STATES)[5:], "verified"]
_STYLES = {"verified": "green", "claimed": "yellow", "troubled": "yellow", "soft-deleted": "dim", "stopped": "dim"}
_ENDS = {
    JobEnd.FAILED: "bold red",
    JobEnd.UNKNOWN: "yellow",
    JobEnd.IN_PROGRESS: "cyan",
    JobEnd.CANCELLED: "yellow",
    JobEnd.SUCCEEDED: "",
}
_END_ORDER = list(_ENDS)


def render_status(
    status: Status,
    *,
    cloud: str,
    jobs: bool = False,
    failed: bool = False,
    full: bool = False,
    width: int = 80,
    language: Language = "en",
) -> Paper:
    """The overview. `jobs` adds the jobs of the last day, `failed` those that failed and leaves out VMs in health."""
    page = Paper(width, language)
    page.line(f"Status of {cloud}, seen {moment_words(status.taken_at)}", style="bold")
    if not status.complete:
        page.line("Not everything could be read: what was not seen is unknown, not fine.", indent=2, style="yellow")
    for vault in status.vaults:
        _vault(page, vault, status)
    print_findings(page, status.findings, full=full)
    shown = [vm for vm in status.vms if not failed or standing(vm) != "verified"]
    _vms(page, shown, status.taken_at, full=full)
    if jobs or failed:
        wanted = [job for job in status.jobs if not failed or job.end is JobEnd.FAILED]
        _jobs(page, wanted, status.taken_at, failed=failed, full=full)
    _footer(page, status, drilled=jobs or failed)
    return page


def render_vms(status: Status, *, cloud: str, full: bool = False, width: int = 80, language: Language = "en") -> Paper:
    """All there is to know of the VMs of a narrowed status."""
    page = Paper(width, language)
    page.line(f"Status of {cloud}, seen {moment_words(status.taken_at)}", style="bold")
    for vm in status.vms:
        _detail(page, vm, status.taken_at)
    print_findings(page, status.findings, full=full)
    _jobs(page, status.jobs, status.taken_at, failed=False, full=True)
    _unread(page, status)
    return page


def _vault(page: Paper, vault: VaultStatus, status: Status) -> None:
    page.heading(f"Vault {shorten(vault.name, 60)}")
    if not vault.exists:
        text = "does not exist yet" if vault.seen else "could not be read"
        page.line(text, indent=2, style="yellow")
        return
    words = Counter(counted_as(vm) for vm in status.vms if vm.vault == vault.name)
    parts = [f"{words[word]} {STATES.get(word, word)}" for word in dict.fromkeys((*Trust, *STATES)) if words[word]]
    parts += [f"{vault.exempt} exempt"] if vault.exempt else []
    parts += [f"{vault.uncovered} in scope and uncovered"] if vault.uncovered else []
    page.line(f"VMs   {', '.join(parts) or 'none protected'}", indent=2, hang=6)
    ends = ", ".join(f"{vault.jobs.get(end, 0)} {end.replace('-', ' ')}" for end in (*JobEnd,) if _counts(vault, end))
    style = "red" if vault.jobs.get(JobEnd.FAILED) else ""
    page.line(f"Jobs  {ends} in 24 hours", indent=2, hang=6, style=style)
    for run, policy, number in _runs(vault, status.vms):
        text = f"Next  {policy} ({plural(number, 'VM')}): {next_words(run)}"
        page.line(text, indent=2, hang=6)


def _counts(vault: VaultStatus, end: JobEnd) -> bool:
    return end in {JobEnd.SUCCEEDED, JobEnd.FAILED} or bool(vault.jobs.get(end))


def _runs(vault: VaultStatus, vms: Iterable[VmStatus]) -> list[tuple[NextBackup, str, int]]:
    """The next run of each policy that has VMs, the soonest first."""
    found: dict[tuple[str, datetime], list[NextBackup]] = {}
    for vm in vms:
        if vm.vault == vault.name and vm.next is not None:
            found.setdefault((vm.policy, vm.next.at), []).append(vm.next)
    runs = [(same[0], policy, len(same)) for (policy, _), same in found.items()]
    return sorted(runs, key=lambda one: (one[0].at, one[1]))


def _vms(page: Paper, vms: Sequence[VmStatus], now: datetime, *, full: bool) -> None:
    """A line each, or one for all that read alike; the vault with the worst first."""
    place = {word: number for number, word in enumerate(_ORDER)}
    vaults: dict[str, list[VmStatus]] = {}
    for vm in sorted(vms, key=lambda one: (place.get(standing(one), -1), one.vault, one.label)):
        vaults.setdefault(vm.vault, []).append(vm)
    for vault, here in vaults.items():
        if len(vaults) > 1:
            page.heading(f"VMs of {shorten(vault, 60)}")
        else:
            page.blank()
        _vms_of(page, here, now, full=full or len(vms) <= FEW_VMS)


def _vms_of(page: Paper, vms: Sequence[VmStatus], now: datetime, *, full: bool) -> None:
    alike: dict[tuple[object, ...], list[VmStatus]] = {}
    for vm in vms:
        key = (standing(vm), protection_words(vm), point_words(vm, now), vm.policy)
        alike.setdefault((*key, vm.key) if full else key, []).append(vm)
    said = [(protection_words(same[0]), point_words(same[0], now), same[0].policy) for same in alike.values()]
    beside = sum(max(map(len, column)) + 2 for column in list(zip(*said, strict=True))[:2])
    room = max(min(page.width - beside - 4, _NAME_CELLS), NARROWEST // 2)
    cells = [
        (shorten(names([vm.label for vm in same], SubjectKind.VM), room), *words)
        for same, words in zip(alike.values(), said, strict=True)
    ]
    styles = [_STYLES.get(standing(same[0]), "red") for same in alike.values()]
    heads = ("virtual machine", "protection", "latest point", "policy")
    page.table(heads, cells, styles, styled=1, foreign={3})


def _detail(page: Paper, vm: VmStatus, now: datetime) -> None:
    page.heading(f"{vm.label} in {vm.vault}")
    entries = [("protection", protection_words(vm)), ("policy", vm.policy or "none")]
    if vm.last_backup is not None:
        status = vm.last_backup_status.lower() or "ended"
        entries.append(("last backup", f"{status}, {_ago(vm.last_backup, now)}"))
    if vm.last_point is not None:
        kind = KINDS[vm.consistency] if vm.consistency is not None else "consistency not known"
        entries.append(("latest point", f"{_ago(vm.last_point, now)}, {kind}"))
    else:
        entries.append(("latest point", "none"))
    if vm.next is not None:
        entries.append(("next backup", f"{next_words(vm.next)}, in {age_words(vm.next.at - now)}"))
    for label, text in entries:
        page.line(f"{label.ljust(12)}  {text}", indent=2, hang=14)


def _ago(moment: datetime, now: datetime) -> str:
    return f"{age_words(now - moment)} ago ({moment_words(moment)})"


def _jobs(page: Paper, jobs: Sequence[JobStatus], now: datetime, *, failed: bool, full: bool) -> None:
    what = "Failed jobs" if failed else "Jobs"
    if not jobs:
        page.blank()
        page.line(f"{what} of the last 24 hours: none")
        return
    page.heading(f"{what} of the last 24 hours")
    ordered = sorted(jobs, key=lambda one: _END_ORDER.index(one.end))
    alike: dict[tuple[object, ...], list[JobStatus]] = {}
    for one in ordered:
        key = (one.end, one.job.operation, one.code, one.vault, _short(one.job.start))
        alike.setdefault((*key, one.job.id) if full or len(jobs) <= FEW_JOBS else key, []).append(one)
    cells = [
        (
            _short(same[0].job.start),
            same[0].job.operation,
            _end_words(same[0]),
            _took(same[0], now) if len(same) == 1 else "",
            names([one.label for one in same], SubjectKind.VM),
        )
        for same in alike.values()
    ]
    styles = [_ENDS[same[0].end] for same in alike.values()]
    page.table(("started", "operation", "", "took", "virtual machine"), cells, styles, styled=2)
    _errors(page, [one for one in ordered if one.error is not None], full=full)


def _end_words(one: JobStatus) -> str:
    if one.end is JobEnd.SUCCEEDED and one.job.status != "Completed":
        return "with warnings"
    return one.end.replace("-", " ")


def _took(one: JobStatus, now: datetime) -> str:
    start = one.job.start
    return age_words((one.job.end or now) - start) if start is not None else ""


def _errors(page: Paper, failed: Sequence[JobStatus], *, full: bool) -> None:
    """Each cause once: the row, Azure's words, and where support finds it."""

    def cause(one: JobStatus) -> tuple[str, tuple[str, ...], str, int]:
        return one.code, one.or_else, one.error.code if one.error else "", one.error.number if one.error else 0

    for (code, or_else, azure, number), same in groupby(sorted(failed, key=cause), key=cause):
        jobs, row = list(same), catalog().row(code).told(page.language)
        page.blank()
        who = spoken(names([one.label for one in jobs], SubjectKind.VM), page.language)
        page.line(f"{row.title}{colon(page.language)}{who}  [{code}]", indent=2, hang=4)
        error = jobs[0].error
        said = f"Azure: {azure}{f' ({number})' if number else ''}: {' '.join(error.message.split()) if error else ''}"
        page.line(said, indent=4, foreign=True)
        ids = [one.job.activity_id for one in jobs if one.job.activity_id]
        shown = ids if full else ids[:3]
        if shown:
            more = f" and {len(ids) - len(shown)} more" if len(ids) > len(shown) else ""
            page.line(f"activity {', '.join(shown)}{more}", indent=4, style="dim")
        page.line(f"→ {row.remedy}", indent=4)
        if or_else:
            page.line(possible(code, or_else, page.language), indent=4, foreign=True)


def _footer(page: Paper, status: Status, *, drilled: bool) -> None:
    verified = sum(vm.trust is Trust.VERIFIED for vm in status.vms)
    held = sum(vm.trust is not None or vm.state == "protection-error" for vm in status.vms)
    page.blank()
    page.line(f"{verified} of {plural(held, 'protected VM')} verified", style="bold")
    if held:
        page.line("verified: a recovery point as young as the schedule promises; claimed: none", style="dim")
    unread = sum(vm.trust is not None and vm.last_point is not None and vm.consistency is None for vm in status.vms)
    if unread:
        page.line(f"Consistency of {plural(unread, 'recovery point')} not read: add --recovery-points.")
    if any(vm.state == "not-protected" for vm in status.vms):
        page.line("What keeps VMs from being protected: reconcile --dry-run, with the same options.")
    if not drilled and any(one.end is JobEnd.FAILED for one in status.jobs):
        page.line("What failed, and why: reconcile status --failed. One VM: --vm NAME.")
    _unread(page, status)


def _unread(page: Paper, status: Status) -> None:
    for gap in status.gaps:
        page.line(f"Not read: {gap.scope}: {gap.reason}", hang=4, style="yellow")


def _short(moment: datetime | None) -> str:
    return f"{moment:%m-%d %H:%M}" if moment is not None else ""
