"""Virtual machines: the model list, the status list, classic machines and network interfaces."""

from __future__ import annotations

import msgspec

from reconciler.azure.decode.times import moment
from reconciler.model.desired import OsType
from reconciler.model.ids import VmName, fold
from reconciler.model.observed import Agent, Power, VirtualMachine

Tags = dict[str, str | None]


class _ManagedDisk(msgspec.Struct, rename="camel"):
    storage_account_type: str | None = None


class _Disk(msgspec.Struct, rename="camel"):
    os_type: str | None = None
    managed_disk: _ManagedDisk | None = None


class _StorageProfile(msgspec.Struct, rename="camel"):
    os_disk: _Disk | None = None
    data_disks: list[_Disk] | None = None


class _NetworkProfile(msgspec.Struct, rename="camel"):
    network_interfaces: list[msgspec.Raw] | None = None


class _SecurityProfile(msgspec.Struct, rename="camel"):
    security_type: str | None = None


class _Model(msgspec.Struct, rename="camel"):
    vm_id: str
    time_created: str | None = None
    provisioning_state: str | None = None
    storage_profile: _StorageProfile | None = None
    network_profile: _NetworkProfile | None = None
    security_profile: _SecurityProfile | None = None


class WireVm(msgspec.Struct, rename="camel"):
    """An entry of the list of virtual machines."""

    id: str
    name: str
    location: str
    properties: _Model
    tags: Tags | None = None


class _Status(msgspec.Struct, rename="camel"):
    code: str | None = None
    display_status: str | None = None


class _VmAgent(msgspec.Struct, rename="camel"):
    vm_agent_version: str | None = None
    statuses: list[_Status] | None = None


class _InstanceView(msgspec.Struct, rename="camel"):
    os_name: str | None = None
    os_version: str | None = None
    vm_agent: _VmAgent | None = None
    statuses: list[_Status] | None = None


class _StatusProperties(msgspec.Struct, rename="camel"):
    vm_id: str | None = None
    instance_view: _InstanceView | None = None


class WireVmStatus(msgspec.Struct, rename="camel"):
    """An entry of the same list with `statusOnly=true`."""

    id: str
    properties: _StatusProperties


def region(location: str) -> str:
    """A location as ARM compares it: `West Europe` and `westeurope` are one."""
    return fold(location).replace(" ", "")


def vm(wire: WireVm, status: WireVmStatus | None) -> VirtualMachine:
    """Model and status as one; a status of another `vmId` is a namesake's and is left aside.

    Raises BadSegmentError when the id is not that of a virtual machine.
    """
    name = VmName.parse(wire.id)
    model = wire.properties
    view = _InstanceView()
    if status is not None and status.properties.vm_id in {None, model.vm_id}:
        view = status.properties.instance_view or view
    storage = model.storage_profile or _StorageProfile()
    disks = [disk for disk in (storage.os_disk, *(storage.data_disks or ())) if disk]
    skus = {disk.managed_disk.storage_account_type for disk in disks if disk.managed_disk}
    interfaces = (model.network_profile or _NetworkProfile()).network_interfaces
    return VirtualMachine(
        id=wire.id,
        key=fold(wire.id),
        vm_id=model.vm_id,
        name=wire.name,
        resource_group=name.resource_group,
        subscription_id=name.subscription_id,
        location=region(wire.location),
        tags=_tags(wire.tags),
        power=_power(view),
        os=os_type(storage.os_disk.os_type if storage.os_disk else None),
        os_name=view.os_name or "",
        os_version=view.os_version or "",
        agent=_agent(view.vm_agent),
        data_disks=len(storage.data_disks or ()),
        storage=tuple(sorted(sku for sku in skus if sku)),
        nics=len(interfaces or ()),
        provisioning_state=model.provisioning_state or "",
        security_type=(model.security_profile or _SecurityProfile()).security_type or "",
        created=moment(model.time_created),
    )


def _tags(tags: Tags | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value or "") for name, value in (tags or {}).items()))


def _power(view: _InstanceView) -> Power:
    for status in view.statuses or ():
        kind, _, word = (status.code or "").partition("/")
        if fold(kind) == "powerstate":
            return Power(fold(word)) if fold(word) in set(Power) else Power.UNKNOWN
    return Power.UNKNOWN


def os_type(word: str | None) -> OsType | None:
    return next((known for known in OsType if fold(known) == fold(word or "")), None)


def _agent(wire: _VmAgent | None) -> Agent | None:
    """Ready when its provisioning has succeeded; a VM that is off shows no agent, or one of an unknown version."""
    if wire is None or not wire.vm_agent_version or fold(wire.vm_agent_version) == "unknown":
        return None
    codes = {fold(status.code or "") for status in wire.statuses or ()}
    return Agent(wire.vm_agent_version, "provisioningstate/succeeded" in codes)


class _Named(msgspec.Struct, rename="camel"):
    id: str | None = None
    name: str | None = None


