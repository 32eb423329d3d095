"""Resource Manager: subscriptions, groups, providers, and the list of everything."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.vaultserver.resources import DEFAULT_SUBSCRIPTION
from tests.unit.vaultserver.planes import SUBSCRIPTION, S, Wire


def test_subscriptions_are_those_something_lies_in_and_an_empty_estate_has_one() -> None:
    wire = Wire()
    assert [one["subscriptionId"] for one in wire.ask("GET", "/subscriptions").json["value"]] == [DEFAULT_SUBSCRIPTION]
    other = "00000000-0000-0000-0000-000000000002"
    wire.vm("web-01", subscription=other)
    assert [one["subscriptionId"] for one in wire.ask("GET", "/subscriptions").json["value"]] == [other]
    assert wire.ask("GET", f"/subscriptions/{other}").json["state"] == "Enabled"
    assert wire.ask("GET", S).json["error"]["code"] == "SubscriptionNotFound"


def test_a_group_is_made_read_tagged_and_deleted() -> None:
    wire = Wire()
    group = f"{S}/resourcegroups/rg-new"
    assert wire.ask("HEAD", group).status == 404
    assert wire.ask("GET", group).json["error"]["code"] == "ResourceGroupNotFound"
    made = wire.ask("PUT", group, {"location": "West Europe", "tags": {"a": "1"}})
    assert (made.status, made.json["location"], made.json["tags"]) == (201, "westeurope", {"a": "1"})
    assert wire.ask("PUT", group, {"location": "westeurope"}).status == 200
    assert wire.ask("PATCH", group, {"tags": {"b": "2"}}).json["tags"] == {"b": "2"}
    assert wire.ask("HEAD", group.replace("rg-new", "RG-NEW")).status == 204
    accepted = wire.ask("DELETE", group)
    assert wire.ask("GET", accepted.headers["location"]).status == 202
    wire.world.advance(timedelta(minutes=1))
    assert wire.ask("GET", accepted.headers["location"]).status == 200
    assert wire.ask("HEAD", group).status == 404


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("rg-web", {"location": "eastus"}, "InvalidResourceGroupLocation"),
        ("rg-new", {}, "LocationRequired"),
        ("ends-with-dot.", {"location": "eastus"}, "InvalidResourceGroup"),
    ],
)
def test_a_bad_group_is_refused_and_nothing_is_made(name: str, body: dict[str, str], code: str) -> None:
    wire = Wire()
    wire.vm("web-01")
    assert wire.ask("PUT", f"{S}/resourceGroups/{name}", body).json["error"]["code"] == code
    assert [one["name"] for one in wire.ask("GET", f"{S}/resourceGroups").json["value"]] == ["rg-web"]


def test_deleting_a_group_takes_its_machines_and_no_others() -> None:
    wire = Wire()
    wire.vm("web-01")
    wire.vm("app-01", group="rg-app")
    wire.ask("DELETE", f"{S}/resourceGroups/RG-Web")
    wire.world.advance(timedelta(minutes=1))
    assert [vm.name for vm in wire.world.vms()] == ["app-01"]


def test_groups_can_be_found_by_tag() -> None:
    wire = Wire()
    for name, tags in (("rg-a", {"env": "prod"}), ("rg-b", {"env": "test"}), ("rg-c", {})):
        wire.ask("PUT", f"{S}/resourceGroups/{name}", {"location": "eastus", "tags": tags})

    def found(query: str) -> list[str]:
        return [one["name"] for one in wire.ask("GET", f"{S}/resourceGroups?$filter={query}").json["value"]]

    assert found("tagName eq 'env'") == ["rg-a", "rg-b"]
    assert found("tagName eq 'env' and tagValue eq 'test'") == ["rg-b"]


def test_a_provider_tells_the_versions_of_its_types_and_an_unknown_one_can_be_registered() -> None:
    wire = Wire()
    body = wire.ask("GET", f"{S}/providers/microsoft.recoveryservices").json
    versions = {kind["resourceType"]: kind["apiVersions"] for kind in body["resourceTypes"]}
    assert "2016-06-01" in versions["vaults"]
    assert versions["vaults"] == sorted(versions["vaults"], reverse=True)
    unknown = f"{S}/providers/Contoso.Backup"
    assert wire.ask("GET", unknown).json["error"]["code"] == "InvalidResourceNamespace"
    assert wire.ask("POST", f"{unknown}/register").json["registrationState"] == "Registered"
    assert wire.ask("GET", unknown).status == 200
    assert "Contoso.Backup" in [one["namespace"] for one in wire.ask("GET", f"{S}/providers").json["value"]]


def test_the_list_of_everything_filters_by_type_group_name_and_tag() -> None:
    wire = Wire()
    wire.vm("web-01", tags={"env": "prod"})
    wire.vm("app-01", group="rg-app", tags={"env": "test"})

    def found(query: str, path: str = f"{S}/resources") -> list[str]:
        return [one["name"] for one in wire.ask("GET", f"{path}?$filter={query}").json["value"]]

    machines = "resourceType eq 'microsoft.compute/virtualMachines'"
    assert found(machines) == ["app-01", "web-01"]
    assert found(f"{machines} and tagName eq 'env' and tagValue eq 'test'") == ["app-01"]
    assert found("name eq 'WEB-01'") == ["web-01"]
    assert found(machines, f"{S}/resourceGroups/rg-app/resources") == ["app-01"]
    assert len(found("")) == 6
    assert wire.ask("GET", f"{S}/resources?$filter=substringof('x', name)").status == 400
    assert wire.ask("GET", f"{S}/resourceGroups/rg-no/resources").status == 404


def test_the_list_of_everything_is_paged() -> None:
    wire = Wire()
    for number in range(3):
        wire.vm(f"web-{number}")
    url, seen, pages = f"{S}/resources?$top=4&$filter=", list[str](), 0
    while url and pages < 10:
        body = wire.ask("GET", url).json
        seen += [one["id"] for one in body["value"]]
        url, pages = body.get("nextLink", ""), pages + 1
    assert (len(seen), len(set(seen)), pages) == (9, 9, 3)


def test_locks_and_assignments_are_none() -> None:
    wire = Wire()
    for kind in ("locks", "policyAssignments", "roleAssignments"):
        assert wire.ask("GET", f"{S}/providers/Microsoft.Authorization/{kind}").json == {"value": []}


def test_the_one_tenant_is_that_of_the_subscriptions() -> None:
    wire = Wire()
    tenant = wire.ask("GET", "/tenants").json["value"][0]["tenantId"]
    assert wire.ask("GET", f"/subscriptions/{SUBSCRIPTION}").json["tenantId"] == tenant


@pytest.mark.parametrize(
    ("operation", "given", "after"),
    [
        ("Merge", {"backup": "off"}, {"env": "prod", "backup": "off"}),
        ("Replace", {"backup": "off"}, {"backup": "off"}),
        ("Delete", {"env": "prod"}, {}),
        ("Delete", {"env": "test"}, {"env": "prod"}),
    ],
)
def test_tags_are_patched_in_place_of_the_whole_resource(
    operation: str, given: dict[str, str], after: dict[str, str]
) -> None:
    wire = Wire()
    vm = wire.vm("web-01", tags={"env": "prod"})
    path = f"{vm.id}/providers/Microsoft.Resources/tags/default"
    body = {"operation": operation, "properties": {"tags": given}}
    assert wire.ask("PATCH", path, body).json["properties"] == {"tags": after}
    assert wire.ask("GET", path).json["properties"] == {"tags": after}
    assert wire.ask("GET", vm.id).json["tags"] == after


def test_an_unknown_way_to_patch_tags_changes_none() -> None:
    wire = Wire()
    vm = wire.vm("web-01", tags={"env": "prod"})
    path = f"{vm.id}/providers/Microsoft.Resources/tags/default"
    assert wire.ask("PATCH", path, {"operation": "Explode"}).status == 400
    assert wire.ask("GET", vm.id).json["tags"] == {"env": "prod"}
    assert wire.ask("GET", f"{vm.id}-no/providers/Microsoft.Resources/tags/default").status == 404
