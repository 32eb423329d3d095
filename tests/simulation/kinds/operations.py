"""L1-L14: a long-running operation does not go as its addresses say."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from azure.core.rest import AsyncHttpResponse

from reconciler.azure.transport import BufferedResponse
from reconciler.vaultserver import faults, item_outcomes, items
from tests.simulation.fault import FOR_EVER
from tests.simulation.faults import Meeting, kind
from tests.simulation.requests import vm_of

_POLLS = frozenset({"poll"})
_WRITES = frozenset({"write"})
_CONFIGURE = "ConfigureBackup"


def _body(answer: BufferedResponse) -> dict[str, Any]:
    found = json.loads(answer.content) if answer.content.strip() else {}
    return found if isinstance(found, dict) else {}


def _ended(answer: BufferedResponse) -> bool:
    """Whether a poll of an Azure-AsyncOperation says that it ended."""
    return answer.status_code == 200 and _body(answer).get("status") in {"Succeeded", "Failed"}


def _said(answer: BufferedResponse, **changes: Any) -> AsyncHttpResponse:
    content = json.dumps(_body(answer) | changes).encode()
    return BufferedResponse(answer.request, answer.status_code, list(answer.headers.items()), content)


def _headed(answer: BufferedResponse, headers: Mapping[str, str]) -> AsyncHttpResponse:
    """With those of `headers` changed that it has."""
    changed = [(name, headers.get(name.lower(), value)) for name, value in answer.headers.items()]
    return BufferedResponse(answer.request, answer.status_code, changed, answer.content)


@kind("L1", "never ends", on=_POLLS, times=(FOR_EVER,))
async def _l1(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    if answer.status_code == 200 and "status" in _body(answer):
        return _said(answer, status="InProgress")
    return meeting.reply(202, Location=meeting.exchange.url)


@kind("L2", "is not known any more", on=_POLLS)
async def _l2(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(404, '{"error":{"code":"OperationNotFound","message":"gone"}}')


def _job_of(meeting: Meeting) -> str:
    """The kind of job that a write begins."""
    name, body = meeting.exchange.name, meeting.exchange.body
    if ":container:" in name:
        return "Register"
    if ":discover" in name:
        return "Discover"
    return "DisableBackup" if b"ProtectionStopped" in body else "Undelete" if b"isRehydrate" in body else _CONFIGURE


def _has_job(name: str) -> bool:
    return ":item:" in name or ":container:" in name or ":discover" in name


@kind("L3", "fails", on=_WRITES, times=(1, 3), fits=_has_job)
async def _l3(meeting: Meeting) -> AsyncHttpResponse:
    vm = vm_of(meeting.exchange.name).rpartition("/")[2] or "*"
    faults.inject(meeting.universe.world, operation=_job_of(meeting), vm=vm, code="CloudInternalError")
    return await meeting.serve()


@kind("L4", "is canceled", on=_POLLS, traits=("lies", "refuses"))
async def _l4(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    return _said(answer, status="Canceled") if _ended(answer) else answer


@kind(
    "L5", "succeeds, and the item is not there", on=_POLLS, traits=("harms", "lies"), fits=lambda name: ":item:" in name
)
async def _l5(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    world, vm = meeting.universe.world, vm_of(meeting.exchange.name)
    if _ended(answer):
        for item in world.items():
            if item.name.lower().endswith(";".join(vm.split("/")).lower()):
                found = items.find(world, item.id)
                if found is not None and not world.recovery_points(found.id):
                    item_outcomes.erase(world, found)
                    meeting.story.harm += 1
    return answer


@kind("L6", "fails, and did its work", on=_POLLS, traits=("lies",))
async def _l6(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    if not _ended(answer):
        return answer
    return _said(answer, status="Failed", error={"code": "CloudInternalError", "message": "an internal error"})


@kind("L7", "succeeds, and then runs again", on=_POLLS, times=(1,), traits=("lies",))
async def _l7(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    return _said(answer, status="Succeeded") if "status" in _body(answer) else answer


@kind("L8", "is in a state nobody knows", on=_POLLS)
async def _l8(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    return _said(answer, status="Frobnicating") if "status" in _body(answer) else answer


@kind("L9", "its two headers disagree", on=_WRITES)
async def _l9(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    other = str(uuid.UUID(int=meeting.random.getrandbits(128)))
    location = answer.headers.get("location", "").rpartition("/")[0]
    return _headed(answer, {"location": f"{location}/{other}?api-version=2024-04-01"}) if location else answer


@kind("L10", "is on another host", on=_WRITES)
async def _l10(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    foreign = "https://management.azure.com.evil.example/subscriptions/1/operations/2"
    return _headed(answer, {"location": foreign, "azure-asyncoperation": foreign})


@kind("L11", "Retry-After 0 for ever", on=_POLLS, times=(FOR_EVER,))
async def _l11(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "retry-after"]
    return BufferedResponse(answer.request, answer.status_code, [*headers, ("Retry-After", "0")], answer.content)


@kind("L12", "500 on the k-th poll", on=_POLLS)
async def _l12(meeting: Meeting) -> AsyncHttpResponse:
    return meeting.reply(500, '{"error":{"code":"InternalServerError","message":"no answer"}}')


@kind("L13", "succeeds in part", on=_POLLS, traits=("lies",))
async def _l13(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    if not _ended(answer):
        return answer
    failed = {"b1a4f0b4-0000-4000-8000-000000000001": "CloudInternalError"}
    return _said(answer, status="Succeeded", properties={"jobIds": [], "failedJobsError": failed})


@kind("L14", "the result of another operation", on=_POLLS)
async def _l14(meeting: Meeting) -> AsyncHttpResponse:
    answer = await meeting.serve()
    other = str(uuid.UUID(int=meeting.random.getrandbits(128)))
    return _said(answer, name=other, id=other, status="Succeeded") if "status" in _body(answer) else answer
