"""How the VMs are backed up, as a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reconciler.diagnostics.language import Language
from reconciler.diagnostics.plan_cases import Book
from reconciler.diagnostics.plan_sheet import finding_notice
from reconciler.diagnostics.sheet import Case, Sheet, Table, worst_first
from reconciler.diagnostics.status_words import (
    STATES,
    counted_as,
    moment_words,
    next_words,
    point_words,
    protection_words,
    standing,
)
from reconciler.diagnostics.subject_names import plural
from reconciler.model.status import JobEnd, Status, Trust, VmStatus

_HEADS = ("virtual machine", "protection", "latest point", "next backup", "policy")


def status_sheet(status: Status, *, cloud: str, language: Language = "en") -> Sheet:
    """A VM passes when a recovery point as young as its schedule promises was seen: what is only claimed is skipped."""
    verified = sum(vm.trust is Trust.VERIFIED for vm in status.vms)
    held = sum(vm.trust is not None or vm.state == "protection-error" for vm in status.vms)
    return Sheet(
        kind="status",
        title=f"Status of {cloud}",
        summary=f"{verified} of {plural(held, 'protected VM')} verified",
        scope=cloud,
        facts=tuple(_facts(status)),
        notices=worst_first(finding_notice(one, language) for one in status.findings),
        cases=tuple(_cases(status, language)),
        tables=tuple(_tables(status)),
        complete=status.complete,
        taken_at=status.taken_at,
        language=language,
    )


def _facts(status: Status) -> Iterator[tuple[str, str]]:
    yield "Azure", f"seen {moment_words(status.taken_at)}"
    for vault in status.vaults:
        counts = Counter(counted_as(vm) for vm in status.vms if vm.vault == vault.name)
        names = dict.fromkeys((*Trust, *STATES))
        parts = [f"{counts[name]} {STATES.get(name, name)}" for name in names if counts[name]]
        failed = vault.jobs.get(JobEnd.FAILED, 0)
        parts += [f"{plural(failed, 'job')} failed in 24 hours"] if failed else []
        yield vault.name, ", ".join(parts) or ("nothing protected" if vault.exists else "does not exist yet")
    if not status.complete:
        yield "Partial", "Not everything could be read: what was not seen is unknown, not fine."


def _cases(status: Status, language: Language) -> list[Case]:
    book = Book(language)
    for vm in status.vms:
        told, text = book.vm(vm.vault, vm.id, name=vm.label), f"{protection_words(vm)}.".capitalize()
        how = standing(vm)
        if how == "not-protected":
            told.faults.append(("vm-uncovered", text))
        elif how in {"verified", "troubled"}:
            told.good.append(text)
        else:
            told.doubts.append((how, text))
    book.findings(status.findings)
    return book.cases()


def _tables(status: Status) -> Iterator[Table]:
    by_vault: dict[str, list[VmStatus]] = {}
    for vm in status.vms:
        by_vault.setdefault(vm.vault, []).append(vm)
    for vault, vms in by_vault.items():
        rows = tuple(
            (
                vm.label,
                protection_words(vm),
                point_words(vm, status.taken_at),
                next_words(vm.next) if vm.next is not None else "",
                vm.policy,
            )
            for vm in vms
        )
        yield Table(f"{plural(len(vms), 'VM')} of {vault}", _HEADS, rows)
