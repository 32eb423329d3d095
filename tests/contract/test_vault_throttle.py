"""Too many requests: ARM's buckets and the service's hourly quota, each with the wait it asks for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.vaultserver.throttle import BUCKETS, action_of
from tests.contract.vault_wire import SUBSCRIPTION, V, new_wire

JOBS = f"{V}/backupJobs"


def test_an_empty_bucket_answers_429_and_fills_again() -> None:
    wire = new_wire()
    wire.world.configure(throttle=True)
    size, _ = BUCKETS["reads"]
    assert {wire.ask("GET", JOBS).status for _ in range(size)} == {200}
    refused = wire.ask("GET", JOBS)
    assert (refused.status, refused.code) == (429, "TooManyRequests")
    assert refused.headers["x-ms-ratelimit-remaining-subscription-reads"] == "0"
    wire.world.advance(timedelta(seconds=int(refused.headers["retry-after"])))
    assert wire.ask("GET", JOBS).status == 200


def test_writes_have_a_bucket_of_their_own_and_a_refused_write_does_nothing() -> None:
    wire = new_wire()
    wire.world.configure(throttle=True)
    for _ in range(BUCKETS["writes"][0]):
        wire.ask("PUT", f"{V}/backupPolicies/none", {})
    assert wire.ask("PUT", wire.paths(), wire.protect_body()).status == 429
    assert wire.ask("GET", JOBS).json["value"] == []


def test_each_action_has_an_hourly_quota() -> None:
    wire = new_wire()
    wire.world.configure(hourly_quota=3)
    left = [wire.ask("GET", JOBS).headers["x-ms-ratelimit-remaining-subscription-resource-requests"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    wire.world.advance(timedelta(minutes=50))
    refused = wire.ask("GET", JOBS)
    assert (refused.status, refused.code) == (429, "ResourceRequestsThrottled")
    assert refused.headers["retry-after"] == "600"
    assert refused.json["error"]["message"] == (
        "Number of requests for action 'Microsoft.RecoveryServices/vaults/backupJobs/read' exceeded the limit of '3' "
        "for time interval '01:00:00'. Please try again after '600' seconds."
    )
    assert wire.ask("GET", f"{V}/backupPolicies").status == 200
    assert wire.ask("GET", f"/subscriptions/{SUBSCRIPTION}/resourceGroups").status == 200
    wire.world.advance(timedelta(minutes=10))
    assert wire.ask("GET", JOBS).status == 200


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", V, "Microsoft.RecoveryServices/vaults/read"),
        ("DELETE", V, "Microsoft.RecoveryServices/vaults/delete"),
        ("GET", f"{JOBS}/one", "Microsoft.RecoveryServices/vaults/backupJobs/read"),
        (
            "POST",
            f"{V}/backupFabrics/Azure/refreshContainers",
            "Microsoft.RecoveryServices/vaults/backupFabrics/refreshContainers/action",
        ),
        ("GET", f"/subscriptions/{SUBSCRIPTION}/resourceGroups", ""),
    ],
)
def test_actions_are_named_as_the_service_does(method: str, path: str, action: str) -> None:
    assert action_of(method, path) == action


def test_pages_carry_the_filter_on_and_lose_nothing() -> None:
    wire = new_wire(*({"name": f"vm-{number:02}"} for number in range(1, 8)))
    for number in range(1, 8):
        wire.protect(f"vm-{number:02}")
    wire.world.configure(page_size=3)
    url: str | None = f"{JOBS}?$filter=operation eq 'ConfigureBackup' and status eq 'Completed'"
    pages = []
    while url:
        page = wire.ask("GET", url.replace(" ", "%20")).json
        pages.append([job["properties"]["entityFriendlyName"] for job in page["value"]])
        url = page.get("nextLink")
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sorted(name for page in pages for name in page) == [f"vm-{number:02}" for number in range(1, 8)]
    assert wire.ask("GET", f"{JOBS}?$filter=operation%20eq%20'Restore'").json == {"value": []}


@pytest.mark.parametrize("text", ["status", "status eq", "status ne 'x'", "color eq 'red'", "status eq 'x' and"])
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    refused = new_wire().ask("GET", f"{JOBS}?$filter={text.replace(' ', '%20')}")
    assert (refused.status, refused.code) == (400, "BMSUserErrorInvalidInput")
