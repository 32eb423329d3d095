"""Which virtual machines: by name, or chosen by what they are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    Glob,
    GroupName,
    Part,
    Problem,
    ServiceName,
    TagMap,
    VmName,
    distinct,
    tags,
)  # fmt: skip
from reconciler.model.desired import OsType, Selector, VmRef
from reconciler.model.span import Path, Places


class VirtualMachine(Part):
    """A virtual machine by name."""

    name: VmName = Field(description="The name of the virtual machine.")
    resource_group: GroupName | None = Field(None, description="Its resource group; tells namesakes apart.")
    cloud_service: ServiceName | None = Field(None, description="The cloud service of a classic virtual machine.")


class Conditions(Part):
    """Conditions on a virtual machine; each one given must hold."""

    tags: TagMap | None = Field(None, description="Tag name to the values of which any will do; every tag must hold.")
    names: list[Glob] | None = Field(None, min_length=1, description="Names, `*` and `?` as in a shell; any will do.")
    resource_groups: list[Glob] | None = Field(
        None, min_length=1, description="Resource groups, `*` and `?` as in a shell; any will do."
    )
    os: Annotated[OsType, Field(strict=False)] | None = Field(None, description="The operating system.")


class Selection(Conditions):
    """Virtual machines chosen by what they are: every condition given must hold."""

    not_: Conditions | None = Field(None, alias="not", description="Leaves out those for which all of this holds.")


VirtualMachines = Annotated[list[VirtualMachine], Field(min_length=1)]


def references(machines: list[VirtualMachine] | None, places: Places) -> tuple[VmRef, ...]:
    """The VMs named, in the order of the file."""
    at = places.at
    return tuple(
        VmRef(vm.name, vm.resource_group, vm.cloud_service, at("spec", "virtualMachines", index))
        for index, vm in enumerate(machines or ())
    )


def selector(given: Conditions | None) -> Selector | None:
    """The conditions, in one order."""
    if given is None:
        return None
    exclude = selector(given.not_) if isinstance(given, Selection) else None
    return Selector(tags(given.tags), distinct(given.names), distinct(given.resource_groups), given.os, exclude)


def selection_problems(machines: list[VirtualMachine] | None, select: Selection | None) -> list[Problem]:
    """What a document that protects or exempts must say about its VMs."""
    found = machine_problems(machines)
    if not machines and select is None:
        found.append(
            Problem(("spec",), "no virtual machine is meant", "add `virtualMachines:` or `select:`", "selector-empty")
        )
    if select is not None:
        found += _empty(select, ("spec", "select"))
    return found


def _empty(select: Conditions, path: Path) -> list[Problem]:
    found = []
    if select.tags is None and select.names is None and select.resource_groups is None and select.os is None:
        message = "this selects without a condition: it would mean every virtual machine"
        found.append(Problem(path, message, "add tags, names, resourceGroups or os", "selector-empty"))
    if isinstance(select, Selection) and select.not_ is not None:
        found += _empty(select.not_, (*path, "not"))
    return found


def machine_problems(machines: list[VirtualMachine] | None) -> list[Problem]:
    """A VM is in a resource group or in a cloud service."""
    return [
        Problem(
            ("spec", "virtualMachines", index, "cloudService"),
            f'"{vm.name}" has a resource group and a cloud service',
            "a classic virtual machine has only cloudService, any other only resourceGroup",
        )
        for index, vm in enumerate(machines or ())
        if vm.resource_group is not None and vm.cloud_service is not None
    ]
