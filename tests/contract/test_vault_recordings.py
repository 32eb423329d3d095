"""Recorded traffic of the real service, replayed against the embedded vault: same statuses, same shapes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from reconciler.vaultserver import estate
from reconciler.vaultserver.world import World
from tests.contract.vault_wire import HOST, Answer, Wire

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "azure" / "recordings"
NAMES = ("test_backup_scenario", "test_backup_policy", "test_backup_softdelete")
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
PATIENCE = 40
"""How often five seconds are let pass while the recording is ahead of us."""

_PACE = "a restore tells its progress at its own pace"
_NEWER = "in the specification, not in the answers of 2024"
_TOUCHED = "the real vault shows it once its settings were touched"
DIFFERENCES = {
    r"\$(\.value\[\])?\.properties\.policyType \+": "items carry it since 2026",
    r"\$(\.value\[\])?\.properties\.softDeleteRetentionPeriodInDays \+": "the specification's name, beside the wire's",
    r"\$(\.value\[\])?\.properties\.backupStorageVersion": _TOUCHED,
    r"\$(\.value\[\])?\.properties\.securitySettings": _TOUCHED,
    r"\$\.properties\.isUserTriggered \+": _NEWER,
    r"\$(\.value\[\])?\.properties\.recoveryPointProperties \+": _NEWER,
    r"\$(\.value\[\])?\.properties\.recoveryPointDiskConfiguration \+": _NEWER,
    r"\$\.properties\.extendedInfo\.estimatedRemainingDuration": _PACE,
    r"\$\.properties\.extendedInfo\.tasksList\[\]\.taskExecutionDetails": _PACE,
}
"""Where our shape differs from the recorded one: `path +` is a member of ours only, `path -` of theirs."""

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Exchange(NamedTuple):
    method: str
    url: str
    body: str
    status: int
    headers: dict[str, str]
    answer: Any
    time: datetime


def exchanges(name: str) -> Iterator[Exchange]:
    """The recorded requests to the recovery services, in order."""
    recording = yaml.load((RECORDINGS / f"{name}.yaml").read_text(), yaml.CSafeLoader)
    for pair in recording["interactions"]:
        request, response = pair["request"], pair["response"]
        if "/Microsoft.RecoveryServices/" not in request["uri"]:
            continue
        headers = {key.lower(): values[0] for key, values in response["headers"].items()}
        text = response["body"]["string"]
        answer = json.loads(text) if text.strip() else None
        time = parsedate_to_datetime(headers["date"]).astimezone(UTC)
        body = request["body"] or ""
        yield Exchange(request["method"], request["uri"], body, response["status"]["code"], headers, answer, time)


def machines(name: str) -> dict[str, str]:
    """The machines that were protected, with their groups."""
    text = (RECORDINGS / f"{name}.yaml").read_text()
    found = re.findall(
        r"resourceGroups/([\w.()-]+)/providers/Microsoft.Compute/virtualMachines/(clitest-[\w-]+?)[\"'? ]", text
    )
    return {vm: group for group, vm in found if group.startswith("clitest.rg")}


class Replay:
    """Sends what was recorded; ids that the service gave are translated into ours."""

    def __init__(self, name: str) -> None:
        self.recorded = list(exchanges(name))
        put = next(exchange for exchange in self.recorded if exchange.method == "PUT")
        location = json.loads(put.body)["location"]
        start = self.recorded[0].time
        world = World(clock=start, seed=2)
        vms = [
            {"name": vm, "resourceGroup": group, "os": "Windows", "subscriptionId": SUBSCRIPTION, "location": location}
            for vm, group in machines(name).items()
        ]
        estate.load(world, {"estate": "v1", "virtualMachines": vms})
        self.wire = Wire(world)
        self.ours: dict[str, str] = {}
        self.problems: list[str] = []
        self.compared = 0

    def translated(self, text: str) -> str:
        for theirs, ours in self.ours.items():
            text = text.replace(theirs, ours)
        return text

    def run(self) -> None:
        for number, exchange in enumerate(self.recorded):
            ahead = exchange.time - self.wire.world.now
            if ahead > timedelta(0):
                self.wire.world.advance(ahead)
            answer = self._ask_until_alike(exchange)
            self._learn(exchange, answer)
            where = f"{number} {exchange.method} {urlsplit(exchange.url).path.rpartition('/vaults/')[2]}"
            if _vault_gone(exchange, answer):
                continue
            if answer.status != exchange.status:
                self.problems.append(f"{where}: {answer.status} instead of {exchange.status} {answer.content[:300]!r}")
            elif exchange.answer is not None and _status(answer) == _state(exchange.answer):
                self.compared += 1
                self.problems += [f"{where}: {found}" for found in differences(exchange.answer, answer.json)]

    def _ask_until_alike(self, exchange: Exchange) -> Answer:
        """One request; a poll that the recording saw ended is repeated until ours has ended too."""
        url = HOST + self.translated(exchange.url).removeprefix("https://management.azure.com")
        body = self.translated(exchange.body).encode()
        headers = {"content-type": "application/json"} if body else {}
        answer = self.wire.send(exchange.method, url, body, headers)
        for _ in range(PATIENCE if exchange.method == "GET" else 0):
            if answer.status == exchange.status and not _lags(_status(answer), _state(exchange.answer)):
                break
            self.wire.world.advance(timedelta(minutes=1) if "backupJobs" in url else timedelta(seconds=5))
            answer = self.wire.send(exchange.method, url, body, headers)
        return answer

    def _learn(self, exchange: Exchange, answer: Answer) -> None:
        for name in ("azure-asyncoperation", "location"):
            if name in exchange.headers and name in answer.headers:
                self.ours[_last(exchange.headers[name])] = _last(answer.headers[name])
        theirs, ours = exchange.answer, json.loads(answer.content) if answer.content else None
        if not isinstance(theirs, dict) or not isinstance(ours, dict):
            return
        jobs = [document.get("properties", {}).get("jobId") for document in (theirs, ours)]
        if all(jobs):
            self.ours[jobs[0]] = jobs[1]
        if "/recoveryPoints" in exchange.url and theirs.get("value") and ours.get("value"):
            self.ours[theirs["value"][0]["name"]] = ours["value"][0]["name"]


def _vault_gone(exchange: Exchange, answer: Answer) -> bool:
    """The last poll of a vault's deletion was recorded both ways: Succeeded, and 404 for the vault is gone."""
    return "/operationStatus/" in exchange.url and {exchange.status, answer.status} == {200, 404}


