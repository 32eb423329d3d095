"""Recorded traffic of the real service: our decoders read all of it, and its operations end where they ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
import yaml

from reconciler.azure.answers import answer
from reconciler.azure.clouds import CLOUDS
from reconciler.azure.decode import items, jobs, policies, vaults, vms
from reconciler.azure.decode.errors import azure_error, error_in
from reconciler.azure.operations import read
from reconciler.azure.pipeline import Reply
from reconciler.diagnostics.catalog import catalog
from reconciler.model.call import Call, Method
from reconciler.model.ids import fold
from reconciler.model.observed import ProtectedItem
from reconciler.model.outcome import Answer, Done, Operation, Pending
from reconciler.model.state import ItemState
from tests.unit.azure.scripted import NOW

FOLDER = Path(__file__).parents[3] / "shared" / "azure" / "recordings"
FILES = sorted(FOLDER.glob("*.yaml"))
ORIGIN = CLOUDS["azure"].origin
_RAW = list[msgspec.Raw]
pytestmark = pytest.mark.skipif(not FILES, reason=f"no recordings at {FOLDER}")


@cache
def exchanges() -> list[tuple[str, str, Reply, dict[str, Any]]]:
    """(method, URL, reply, request) of every recorded exchange, in order, file by file."""
    return [
        (entry["request"]["method"], entry["request"]["uri"], _reply(entry["response"]), entry["request"])
        for file in FILES
        for entry in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["interactions"]
    ]


def _reply(response: dict[str, Any]) -> Reply:
    headers = {fold(name): values[0] for name, values in response["headers"].items()}
    return Reply(response["status"]["code"], headers, response["body"]["string"].encode(), "")


def _bodies(pattern: str) -> Iterator[tuple[str, bytes]]:
    for method, url, reply, _ in exchanges():
        if method == "GET" and reply.status == 200 and re.search(pattern, unquote(urlsplit(url).path), re.I):
            yield url, reply.body


def _entries(pattern: str, kind: type[Any]) -> list[Any]:
    found: list[Any] = []
    for _, body in _bodies(pattern):
        page = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        found += [msgspec.json.decode(entry, type=kind) for entry in msgspec.json.decode(page["value"], type=_RAW)]
    return found


def test_protected_items() -> None:
    found = [items.item(wire) for wire in _entries(r"/backupProtectedItems$", items.WireItem) if wire.of_a_vm]
    assert len(found) > 20
    assert {item.state for item in found} == {ItemState.IR_PENDING, ItemState.PROTECTED, ItemState.PROTECTION_STOPPED}
    assert all(_sane(item) for item in found)
    deleted = [item for item in found if item.soft_deleted]
    assert {item.deferred_delete_days_left for item in deleted} == {13}
    assert {item.state for item in deleted} == {ItemState.PROTECTION_STOPPED}


def _sane(item: ProtectedItem) -> bool:
    times = [time for time in (item.last_backup_time, item.last_recovery_point) if time]
    return item.key == fold(item.vm_arm_id) and all(time.tzinfo and time.year > 2020 for time in times)


def test_policies_are_expressed_or_kept_whole() -> None:
    listed = [policies.policy(wire) for wire in _entries(r"/backupPolicies/?$", policies.WirePolicy)]
    single = [
        policies.policy(msgspec.json.decode(body, type=policies.WirePolicy))
        for _, body in _bodies(r"/backupPolicies/[^/]+$")
    ]
    found = [policy for policy in (*listed, *single) if policy]
    assert len(found) > 20
    assert {policy.name for policy in found} >= {"DefaultPolicy", "EnhancedPolicy"}
    assert all(policy.rules is not None for policy in found)
    assert None in listed, "policies of other workloads are left out"


def test_containers_and_protectable_items() -> None:
    held = _entries(r"/backupProtectionContainers$", items.WireNamesVm)
    protectable = _entries(r"/backupProtectableItems$", items.WireNamesVm)
    assert items.registered(held)
    assert items.discovered(protectable)
    assert all("virtualmachines/" in key for key in items.registered(held) | items.discovered(protectable))


def test_jobs() -> None:
    found = [jobs.job(msgspec.json.decode(body, type=jobs.WireJob)) for _, body in _bodies(r"/backupJobs/[^/]+$")]
    assert {job.status for job in found} == {"InProgress", "Completed"}
    assert {"ConfigureBackup", "Backup", "DisableBackup", "DeleteBackupData", "Undelete"} <= {
        job.operation for job in found
    }
    assert all(job.start and (job.end is None) == job.running for job in found)
    assert all(job.container.startswith("iaasvmcontainerv2;") for job in found)


def test_vaults_configurations_and_guards() -> None:
    for _, body in _bodies(r"/vaults/[^/]+$"):
        wire = msgspec.json.decode(body, type=vaults.WireVault)
        assert wire.redundancy == "GeoRedundant"
        assert wire.soft_delete[0] == "" or vaults.soft_delete_state(wire.soft_delete[0])
    configs = [msgspec.json.decode(body, type=vaults.WireConfig) for _, body in _bodies(r"/backupconfig/vaultconfig$")]
    assert configs
    assert all(vaults.soft_delete_state(config.properties.soft_delete_feature_state) for config in configs)
    assert _entries(r"/backupResourceGuardProxies$", vaults.WireGuard) == []


def test_virtual_machines() -> None:
    found = [
        vms.vm(msgspec.json.decode(body, type=vms.WireVm), None) for _, body in _bodies(r"/virtualMachines/[^/]+$")
    ]
    assert found
    assert all(vm.vm_id and vm.os and vm.nics == 1 for vm in found)


def test_every_error_has_a_code() -> None:
    refused = [reply for _, _, reply, _ in exchanges() if reply.status >= 400]
    assert len(refused) >= 4
    assert {
        code for reply in refused if (found := error_in(msgspec.json.decode(reply.body))) for code in found[:1]
    } <= {
        "ResourceNotFound",
        "ResourceGroupNotFound",
    }


def test_a_vault_that_is_not_there_finds_its_row() -> None:
    missing = [reply for _, url, reply, _ in exchanges() if reply.status == 404 and re.search(r"/vaults/[^/?]+\?", url)]
    assert missing
    found = [catalog().match("vault", azure_error(reply.status, reply.body, "")) for reply in missing]
    assert {row.id for row in found} == {"vault-not-found"}


def _sent() -> Iterator[tuple[int, Call, Answer]]:
    for place, (method, url, reply, request) in enumerate(exchanges()):
        if method != "GET":
            call = Call(cast("Method", method), unquote(urlsplit(url).path), "2024-04-01", request.get("body"))
            yield place, call, answer(call, reply, ORIGIN, NOW)


def test_every_recorded_write_was_taken() -> None:
    assert {type(found) for _, _, found in _sent()} == {Done, Pending}
    for _, call, found in _sent():
        assert isinstance(found, Done) == (call.method in {"PATCH"} or "/backupPolicies/" in call.path), call.path


def test_every_recorded_operation_ends_where_it_ended() -> None:
    followed = 0
    for place, call, found in _sent():
        if isinstance(found, Pending):
            polls = list(_polls(place, found.operation))
            followed += bool(polls)
            assert all(isinstance(poll, Pending) for poll in polls[:-1]), call.path
            assert not polls or isinstance(polls[-1], Done), call.path
    assert followed >= 15


def _polls(place: int, operation: Operation) -> Iterator[Answer]:
    """Each recorded look at an operation: one id answers on several addresses (WIRE 2.2)."""
    wanted = _last(operation.url)
    for method, url, reply, _ in exchanges()[place + 1 :]:
        if method == "GET" and _last(url) == wanted and "/backupJobs/" not in url:
            kind = "location" if re.search(r"operationresults/", url, re.I) else "azure-asyncoperation"
            found, _ = read(Operation(url, kind, vanishing=operation.vanishing), reply, None)
            yield found


def _last(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]
