"""The facts of a simulated virtual machine: healthy defaults, and changing one by name."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec

from reconciler.vaultserver.arm import vm_id
from reconciler.vaultserver.records import WINDOWS_AGENT, VmRecord

IDENTITY = frozenset({"id", "name", "subscriptionId", "resourceGroup", "classic", "created"})
"""What a virtual machine is known by: never changed as a fact."""

_LINUX = {
    "publisher": "Canonical",
    "offer": "0001-com-ubuntu-server-jammy",
    "sku": "22_04-lts-gen2",
    "version": "latest",
}
_WINDOWS = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2022-datacenter-azure-edition",
    "version": "latest",
}


class FactError(ValueError):
    """A fact that does not exist, or a value it cannot have; the text is for people."""


def new_vm(
    name: str, subscription: str, group: str, location: str, guid: str, created: datetime, **given: Any
) -> VmRecord:
    """A virtual machine with healthy defaults for its operating system; `given` are facts by their wire names."""
    windows = given.get("os") == "Windows"
    document: dict[str, Any] = {
        "osName": "Windows Server 2022 Datacenter Azure Edition" if windows else "ubuntu",
        "osVersion": "10.0.20348.2461" if windows else "22.04",
        "image": dict(_WINDOWS if windows else _LINUX),
    } | {key: value for key, value in given.items() if value is not None}
    agent = {"version": WINDOWS_AGENT} if windows else {}
    document["agent"] = agent | document.get("agent", {})
    document |= {"name": name, "subscriptionId": subscription, "resourceGroup": group, "location": location}
    document["id"] = vm_id(subscription, group, name, classic=bool(given.get("classic")))
    document.setdefault("vmId", guid)
    document["created"] = created
    return _checked(document)


def changed(vm: VmRecord, fact: str, value: object) -> VmRecord:
    """The machine with one fact changed; a dotted name reaches inside (`agent.status`, `tags.env`)."""
    document: dict[str, Any] = msgspec.to_builtins(vm)
    names = fact.split(".")
    if names[0] in IDENTITY or names[0] not in document:
        known = ", ".join(sorted(set(document) - IDENTITY))
        raise FactError(f"{fact!r} is not a fact that can be set; facts are: {known}")
    place = document
    for name in names[:-1]:
        inner = place.get(name)
        if not isinstance(inner, dict):
            raise FactError(f"{fact!r}: {name!r} has nothing inside it")
        place = inner
    if names[-1] not in place and names[0] not in {"tags", "image"}:
        raise FactError(f"{fact!r} is not a fact; {'.'.join(names[:-1])} has: {', '.join(sorted(place))}")
    place[names[-1]] = _read(value)
    return _checked(document)


def _checked(document: dict[str, Any]) -> VmRecord:
    disks = document.get("dataDisks", [])
    if isinstance(disks, int | str) and re.fullmatch(r"\d{1,2}", str(disks)):
        disks = [{} for _ in range(int(disks))]
    if isinstance(disks, list):
        document["dataDisks"] = [_named(disk, document["name"], lun) for lun, disk in enumerate(disks)]
    try:
        return msgspec.convert(document, VmRecord, strict=False)
    except msgspec.ValidationError as error:
        raise FactError(f"{document['name']}: {error}") from error


def _named(disk: object, vm: str, lun: int) -> object:
    return disk | {"name": disk.get("name") or f"{vm}_DataDisk_{lun}"} if isinstance(disk, dict) else disk


def _read(value: object) -> object:
    """A value from a command line: JSON where it looks like a list or an object, else as it is."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError as error:
            raise FactError(f"{value!r} is not JSON: {error}") from error
    return value