def _last(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _state(document: Any) -> str:
    if not isinstance(document, dict):
        return ""
    return str(document.get("status") or document.get("properties", {}).get("status") or "")


def _status(answer: Answer) -> str:
    return _state(json.loads(answer.content)) if answer.content else ""


def _lags(ours: str, theirs: str) -> bool:
    return ours == "InProgress" and theirs != "InProgress"


def differences(theirs: Any, ours: Any, where: str = "$") -> list[str]:
    """Members that only one has, and types that differ; of lists the first elements that look alike are compared."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if where.endswith(("Bag", ".tags")):
            return []
        found = [f"{where}.{name} -" for name in theirs.keys() - ours.keys()]
        found += [f"{where}.{name} +" for name in ours.keys() - theirs.keys()]
        for name in theirs.keys() & ours.keys():
            found += differences(theirs[name], ours[name], f"{where}.{name}")
        return [problem for problem in found if not any(re.match(known, problem) for known in DIFFERENCES)]
    if isinstance(theirs, list) and isinstance(ours, list):
        pairs = _alike(theirs, ours)
        return sorted({problem for one, other in pairs for problem in differences(one, other, f"{where}[]")})
    if type(theirs) is not type(ours):
        return [f"{where}: {type(ours).__name__} {ours!r} instead of {type(theirs).__name__} {theirs!r}"]
    if isinstance(theirs, str) and _is_time(theirs) != _is_time(ours):
        return [f"{where}: {ours!r} instead of {theirs!r}"]
    return []


def _alike(theirs: list[Any], ours: list[Any]) -> list[tuple[Any, Any]]:
    """Elements with the same name; where they have none, the first of each."""
    if not all(isinstance(item, dict) and "name" in item for item in theirs + ours):
        return list(zip(theirs, ours, strict=False))
    named = {_GUID.sub("", item["name"]): item for item in ours}
    return [(item, named[_GUID.sub("", item["name"])]) for item in theirs if _GUID.sub("", item["name"]) in named]


def _is_time(text: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text) is not None


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_traffic_is_answered_alike(name: str) -> None:
    if not (RECORDINGS / f"{name}.yaml").exists():
        pytest.skip("the recordings are not beside the repository")
    replay = Replay(name)
    replay.run()
    assert not replay.problems, "\n".join(replay.problems)
    assert replay.compared > 20
