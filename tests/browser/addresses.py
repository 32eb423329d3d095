"""The pages that are looked at, each by a name."""

from __future__ import annotations

from tests.unit.planning.making import machine

SHOP = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups"


def vm(name: str, group: str = "rg-shop-web") -> str:
    """The address of the page of one machine of the shop."""
    arm_id = machine(name, group).key.replace(
        "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-00000000000a"
    )
    return f"/vm?id={arm_id}"


PAGES = {
    "overview": "/",
    "vms": "/vms",
    "vm": vm("shop-web-003"),
    "vm-in-trouble": vm("shop-web-237"),
    "jobs": "/jobs",
    "failed-jobs": "/jobs?end=failed",
    "policies": "/policies",
    "policy": "/policy?vault=rsv-shop-weu&name=standard-30d",
    "findings": "/findings",
    "row": "/row?code=register-vm-not-running",
    "plan": "/plan",
    "audit": "/audit",
    "error": "/nothing-of-the-kind",
}
