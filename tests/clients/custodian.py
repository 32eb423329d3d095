"""Cloud Custodian: vaults, machines by backup status, tags, and power, by `custodian run`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.relay import relay
from tests.clients.scenario import CLIENT, SECRET, SUBSCRIPTION, TENANT, ClientError, Scenario, Vault, expect, run

PACKAGES: tuple[str, ...] = ("c7n", "c7n_azure")
POLICIES = Path(__file__).with_name("policies.yaml")

EXPECTED = {
    "vaults": ["rsv-estate"],
    "protected": ["app-01"],
    "unprotected": ["web-01", "web-02"],
    "tagged": ["web-01", "web-02"],
    "running": ["web-02"],
    "balanced": ["app-01", "web-01", "web-02"],
    "groups": ["rg-app", "rg-backup", "rg-web"],
    "everything": ["rsv-estate"],
}
"""What each policy finds, in the order they run: `tagged` sees what `unprotected` did."""


def play(scenario: Scenario, environment: Path, vault: Vault) -> None:
    """Through the relay: Custodian knows the four public clouds and has no setting for another."""
    with relay((vault.host, vault.port)) as tunnel:
        variables = {
            "HTTPS_PROXY": tunnel.url,
            "NO_PROXY": "",
            "REQUESTS_CA_BUNDLE": str(vault.authority),
            "SSL_CERT_FILE": str(vault.authority),
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": SECRET,
            "AZURE_TENANT_ID": TENANT,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        }
        custodian = environment / "bin" / "custodian"
        with scenario.step("custodian validate"):
            run([custodian, "validate", POLICIES], variables, vault.work)
        for name, wanted in EXPECTED.items():
            with scenario.step(f"custodian run -p {name}"):
                run([custodian, "run", "-s", "out", "-p", name, POLICIES], variables, vault.work)
                expect(sorted(one["name"] for one in _found(vault, name)), wanted)
        with scenario.step("nothing but the vault was asked for"):
            if tunnel.refused:
                raise ClientError(", ".join(tunnel.refused))


def _found(vault: Vault, policy: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((vault.work / "out" / policy / "resources.json").read_text())
    return found
