"""What makes two plans the same: their steps, the declarations, and the observed facts that the steps rest on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.call import Call, Json, canonical
from reconciler.model.ids import fold
from reconciler.model.observed import ProtectedItem, VirtualMachine
from reconciler.model.plan import Held, Step, SubjectKind
from reconciler.planning.situation import Situation


def digest(situation: Situation, steps: Sequence[Step], held: Sequence[Held]) -> str:
    """`sha256:…`; the time of the look does not count, what was seen of each subject does."""
    found = hashlib.sha256()
    for piece in _pieces(situation, steps, held):
        found.update(piece.encode())
    return f"sha256:{found.hexdigest()}"


def _pieces(situation: Situation, steps: Sequence[Step], held: Sequence[Held]) -> Iterator[str]:
    """One JSON document, piece by piece: of a hundred thousand steps it is far larger than the plan."""
    planned = {step.subject.id: step for step in (*steps, *(one.step for one in held))}
    facts = (f"{canonical(subject)}:{canonical(_facts(situation, planned[subject]))}" for subject in sorted(planned))
    yield f'{{"config":{canonical(situation.desired.digest)},"facts":{{'
    yield from _parted(facts)
    yield '},"held":['
    yield from _parted(canonical({"step": _step(one.step), "guard": one.guard}) for one in held)
    yield '],"steps":['
    yield from _parted(canonical(_step(step)) for step in steps)
    yield "]}"


def _parted(pieces: Iterable[str]) -> Iterator[str]:
    for number, piece in enumerate(pieces):
        yield f",{piece}" if number else piece


def _step(step: Step) -> dict[str, Json]:
    return {
        "id": step.id,
        "subject": step.subject.id,
        "reason": step.reason,
        "call": _call(step.call),
        "put_back": _call(step.put_back) if step.put_back else None,
        "before": dict(step.before),
        "after": dict(step.after),
        "risk": step.risk.word,
        "recovery_points": str(step.recovery_points),
        "depends_on": list(step.depends_on),
        "predicted": list(step.predicted),
    }


def _call(call: Call) -> list[Json]:
    return [call.method, call.path, call.api, call.body, [[name, value] for name, value in call.query]]


def _facts(situation: Situation, step: Step) -> Json:
    vault = situation.observed.vaults[step.vault]
    match step.subject.kind:
        case SubjectKind.VM:
            key = fold(step.subject.id)
            item, vm = vault.items.get(key), situation.estate.get(key)
            return [_item(item) if item else None, _vm(vm) if vm else None]
        case SubjectKind.POLICY:
            name = step.subject.name.partition("/")[2]
            policy = vault.policies.get(fold(name))
            return policy.properties if policy else None
        case _:
            state = str(vault.soft_delete) if vault.soft_delete else None
            return [vault.exists, vault.location, state, vault.soft_delete_retention, vault.immutability, vault.guarded]


def _item(item: ProtectedItem) -> list[Json]:
    return [item.id, item.raw_state, item.policy_id, item.soft_deleted]


def _vm(vm: VirtualMachine) -> list[Json]:
    return [vm.id, vm.vm_id, str(vm.power)]