class _ClassicHardware(msgspec.Struct, rename="camel"):
    deployment_id: str | None = None


class _ClassicAgent(msgspec.Struct, rename="camel"):
    guest_agent_version: str | None = None
    status: str | None = None


class _ClassicView(msgspec.Struct, rename="camel"):
    power_state: str | None = None
    guest_agent_status: _ClassicAgent | None = None


class _ClassicDisk(msgspec.Struct, rename="camel"):
    operating_system: str | None = None
    io_type: str | None = None
    """`Provisioned` on premium storage, else `Standard`."""


class _ClassicStorage(msgspec.Struct, rename="camel"):
    operating_system_disk: _ClassicDisk | None = None
    data_disks: list[_ClassicDisk] | None = None


class _ClassicEndpoint(msgspec.Struct, rename="camel"):
    load_balanced_endpoint_set_name: str | None = None


class _ClassicNetwork(msgspec.Struct, rename="camel"):
    """`network_interfaces` are those beside the primary one."""

    input_endpoints: list[_ClassicEndpoint] | None = None
    network_interfaces: list[msgspec.Raw] | None = None


class _ClassicProperties(msgspec.Struct, rename="camel"):
    provisioning_state: str | None = None
    domain_name: _Named | None = None
    hardware_profile: _ClassicHardware | None = None
    instance_view: _ClassicView | None = None
    storage_profile: _ClassicStorage | None = None
    network_profile: _ClassicNetwork | None = None


class WireClassicVm(msgspec.Struct, rename="camel"):
    """An entry of the list of classic virtual machines (unconfirmed: no swagger of it is public)."""

    id: str
    name: str
    location: str
    properties: _ClassicProperties
    tags: Tags | None = None


_CLASSIC_POWER = {
    "started": Power.RUNNING,
    "starting": Power.STARTING,
    "stopping": Power.STOPPING,
    "stopped": Power.STOPPED,
    "stoppeddeallocated": Power.DEALLOCATED,
}


def classic_vm(wire: WireClassicVm) -> VirtualMachine:
    """Raises BadSegmentError when the id is not that of a virtual machine."""
    name = VmName.parse(wire.id)
    properties = wire.properties
    view = properties.instance_view or _ClassicView()
    storage = properties.storage_profile or _ClassicStorage()
    network = properties.network_profile or _ClassicNetwork()
    agent = view.guest_agent_status
    service = properties.domain_name or _Named()
    return VirtualMachine(
        id=wire.id,
        key=fold(wire.id),
        vm_id=(properties.hardware_profile or _ClassicHardware()).deployment_id or "",
        name=wire.name,
        resource_group=name.resource_group,
        subscription_id=name.subscription_id,
        location=region(wire.location),
        tags=_tags(wire.tags),
        classic=True,
        cloud_service=service.name or name.resource_group,
        power=_CLASSIC_POWER.get(fold(view.power_state or ""), Power.UNKNOWN),
        os=os_type((storage.operating_system_disk or _ClassicDisk()).operating_system),
        agent=Agent(agent.guest_agent_version, agent.status == "Ready")
        if agent and agent.guest_agent_version
        else None,
        data_disks=len(storage.data_disks or ()),
        storage=_classic_storage(storage),
        nics=1 + len(network.network_interfaces or ()),
        load_balanced=any(endpoint.load_balanced_endpoint_set_name for endpoint in network.input_endpoints or ()),
        provisioning_state=properties.provisioning_state or "",
    )


def _classic_storage(storage: _ClassicStorage) -> tuple[str, ...]:
    """The SKUs that the disks' performance stands for: there were two."""
    disks = [disk for disk in (storage.operating_system_disk, *(storage.data_disks or ())) if disk]
    words = {fold(disk.io_type) for disk in disks if disk.io_type}
    return tuple("Premium_LRS" if word == "provisioned" else "Standard_LRS" for word in sorted(words))


class _IpProperties(msgspec.Struct, rename="camel"):
    load_balancer_backend_address_pools: list[msgspec.Raw] | None = None


class _IpConfiguration(msgspec.Struct, rename="camel"):
    properties: _IpProperties | None = None


class _InterfaceProperties(msgspec.Struct, rename="camel"):
    virtual_machine: _Named | None = None
    ip_configurations: list[_IpConfiguration] | None = None


class WireInterface(msgspec.Struct, rename="camel"):
    """An entry of the list of network interfaces."""

    id: str
    properties: _InterfaceProperties


def balanced(interfaces: list[WireInterface]) -> frozenset[str]:
    """The keys of the machines that have an address in the back-end pool of a load balancer."""
    return frozenset(
        fold(machine.id)
        for wire in interfaces
        if (machine := wire.properties.virtual_machine) and machine.id
        for configuration in wire.properties.ip_configurations or ()
        if configuration.properties and configuration.properties.load_balancer_backend_address_pools
    )
