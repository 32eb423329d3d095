"""Readers cannot write, reads are repeated within bounds, and nothing secret is ever shown."""

from __future__ import annotations

import inspect

import aiohttp
import pytest
import structlog
from aiohttp.client_reqrep import ConnectionKey
from azure.core.exceptions import (
    AzureError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from reconciler.azure.client import ATTEMPTS, NotReadOnlyError, ReadClient
from reconciler.azure.observe import AzureReader
from reconciler.azure.pipeline import BODY_LIMIT, Broken, Reply, WriteForbiddenError
from reconciler.engine.ports import Reader, Scope, Writer
from reconciler.model.call import Call
from tests.unit.azure.scripted import GET, NOW, PUT, RESET, VAULT, S, Says, V, bench, connection, refusal

CHECKS = f"{S}/providers/Microsoft.RecoveryServices/locations/westeurope"
KEY = ConnectionKey(
    "management.azure.com", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)
WRITES = [
    PUT,
    Call("PATCH", V, "1", "{}"),
    Call("DELETE", V, "1"),
    Call("POST", f"{V}/backupFabrics/Azure/refreshContainers", "1"),
    Call("POST", f"{V}/backupStatus", "1"),
    Call("POST", f"{CHECKS}/backupValidateFeatures", "1"),
    Call("POST", f"{CHECKS}/backupStatus/x", "1"),
]


@pytest.mark.parametrize("call", WRITES, ids=lambda call: f"{call.method} {call.path[-30:]}")
async def test_a_reader_takes_no_call_that_could_change_something(call: Call) -> None:
    made = bench([Says()], writable=False)
    with pytest.raises(NotReadOnlyError):
        await made.client.ask(call, "c")
    with pytest.raises(WriteForbiddenError):
        await made.client.submit(call, "c")
    assert made.transport.sent == []


@pytest.mark.parametrize("name", ["backupStatus", "backupPreValidateProtection"])
async def test_the_two_checks_are_reads(name: str) -> None:
    made = bench([Says(body={})], writable=False)
    assert isinstance(await made.client.ask(Call("POST", f"{CHECKS}/{name}", "1", "{}"), "c"), Reply)
    assert made.transport.writes == ["POST"]


def test_what_a_dry_run_is_given_has_no_method_that_writes() -> None:
    made, _ = connection([Says()])
    assert made.writer is None
    for kind in (AzureReader, ReadClient):
        public = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
        assert public <= {
            "observe",
            "check",
            "points",
            "ask",
            "follow",
            "correlation_id",
            "close",
            "changes",
            "history",
        }


async def test_reader_and_writer_have_the_shape_the_engine_wants() -> None:
    made, transport = connection([Says(404, refusal("ResourceNotFound"))], writable=True)
    assert made.writer is not None
    reader: Reader = made.reader
    writer: Writer = made.writer
    observed = await reader.observe(Scope((VAULT,)))
    assert observed.taken_at == NOW
    assert writer is made.writer
    assert transport.writes == []
    await made.close()


@pytest.mark.parametrize("fault", [Says(408), Says(429), Says(500), Says(502), Says(503), Says(504), RESET])
async def test_a_read_is_repeated_while_the_answer_is_transient_and_not_for_ever(fault: Says | Exception) -> None:
    made = bench([fault, Says(200, {})])
    assert isinstance(await made.client.ask(GET, "c"), Reply)
    assert len(made.transport.sent) == 2
    lasting = bench([fault])
    result = await lasting.client.ask(GET, "c")
    assert len(lasting.transport.sent) == ATTEMPTS
    assert isinstance(result, Broken) or result.status != 200


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 307])
async def test_a_read_is_not_repeated_for_an_answer_that_stands(status: int) -> None:
    made = bench([Says(status)])
    await made.client.ask(GET, "c")
    assert len(made.transport.sent) == 1


async def test_the_delays_between_reads_are_jittered_and_bounded() -> None:
    made = bench([RESET])
    await made.client.ask(GET, "c")
    assert len(set(made.clock.slept)) == ATTEMPTS - 1
    assert sum(made.clock.slept) < 30


async def test_a_redirect_is_an_answer_and_is_never_followed() -> None:
    made = bench([Says(307, b"", {"Location": "https://embedded.invalid/elsewhere"})])
    result = await made.client.ask(GET, "c")
    assert isinstance(result, Reply)
    assert len(made.transport.sent) == 1


async def test_an_answer_beyond_all_measure_is_not_kept() -> None:
    made = bench([Says(200, b" " * (BODY_LIMIT + 1))])
    assert await made.client.ask(GET, "c") == Broken(f"the answer is larger than {BODY_LIMIT} bytes", True, False)


async def test_logs_hold_method_path_status_and_no_query() -> None:
    with structlog.testing.capture_logs() as logs:
        made = bench([Says(200, b"{}")])
        await made.client.follow(f"https://embedded.invalid{V}?s=SIGNATURE", "corr")
    assert [entry["event"] for entry in logs] == ["azure answered"]
    assert (logs[0]["method"], logs[0]["path"], logs[0]["status"], logs[0]["correlation_id"]) == ("GET", V, 200, "corr")
    assert "SIGNATURE" not in str(logs)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ServiceRequestError("x", error=aiohttp.ClientConnectorDNSError(KEY, OSError())), "could not be resolved"),
        (ServiceRequestTimeoutError("x"), "could not be made in time"),
        (ServiceResponseTimeoutError("x"), "did not come in time"),
        (ServiceResponseError("x"), "broke before the answer was complete"),
    ],
)
async def test_a_connection_that_fails_says_how_in_our_own_words(error: AzureError, reason: str) -> None:
    made = bench([error])
    result = await made.client.ask(GET, "c")
    assert isinstance(result, Broken)
    assert reason in result.reason
    assert result.sent is isinstance(error, ServiceResponseError)
