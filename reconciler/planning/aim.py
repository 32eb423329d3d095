"""`--target`: only the steps of some VMs, and what these depend on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from reconciler.model.ids import fold
from reconciler.model.plan import Basis, Finding, Severity, Step
from reconciler.planning.select import Meant, Wish


def aimed_at(meant: Meant, targets: Collection[str]) -> bool:
    """Whether a VM is meant by one of the folded targets: its name, `group/name` or its ARM id. None means all."""
    return not targets or bool(_names(meant) & set(targets))


def needed(steps: Sequence[Step], vms: Iterable[Step]) -> list[Step]:
    """`vms` and all they depend on, in the order of `steps`."""
    by_id = {step.id: step for step in steps}
    wanted: set[str] = set()
    todo = [step.id for step in vms]
    while todo:
        name = todo.pop()
        if name not in wanted and name in by_id:
            wanted.add(name)
            todo += by_id[name].depends_on
    return [step for step in steps if step.id in wanted]


def missed(wishes: Iterable[Wish], targets: Collection[str]) -> list[Finding]:
    """A target that no document names is an error: nothing would happen, and nobody would know why."""
    known = {name for wish in wishes for name in _names(wish.meant)}
    return [
        Finding("target-not-found", Severity.ERROR, (target,), f"No document names {target!r}.", basis=Basis.RULE)
        for target in sorted(targets)
        if target not in known
    ]


def _names(meant: Meant) -> set[str]:
    label = fold(meant.label)
    names = {label, label.rpartition("/")[2], fold(meant.id)}
    return names | ({fold(f"{meant.vm.resource_group}/{meant.vm.name}")} if meant.vm else set())
