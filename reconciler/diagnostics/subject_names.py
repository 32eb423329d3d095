"""Many names said in few words: a real series by its ends, a crowd by its groups."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.diagnostics.escape import shorten
from reconciler.model.ids import BadSegmentError, VmName
from reconciler.model.plan import SubjectKind

SHOWN_NAMES = 3
"""Up to so many names are all shown."""
_SHOWN_GROUPS = 3
_NAME_CELLS = 40
_NUMBERED = re.compile(r"(.*?)([0-9]{1,9})", re.DOTALL)
_ARM_ID = re.compile(r"/subscriptions/[^/\s]+/resourceGroups/([^/\s]+)/providers/[^/\s]+(?:/[^/\s]+/([^/\s]+))+", re.I)
_NOUNS = {
    SubjectKind.VAULT: ("vault", "vaults"),
    SubjectKind.POLICY: ("policy", "policies"),
    SubjectKind.VM: ("VM", "VMs"),
}


def plural(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `6 findings`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def count(number: int, kind: SubjectKind) -> str:
    """`1 VM`, `4 VMs`."""
    return plural(number, *_NOUNS[kind])


def vm_label(arm_id: str) -> str:
    """`group/vm` of a VM's ARM id; a name or an id of another shape stays as it is."""
    try:
        vm = VmName.parse(arm_id)
    except BadSegmentError:
        return arm_id
    return f"{vm.resource_group}/{vm.name}"


def is_vm(subject: str) -> bool:
    """Whether a subject of a finding is a VM: they are told by ARM id."""
    return vm_label(subject) != subject


def short_ids(text: str) -> str:
    """`text` with each ARM id in it as `group/name`."""
    return _ARM_ID.sub(r"\1/\2", text)


def names(subjects: Sequence[str], kind: SubjectKind | None, *, shown: int = SHOWN_NAMES, most_series: int = 1) -> str:
    """`rg/web-01`, `2 VMs  rg/db, web`, `12 VMs  rg/web-01 … web-12` or `27 VMs in rg-api, rg-web`.

    Sorted and harmless; up to `shown` names that are no series are all told, and up to `most_series` of one group.
    """
    ordered = sorted(set(subjects))
    if len(ordered) <= 1:
        return ", ".join(_short(ordered))
    many = count(len(ordered), kind) if kind else str(len(ordered))
    if len(ordered) <= shown:
        return f"{many}  {listed(ordered)}"
    series = _series(ordered)
    if series and len(series) <= most_series:
        told = iter(_short(_without_repetition([end for ends in series for end in ends])))
        return f"{many}  {', '.join(' … '.join(next(told) for _ in ends) for ends in series)}"
    groups = sorted({name.partition("/")[0] for name in ordered if "/" in name})
    if kind is SubjectKind.VM and groups and all("/" in name for name in ordered):
        return f"{many} in {_first(groups, _SHOWN_GROUPS, 'more groups')}"
    return f"{many}  {_first(ordered, shown, 'more')}"


def listed(subjects: Sequence[str]) -> str:
    """All names, with commas; a group that all share is said once."""
    return ", ".join(_short(_without_repetition(sorted(set(subjects)))))


def _series(ordered: Sequence[str]) -> list[list[str]]:
    """The ends of each run of names of one group that differ in a last number only and leave none out.

    A name that stands alone has one end; none for names without a number, or with different words before it.
    """
    found = [(match, name) for name in ordered if (match := _NUMBERED.fullmatch(name))]
    numbers = {int(match[2]): name for match, name in found}
    if not len(found) == len(ordered) == len(numbers) or len({match[1] for match, _ in found}) != 1:
        return []
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [[numbers[run[0]], numbers[run[-1]]] if len(run) > 1 else [numbers[run[0]]] for run in runs]


def _first(ordered: Sequence[str], shown: int, more: str) -> str:
    left = len(ordered) - shown
    if left <= 1:
        return ", ".join(_short(ordered))
    return f"{', '.join(_short(ordered[:shown]))} and {left} {more}"


def _short(several: Sequence[str]) -> list[str]:
    return [shorten(name, _NAME_CELLS) for name in several]


def _without_repetition(ordered: Sequence[str]) -> list[str]:
    """The group in front of a name is said once when all names share it."""
    prefix, slash, _ = ordered[0].partition("/") if ordered else ("", "", "")
    if not slash or not all(name.startswith(prefix + slash) for name in ordered):
        return list(ordered)
    return [ordered[0], *(name.removeprefix(prefix + slash) for name in ordered[1:])]
