"""Start a VM so that it can be registered, and put it back afterwards."""

from __future__ import annotations

from reconciler.actions import paths
from reconciler.actions.action import Action, Target
from reconciler.model import api
from reconciler.model.call import Call
from reconciler.model.ids import VmName
from reconciler.model.observed import Power
from reconciler.model.plan import SubjectKind
from reconciler.model.state import State


def _call(target: Target) -> Call:
    return _power(target, "start")


def _put_back(target: Target) -> Call:
    """A VM that was stopped but kept its hardware gets it back so; all others are deallocated, and cost nothing."""
    return _power(target, "powerOff" if paths.needed_vm(target).power is Power.STOPPED else "deallocate")


def _power(target: Target, verb: str) -> Call:
    vm = paths.needed_vm(target)
    version = api.CLASSIC_COMPUTE if vm.classic else api.COMPUTE
    return Call("POST", f"{VmName.parse(vm.id).arm_id}/{verb}", version)


ACTION = Action(
    "start-vm",
    "+",
    SubjectKind.VM,
    frozenset(),
    State.DISCOVERED,
    _call,
    put_back=_put_back,
)
