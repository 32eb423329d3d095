"""Resource Graph: the tables over an estate, and the pages of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.vaultserver import estate
from tests.unit.vaultserver.planes import SUBSCRIPTION, Wire

PATH = "/providers/Microsoft.ResourceGraph/resources"
MACHINES = """
resources
| where type in~ ('microsoft.compute/virtualmachines','microsoft.classiccompute/virtualmachines')
| project id, vmKey=tolower(id), name, type, location, subscriptionId, resourceGroup, tags,
          vmSize=properties.hardwareProfile.vmSize, power=properties.extended.instanceView.powerState.code,
          osType=properties.storageProfile.osDisk.osType, dataDisks=array_length(properties.storageProfile.dataDisks),
          nics=array_length(properties.networkProfile.networkInterfaces)
| order by id asc
"""
ITEMS = """
recoveryservicesresources
| where type =~ 'microsoft.recoveryservices/vaults/backupfabrics/protectioncontainers/protecteditems'
| where properties.backupManagementType =~ 'AzureIaasVM'
| project id, vmKey=tolower(tostring(properties.sourceResourceId)), policyId=tostring(properties.policyId),
          protectionState=tostring(properties.protectionState), currentState=tostring(properties.currentProtectionState)
| order by id asc
"""


def ask(wire: Wire, query: str, **options: Any) -> Any:
    answer = wire.ask("POST", PATH, {"query": query, "subscriptions": [SUBSCRIPTION], "options": options})
    assert answer.status == 200, answer.content
    return answer.json


def protected() -> Wire:
    """A vault that protects one machine, has stopped a second and soft-deleted a third; a fourth is in no vault."""
    wire = Wire()
    machines = [{"name": f"web-0{n}", "resourceGroup": "rg-web", "location": "westeurope"} for n in range(1, 5)]
    states = ["Protected", "ProtectionStopped", "SoftDeleted"]
    items = [{"vm": f"web-0{n}", "vault": "rsv", "state": state} for n, state in enumerate(states, 1)]
    document = {"estate": "v1", "vaults": [{"name": "rsv"}], "virtualMachines": machines, "protected": items}
    estate.load(wire.world, document)
    return wire


def test_the_fleet_is_read_in_pages_that_meet() -> None:
    wire = Wire()
    for number in range(5):
        wire.vm(f"web-{number}", dataDisks=number, nics=2, power="running" if number else "deallocated")
    wire.vm("legacy", classic=True)
    found, token, pages = [], "", 0
    while pages == 0 or (token and pages < 10):
        body = ask(wire, MACHINES, **{"$top": 2}, **({"$skipToken": token} if token else {}))
        found += body["data"]
        token, pages = body.get("$skipToken", ""), pages + 1
    assert [row["name"] for row in found] == ["legacy", *(f"web-{number}" for number in range(5))]
    assert (pages, body["totalRecords"], body["resultTruncated"]) == (3, 6, "false")
    assert found[1]["power"] == "PowerState/deallocated"
    assert (found[3]["dataDisks"], found[3]["nics"], found[3]["osType"]) == (2, 2, "Linux")
    assert found[0]["type"] == "microsoft.classiccompute/virtualmachines"


def test_items_tell_where_each_machine_stands() -> None:
    found = ask(protected(), ITEMS)["data"]
    assert [(row["vmKey"].rpartition("/")[2], row["currentState"]) for row in found] == [
        ("web-01", "ProtectionConfigured"),
        ("web-02", "ProtectionStopped"),
        ("web-03", "SoftDeleted"),
    ]


def test_the_unprotected_are_the_left_overs_of_a_join() -> None:
    query = (
        "resources | where type =~ 'microsoft.compute/virtualmachines' | extend k = tolower(id) "
        "| join kind=leftouter (recoveryservicesresources | where type endswith '/protecteditems' "
        "| project k = tolower(tostring(properties.sourceResourceId)), held = id) on k "
        "| where isempty(held) | project name"
    )
    assert ask(protected(), query)["data"] == [{"name": "web-04"}]


def test_vaults_policies_groups_and_subscriptions_are_rows_too() -> None:
    wire = protected()
    kinds = {row["type"] for row in ask(wire, "recoveryservicesresources | distinct type")["data"]}
    assert "microsoft.recoveryservices/vaults/backuppolicies" in kinds
    assert ask(wire, "resources | where type =~ 'microsoft.recoveryservices/vaults' | project name")["data"] == [
        {"name": "rsv"}
    ]
    names = [row["name"] for row in ask(wire, "resourcecontainers | where type endswith 'groups'")["data"]]
    assert names == ["rg-backup", "rg-web"]


def test_a_query_sees_only_the_subscriptions_it_names() -> None:
    wire = Wire()
    wire.vm("web-01")
    other = "00000000-0000-0000-0000-000000000002"
    wire.vm("web-02", subscription=other)
    query = {"query": "resources | where type endswith 'virtualmachines' | project name"}
    assert wire.ask("POST", PATH, query | {"subscriptions": [other.upper()]}).json["data"] == [{"name": "web-02"}]
    assert wire.ask("POST", PATH, query).json["totalRecords"] == 2


def test_an_answer_may_be_a_table() -> None:
    wire = Wire()
    wire.vm("web-01")
    query = "resources | where type endswith 'machines' | project name, n = 1, p = properties.extended"
    data = ask(wire, query, resultFormat="table")["data"]
    assert data["columns"] == [
        {"name": "name", "type": "string"},
        {"name": "n", "type": "integer"},
        {"name": "p", "type": "object"},
    ]
    assert data["rows"][0][:2] == ["web-01", 1]


def test_a_bounded_query_that_is_cut_says_so_and_gives_no_token() -> None:
    wire = Wire()
    for number in range(3):
        wire.vm(f"web-{number}")
    body = ask(wire, "resources | where type endswith 'virtualmachines' | take 3", **{"$top": 2})
    assert (body["count"], body["resultTruncated"]) == (2, "true")
    assert "$skipToken" not in body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": "nope | take 1"},
        {"query": "resources", "options": {"$skipToken": "bad"}},
        {"query": "resources", "options": {"$top": "many"}},
        {"query": "resources", "options": []},
    ],
)
def test_a_bad_request_is_refused_with_the_reason_in_its_details(body: dict[str, object]) -> None:
    answer = Wire().ask("POST", PATH, body)
    assert answer.status == 400
    assert answer.json["error"]["code"] == "BadRequest"
    assert answer.json["error"]["details"][0]["message"]


def test_the_pages_of_an_answer_agree_whatever_happens_in_between() -> None:
    wire = Wire()
    for number in range(3):
        wire.vm(f"web-{number}")
    query = "resources | where type endswith 'virtualmachines' | project id, name | order by id asc"
    first = ask(wire, query, **{"$top": 2})
    wire.vm("web-00")
    second = ask(wire, query, **{"$top": 2, "$skipToken": first["$skipToken"]})
    assert [row["name"] for row in (*first["data"], *second["data"])] == ["web-0", "web-1", "web-2"]
    assert ask(wire, query)["totalRecords"] == 4


def test_a_token_of_another_query_or_of_an_answer_no_longer_kept_goes_on_by_row() -> None:
    wire = Wire()
    for number in range(3):
        wire.vm(f"web-{number}")
    machines = "resources | where type endswith 'virtualmachines' | project name | order by name asc"
    token = ask(wire, machines, **{"$top": 1})["$skipToken"]
    assert ask(wire, f"{machines} | where name != 'web-0'", **{"$skipToken": token})["data"] == [{"name": "web-2"}]
    for _ in range(5):
        ask(wire, machines, **{"$top": 1})
    wire.vm("web-00")
    assert ask(wire, machines, **{"$skipToken": token})["data"][0] == {"name": "web-00"}
