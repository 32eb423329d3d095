"""Ansible's azure.azcollection: a playbook through every backup module, each task a step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.clients.relay import relay
from tests.clients.scenario import CLIENT, SECRET, SUBSCRIPTION, TENANT, ClientError, Scenario, Vault, run

PACKAGES: tuple[str, ...] = ("ansible",)
REQUIREMENTS = "ansible_collections/azure/azcollection/requirements.txt"
"""The collection's own list of Azure packages, inside the environment once Ansible is there."""

PLAYBOOK = Path(__file__).with_name("playbook.yaml")
_SECONDS = 1200


def play(scenario: Scenario, environment: Path, vault: Vault) -> None:
    """Through the relay: the collection knows another cloud only by a function its libraries no longer have."""
    with relay((vault.host, vault.port)) as tunnel:
        variables = {
            "HTTPS_PROXY": tunnel.url,
            "NO_PROXY": "",
            "REQUESTS_CA_BUNDLE": str(vault.authority),
            "SSL_CERT_FILE": str(vault.authority),
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_SECRET": SECRET,
            "AZURE_TENANT": TENANT,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "ANSIBLE_HOME": str(vault.work / "ansible"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "PATH": f"{environment / 'bin'}:/usr/bin:/bin",
        }
        report: dict[str, Any] = {}
        with scenario.step("ansible-playbook"):
            report = _report(environment, variables, vault)
        for task in (task for one in report.get("plays", []) for task in one["tasks"]):
            _record(scenario, task)
        with scenario.step("nothing but the vault was asked for"):
            if tunnel.refused:
                raise ClientError(", ".join(tunnel.refused))


def _report(environment: Path, variables: dict[str, str], vault: Vault) -> dict[str, Any]:
    python = environment / "bin" / "python"
    command: list[str | Path] = [
        environment / "bin" / "ansible-playbook",
        *("-i", "localhost,", "-c", "local"),
        *("-e", f"subscription={SUBSCRIPTION}", "-e", f"ansible_python_interpreter={python}"),
        PLAYBOOK,
    ]
    text = run(command, variables, vault.work, _SECONDS)
    found: dict[str, Any] = json.loads(text[text.index("{") :])
    return found


def _record(scenario: Scenario, task: dict[str, Any]) -> None:
    """The task as a step of its own; its time is in the report, so it is not measured here."""
    result = task["hosts"].get("localhost", {})
    name = task["task"]["name"]
    with scenario.step(name):
        if result.get("failed") or result.get("unreachable"):
            raise ClientError(str(result.get("msg") or result.get("exception") or result))
