"""The Azure SDKs for Python: a session of its own process, so that it runs in the client's environment."""

from __future__ import annotations

import json
from pathlib import Path

from tests.clients.scenario import CLIENT, SECRET, SUBSCRIPTION, TENANT, ClientError, Scenario, Vault, run

PACKAGES: tuple[str, ...] = (
    "aiohttp",
    "azure-identity",
    "azure-mgmt-compute",
    "azure-mgmt-recoveryservices",
    "azure-mgmt-recoveryservicesbackup",
)
SESSION = Path(__file__).with_name("sdk_session.py")
_SECONDS = 600


def play(scenario: Scenario, environment: Path, vault: Vault) -> None:
    variables = {
        "VAULT_URL": vault.url,
        "REQUESTS_CA_BUNDLE": str(vault.authority),
        "SSL_CERT_FILE": str(vault.authority),
        "NO_PROXY": vault.host,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_CLIENT_SECRET": SECRET,
        "AZURE_TENANT_ID": TENANT,
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
    }
    text = ""
    with scenario.step("a session of the SDKs"):
        text = run([environment / "bin" / "python", SESSION], variables, vault.work, _SECONDS)
    for line in text.splitlines():
        said = json.loads(line)
        with scenario.step(said["step"]):
            if said["error"]:
                raise ClientError(said["error"])
