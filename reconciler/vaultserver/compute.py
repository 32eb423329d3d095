"""Microsoft.Compute as backup clients use it: lists, one machine, instance view, power actions and their operations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from reconciler.vaultserver import errors, machines, operations, paging, timeline
from reconciler.vaultserver.arm import fold, vm_id
from reconciler.vaultserver.records import OperationRecord, Power, VmRecord
from reconciler.vaultserver.routes import ArmRoute, WireCall, empty, json_response

if TYPE_CHECKING:
    from reconciler.vaultserver.world import World

S = "/subscriptions/{subscription}"
P = "/providers/Microsoft.Compute"
VM = S + "/resourceGroups/{group}" + P + "/virtualMachines/{vm}"
FAMILY = "compute"

ACTIONS: dict[str, tuple[Power | None, Power, int]] = {
    "start": ("starting", "running", 20),
    "powerOff": (None, "stopped", 15),
    "deallocate": (None, "deallocated", 30),
    "restart": (None, "running", 30),
}
"""Each power action: the state meanwhile, the state at its end, and its virtual seconds."""

_DELETE_SECONDS = 20
_QUOTA = {
    "x-ms-ratelimit-remaining-resource": (
        "Microsoft.Compute/LowCostGetSubscriptionMaximum;23995,Microsoft.Compute/LowCostGetResource;31"
    )
}


def routes(world: World) -> list[BaseRoute]:
    """Virtual machines, their extensions and disks, and the operations of power actions."""
    reads: list[tuple[str, Callable[[WireCall], Response]]] = [
        (S + P + "/virtualMachines", _list),
        (S + "/resourceGroups/{group}" + P + "/virtualMachines", _list),
        (S + P + "/locations/{location}/virtualMachines", _list),
        (VM, _get),
        (VM + "/instanceView", _instance_view),
        (VM + "/extensions", _extensions),
        (VM + "/extensions/{extension}", _extension),
        (S + P + "/disks", _disks),
        (S + "/resourceGroups/{group}" + P + "/disks", _disks),
        (S + "/resourceGroups/{group}" + P + "/disks/{disk}", _disk),
        (S + P + "/locations/{location}/operations/{operation}", _operation),
    ]
    found: list[BaseRoute] = [ArmRoute(world, path, handler) for path, handler in reads]
    found.append(ArmRoute(world, VM, _patch, ["PATCH"]))
    found.append(ArmRoute(world, VM, _delete, ["DELETE"]))
    found.append(ArmRoute(world, VM + "/{action}", _act, ["POST"]))
    return found


def machine(call: WireCall) -> VmRecord:
    """The virtual machine of the path, or ARM's 404."""
    params = call.params
    found = call.world.vm(vm_id(params["subscription"], params["group"], params["vm"]))
    if found is None:
        raise errors.resource_not_found("Microsoft.Compute/virtualMachines", params["vm"], params["group"])
    return found


# -- reads ------------------------------------------------------------------------------------------------------


def _list(call: WireCall) -> Response:
    expand = call.query.get("$expand", "")
    if expand and "virtualmachinescaleset/id" not in fold(call.query.get("$filter", "")):
        message = "The expand query parameter 'instanceView' is supported on a list only with a filter on a scale set."
        raise errors.ArmError(400, "InvalidParameter", message)
    if "virtualmachinescaleset/id" in fold(call.query.get("$filter", "")):
        return json_response({"value": []}, headers=_QUOTA)
    page, after = _page(call, _wanted(call))
    render = machines.status if call.query.get("statusonly", "").lower() == "true" else machines.model
    body: dict[str, Any] = {"value": [render(vm, call.world.now) for vm in page]}
    if after:
        body["nextLink"] = paging.next_link(call, after)
    return json_response(body, headers=_QUOTA)


def _wanted(call: WireCall) -> Callable[[VmRecord], bool]:
    group, location = fold(call.params.get("group", "")), call.params.get("location", "")

    def wanted(vm: VmRecord) -> bool:
        if vm.deleted or vm.classic:
            return False
        in_group = not group or fold(vm.resource_group) == group
        return in_group and (not location or machines.region(vm.location) == machines.region(location))

    return wanted


def _page(call: WireCall, wanted: Callable[[VmRecord], bool]) -> tuple[list[VmRecord], str]:
    """A page of machines, and the folded id after which the next one begins (empty on the last)."""
    size, database = call.world.settings.page_size, call.world.database
    after = paging.skip_token(call)
    found: list[VmRecord] = []
    while batch := database.page(VmRecord, call.params["subscription"], after, size + 1):
        for vm in batch:
            if wanted(vm):
                if len(found) == size:
                    return found, fold(found[-1].id)
                found.append(vm)
        after = fold(batch[-1].id)
    return found, ""


def _get(call: WireCall) -> Response:
    vm = machine(call)
    body = machines.model(vm, call.world.now)
    if "instanceview" in fold(call.query.get("$expand", "")):
        body["properties"]["instanceView"] = machines.instance_view(vm, call.world.now)
    return json_response(body, headers=_QUOTA)


def _instance_view(call: WireCall) -> Response:
    return json_response(machines.instance_view(machine(call), call.world.now), headers=_QUOTA)


def _extensions(call: WireCall) -> Response:
    vm = machine(call)
    return json_response({"value": [machines.extension(vm, one) for one in vm.extensions]})


