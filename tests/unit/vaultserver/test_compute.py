"""Microsoft.Compute: what lists show, and what power actions do to the machines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.vaultserver.planes import SUBSCRIPTION, S, Wire

LIST = f"{S}/providers/Microsoft.Compute/virtualMachines"
VM = f"{S}/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01"


def powers(wire: Wire) -> dict[str, str]:
    return {vm.name: vm.power for vm in wire.world.vms()}


def test_a_list_is_paged_to_the_end_and_holds_every_machine_once() -> None:
    wire = Wire()
    wire.world.configure(page_size=2)
    for number in range(5):
        wire.vm(f"web-{number}")
    wire.vm("old", classic=True, cloudService="svc")
    names, url, pages = [], LIST, 0
    while url and pages < 10:
        body = wire.ask("GET", url).json
        names += [one["name"] for one in body["value"]]
        url, pages = body.get("nextLink", ""), pages + 1
    assert names == [f"web-{number}" for number in range(5)]
    assert pages == 3


def test_a_list_with_status_only_keeps_that_wish_on_every_page() -> None:
    wire = Wire()
    wire.world.configure(page_size=1)
    wire.vm("web-01")
    wire.vm("web-02", power="stopped")
    first = wire.ask("GET", f"{LIST}?statusOnly=true").json
    second = wire.ask("GET", first["nextLink"]).json
    codes = [page["value"][0]["properties"]["instanceView"]["statuses"][-1]["code"] for page in (first, second)]
    assert codes == ["PowerState/running", "PowerState/stopped"]
    assert "storageProfile" not in first["value"][0]["properties"]


def test_lists_are_scoped_by_subscription_group_and_region() -> None:
    wire = Wire()
    wire.vm("web-01")
    wire.vm("web-02", group="RG-Other")
    wire.vm("web-03", location="eastus")
    wire.vm("web-04", subscription="00000000-0000-0000-0000-000000000002")

    def listed(path: str) -> list[str]:
        return [one["name"] for one in wire.ask("GET", path).json["value"]]

    assert listed(LIST) == ["web-02", "web-01", "web-03"]
    assert listed(f"{S}/resourcegroups/rg-other/providers/microsoft.compute/virtualmachines/") == ["web-02"]
    assert listed(f"{S}/providers/Microsoft.Compute/locations/West%20Europe/virtualMachines") == ["web-02", "web-01"]


def test_expanding_the_instance_view_of_a_list_is_refused_as_compute_does() -> None:
    wire = Wire()
    wire.vm("web-01")
    assert wire.ask("GET", f"{LIST}?$expand=instanceView").status == 400
    assert (
        wire.ask("GET", f"{LIST}?$expand=instanceView&$filter='virtualMachineScaleSet/id' eq 'x'").json["value"] == []
    )


def test_one_machine_shows_its_model_and_on_request_its_run_time_state() -> None:
    wire = Wire()
    wire.vm("web-01", os="Windows", dataDisks=2, nics=2, tags={"env": "prod"}, securityType="TrustedLaunch")
    body = wire.ask("GET", VM.upper().replace("/SUBSCRIPTIONS", "/subscriptions")).json
    properties = body["properties"]
    assert body["tags"] == {"env": "prod"}
    assert [disk["lun"] for disk in properties["storageProfile"]["dataDisks"]] == [0, 1]
    primary = [nic["properties"]["primary"] for nic in properties["networkProfile"]["networkInterfaces"]]
    assert primary == [True, False]
    assert properties["securityProfile"] == {"securityType": "TrustedLaunch"}
    assert "instanceView" not in properties
    view = wire.ask("GET", f"{VM}?$expand=instanceView").json["properties"]["instanceView"]
    assert view == wire.ask("GET", f"{VM}/instanceView").json
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


@pytest.mark.parametrize(
    ("fact", "value", "ready"),
    [("agent.status", "notReady", "Not Ready"), ("agent.present", False, None), ("power", "deallocated", None)],
)
def test_the_agent_speaks_only_from_a_running_machine(fact: str, value: object, ready: str | None) -> None:
    wire = Wire()
    vm = wire.vm("web-01")
    wire.world.set_vm(vm.id, fact, value)
    view = wire.ask("GET", f"{VM}/instanceView").json
    agent = view.get("vmAgent")
    assert (agent and agent["statuses"][0]["displayStatus"]) == ready


@pytest.mark.parametrize(
    ("action", "before", "meanwhile", "after"),
    [
        ("start", "deallocated", "starting", "running"),
        ("powerOff", "running", "running", "stopped"),
        ("deallocate", "running", "running", "deallocated"),
        ("restart", "running", "running", "running"),
    ],
)
def test_a_power_action_takes_its_time_and_ends(action: str, before: str, meanwhile: str, after: str) -> None:
    wire = Wire()
    vm = wire.vm("web-01", power=before)
    accepted = wire.ask("POST", f"{VM}/{action}")
    status, location = accepted.headers["azure-asyncoperation"], accepted.headers["location"]
    assert accepted.status == 202
    assert wire.ask("GET", status).json["status"] == "InProgress"
    assert wire.ask("GET", location).status == 202
    assert powers(wire) == {"web-01": meanwhile}
    wire.world.advance(timedelta(minutes=1))
    assert wire.ask("GET", status).json["status"] == "Succeeded"
    assert wire.ask("GET", location).status == 200
    assert powers(wire) == {"web-01": after}
    assert wire.world.vm(vm.id) is not None


def test_a_later_power_action_takes_the_place_of_one_that_runs() -> None:
    wire = Wire()
    wire.vm("web-01")
    first = wire.ask("POST", f"{VM}/deallocate").headers["azure-asyncoperation"]
    wire.ask("POST", f"{VM}/start")
    wire.world.advance(timedelta(minutes=2))
    assert wire.ask("GET", first).json["error"]["code"] == "OperationPreempted"
    assert powers(wire) == {"web-01": "running"}


def test_a_deleted_machine_is_gone_and_deleting_it_again_is_no_error() -> None:
    wire = Wire()
    wire.vm("web-01")
    assert wire.ask("DELETE", VM).status == 202
    wire.world.advance(timedelta(minutes=1))
    assert wire.ask("GET", VM).json["error"]["code"] == "ResourceNotFound"
    assert wire.ask("DELETE", VM).status == 204


def test_tags_can_be_patched_and_nothing_else() -> None:
    wire = Wire()
    vm = wire.vm("web-01", tags={"env": "prod"})
    assert wire.ask("PATCH", VM, {"tags": {"backup": "off"}}).json["tags"] == {"backup": "off"}
    assert wire.ask("PATCH", VM, {"properties": {}}).status == 400
    stored = wire.world.vm(vm.id)
    assert stored is not None
    assert stored.tags == {"backup": "off"}


def test_disks_name_the_machine_they_belong_to() -> None:
    wire = Wire()
    vm = wire.vm("web-01", dataDisks=[{"storage": "Premium_LRS", "sizeGB": 128}])
    disks = wire.ask("GET", f"{S}/providers/Microsoft.Compute/disks").json["value"]
    assert [(disk["sku"]["name"], disk["managedBy"]) for disk in disks] == [
        ("StandardSSD_LRS", vm.id),
        ("Premium_LRS", vm.id),
    ]
    assert wire.ask("GET", disks[1]["id"]).json == disks[1]


def test_an_unknown_machine_action_and_operation_are_told_apart() -> None:
    wire = Wire()
    wire.vm("web-01")
    assert wire.ask("POST", f"{VM}/explode").json["error"]["code"] == "InvalidResourceType"
    assert wire.ask("POST", f"{VM}-no/start").json["error"]["code"] == "ResourceNotFound"
    unknown = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/operations/none"
    assert wire.ask("GET", unknown).status == 404


@pytest.mark.parametrize(("fact", "value", "then"), [("nics", 1, "ready"), ("agent.status", "notReady", "notReady")])
def test_the_agent_of_a_started_machine_needs_a_while(fact: str, value: object, then: str) -> None:
    wire = Wire()
    vm = wire.vm("web-01", power="deallocated")
    wire.world.set_vm(vm.id, "agent.bootSeconds", 60)
    wire.world.set_vm(vm.id, fact, value)
    wire.ask("POST", f"{VM}/start")
    seen = []
    for seconds in (30, 20, 40):
        wire.world.advance(timedelta(seconds=seconds))
        assert powers(wire) == {"web-01": "running"}
        found = wire.world.vm(vm.id)
        assert found is not None
        seen.append(found.agent.status)
    assert seen == ["notReady", "notReady", then]
