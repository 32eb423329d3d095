"""W1-W7: what is read is old, and others are at work."""

from __future__ import annotations

from fnmatch import fnmatchcase

from azure.core.rest import AsyncHttpResponse

from reconciler.azure.transport import AsgiTransport
from reconciler.vaultserver import policies, portal
from reconciler.vaultserver.records import ItemRecord, PolicyRecord, VmRecord
from tests.simulation.fault import FOR_EVER
from tests.simulation.faults import LISTS, Meeting, kind
from tests.simulation.requests import vm_in, vm_of

_READ = LISTS | {"read"}
_WRITES = frozenset({"write"})
_SHORTENED = 14
"""Days to which somebody shortens a policy: older than every recovery point of a small world."""


async def _stale(meeting: Meeting, back: int) -> AsyncHttpResponse:
    """The answer that was right before the last `back` writes."""
    if not meeting.photographs:
        return await meeting.serve()
    photograph = meeting.photographs[max(-back, -len(meeting.photographs))]
    return await AsgiTransport(meeting.universe.stale(photograph)).send(meeting.request)


@kind("W1", "reads lag by twenty writes", on=_READ, traits=("photographs", "stale"))
async def _w1(meeting: Meeting) -> AsyncHttpResponse:
    return await _stale(meeting, 20)


@kind("W2", "reads go back and forth in time", on=_READ, times=(3, FOR_EVER), traits=("photographs", "stale"))
async def _w2(meeting: Meeting) -> AsyncHttpResponse:
    return await _stale(meeting, 3) if meeting.number % 2 else await meeting.serve()


def _machine(meeting: Meeting, vm: str) -> VmRecord | None:
    group, _, name = vm.partition("/")
    for found in meeting.universe.world.vms():
        owner = found.cloud_service or found.resource_group
        if (owner.lower(), found.name.lower()) == (group.lower(), name.lower()):
            return found
    return None


def _item(meeting: Meeting, vm: str) -> ItemRecord | None:
    machine = _machine(meeting, vm)
    return next((item for item in meeting.universe.world.items() if machine and item.link == machine.id.lower()), None)


@kind("W3", "a deleted VM is still listed", on=frozenset({"check"}), times=(1,), traits=("harms", "gone"))
async def _w3(meeting: Meeting) -> AsyncHttpResponse:
    vm = _machine(meeting, meeting.exchange.name.split(":")[2])
    if vm is not None:
        portal.delete_vm(meeting.universe.world, vm.id)
        meeting.story.harm += 1
    return await meeting.serve()


@kind(
    "W4", "a VM is made anew under its name", on=_WRITES, times=(1,), traits=("harms",), fits=lambda n: bool(vm_of(n))
)
async def _w4(meeting: Meeting) -> AsyncHttpResponse:
    vm = _machine(meeting, vm_of(meeting.exchange.name))
    if vm is not None:
        portal.delete_vm(meeting.universe.world, vm.id)
        portal.recreate_vm(meeting.universe.world, vm.id)
        meeting.story.harm += 1
    return await meeting.serve()


@kind("W5", "a soft-deleted item is shown as there", on=LISTS, traits=("harms", "stale"), fits=lambda n: ":items@" in n)
async def _w5(meeting: Meeting) -> AsyncHttpResponse:
    if "photograph" not in meeting.memory:
        meeting.memory["photograph"] = meeting.universe.photograph()
        for item in meeting.universe.world.items():
            ours = any(fnmatchcase(vm_in(item.id), one) for one in meeting.story.scenario.ours)
            if ours and item.deleted is None and item.state == "Protected" and not item.busy:
                portal.delete_data(meeting.universe.world, item.id)
                meeting.story.harm += 1
                break
    return await AsgiTransport(meeting.universe.stale(meeting.memory["photograph"])).send(meeting.request)


@kind("W6", "a policy changes between plan and write", on=_WRITES, times=(1,), traits=("harms",))
async def _w6(meeting: Meeting) -> AsyncHttpResponse:
    """Somebody shortens every policy that is declared and in use: the reconciler lengthens it again."""
    world, declared = meeting.universe.world, meeting.story.passes[-1].desired.policies
    names = {f"{vault}/{policy.name}".lower() for policy in declared for vault in policy.vaults}
    for policy in world.database.all(PolicyRecord):
        place = f"{policy.vault.rpartition('/')[2]}/{policy.name}".lower()
        if place in names and policies.using(world, policy) and policy.name != "refused":
            retention = policy.properties["retentionPolicy"]
            days = retention["dailySchedule"] | {"retentionDuration": {"count": _SHORTENED, "durationType": "Days"}}
            portal.edit_policy(world, policy.id, retentionPolicy=retention | {"dailySchedule": days})
            meeting.story.harm += 1
    return await meeting.serve()


@kind("W7", "somebody undoes it", on=LISTS, traits=("harms",), times=(1, 3), fits=lambda n: ":items@" in n)
async def _w7(meeting: Meeting) -> AsyncHttpResponse:
    world = meeting.universe.world
    for item in world.items():
        mine = any(
            fault.vm and fault.vm.lower().endswith(item.friendly_name.lower()) for fault in meeting.story.writes()
        )
        if mine and not item.busy and item.deleted is None and item.state in {"Protected", "IRPending"}:
            portal.stop(world, item.id)
            meeting.story.harm += 1
    return await meeting.serve()