def _extension(call: WireCall) -> Response:
    vm, name = machine(call), call.params["extension"]
    for one in vm.extensions:
        if fold(one.name) == fold(name):
            return json_response(machines.extension(vm, one))
    kind = f"Microsoft.Compute/virtualMachines/{vm.name}/extensions"
    raise errors.resource_not_found(kind, name, vm.resource_group)


def _disks(call: WireCall) -> Response:
    wanted = _wanted(call)
    found = (machines.disks(vm) for vm in call.world.vms(call.params["subscription"]) if wanted(vm))
    return json_response({"value": [disk for disks in found for disk in disks]})


def _disk(call: WireCall) -> Response:
    name, wanted = call.params["disk"], _wanted(call)
    for vm in call.world.vms(call.params["subscription"]):
        for disk in machines.disks(vm) if wanted(vm) else ():
            if fold(disk["name"]) == fold(name):
                return json_response(disk)
    raise errors.resource_not_found("Microsoft.Compute/disks", name, call.params["group"])


# -- writes -----------------------------------------------------------------------------------------------------


def _patch(call: WireCall) -> Response:
    """Tags, the one thing of a machine that clients of backup change."""
    vm = machine(call)
    tags = call.json().get("tags")
    if not isinstance(tags, dict) or set(call.json()) - {"tags"}:
        raise errors.ArmError(400, "OperationNotAllowed", "This vault's virtual machines change by their tags only.")
    vm.tags = {str(name): str(value) for name, value in tags.items()}
    call.world.put_vm(vm)
    return json_response(machines.model(vm, call.world.now))


def _act(call: WireCall) -> Response:
    vm = machine(call)
    wanted = fold(call.params["action"])
    for action, (meanwhile, end, seconds) in ACTIONS.items():
        if fold(action) == wanted:
            boots = end == "running" and (vm.power != end or action == "restart")
            if meanwhile and vm.power != end:
                vm.power = meanwhile
                call.world.put_vm(vm)
            return _accept(call, vm, seconds, power=end, boots=boots)
    message = f"The action '{call.params['action']}' is not one of {', '.join(ACTIONS)}."
    raise errors.ArmError(404, "InvalidResourceType", message)


def _delete(call: WireCall) -> Response:
    found = call.world.vm(vm_id(call.params["subscription"], call.params["group"], call.params["vm"]))
    return empty(204) if found is None else _accept(call, found, _DELETE_SECONDS, delete=True)


def _accept(call: WireCall, vm: VmRecord, seconds: int, **change: Any) -> Response:
    """202 with both addresses; a later action on the same machine takes the place of one that still runs."""
    world, name = call.world, call.world.guid()
    world.database.cancel_events(vm.id, "compute")
    for earlier in world.database.all(OperationRecord, vm.id):
        if earlier.status == "InProgress":
            _finish(world, earlier, "Canceled")
    region = machines.region(vm.location)
    path = S.format(subscription=vm.subscription_id) + P + f"/locations/{region}/operations/{name}"
    operation = OperationRecord(
        id=path, vault=vm.id, name=name, family=FAMILY, subject=vm.id, start=world.now, result=200
    )
    world.database.put(operation)
    world.later(world.now + timedelta(seconds=seconds), "compute", vm.id, operation=path, **change)
    headers = {
        "Azure-AsyncOperation": call.url(path),
        "Location": call.url(path, monitor="true"),
    }
    return empty(202, headers | operations.retry_after(world, FAMILY))


def _carry_out(world: World, subject: str, body: dict[str, Any]) -> None:
    vm = world.vm(subject)
    if vm is not None:
        vm.power = body.get("power", vm.power)
        vm.deleted = bool(body.get("delete", False))
        if body.get("boots") and vm.agent.status == "ready" and vm.agent.boot_seconds:
            vm.agent.status = "notReady"
            world.later(world.now + timedelta(seconds=vm.agent.boot_seconds), "agent-ready", vm.id)
        world.put_vm(vm)
    operation = world.database.get(OperationRecord, body["operation"])
    if operation is not None:
        _finish(world, operation, "Succeeded")


def _agent_ready(world: World, subject: str, _body: dict[str, Any]) -> None:
    """The guest came up; one that was stopped meanwhile finds its agent well at the next start."""
    vm = world.vm(subject)
    if vm is not None:
        vm.agent.status = "ready"
        world.put_vm(vm)


timeline.HANDLERS["compute"] = _carry_out
timeline.HANDLERS["agent-ready"] = _agent_ready


def _finish(world: World, operation: OperationRecord, status: str) -> None:
    operation.status = status
    operation.end = world.now
    world.database.put(operation)


def _operation(call: WireCall) -> Response:
    operation = call.world.database.get(OperationRecord, re.sub(r"/$", "", call.request.url.path))
    if operation is None:
        raise errors.ArmError(404, "NotFound", f"The operation '{call.params['operation']}' was not found.")
    running = operation.status == "InProgress"
    headers = operations.retry_after(call.world, FAMILY) if running else {}
    if call.query.get("monitor", "").lower() == "true":
        if running:
            headers["Location"] = str(call.request.url)
        return empty(202 if running else operation.result, headers)
    body: dict[str, Any] = {"startTime": _stamp(operation.start), "status": operation.status, "name": operation.name}
    if operation.end:
        body["endTime"] = _stamp(operation.end)
    if operation.status == "Canceled":
        body["error"] = errors.error_detail("OperationPreempted", "Operation was preempted by a later one.")
    return json_response(body, headers=headers)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
