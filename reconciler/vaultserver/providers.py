"""Resource providers with the types and api-versions a generic client resolves, and the regions."""

from __future__ import annotations

from typing import Any

REGIONS = {
    "westeurope": "West Europe",
    "northeurope": "North Europe",
    "eastus": "East US",
    "eastus2": "East US 2",
    "westus": "West US",
    "westus2": "West US 2",
    "westus3": "West US 3",
    "centralus": "Central US",
    "southcentralus": "South Central US",
    "northcentralus": "North Central US",
    "canadacentral": "Canada Central",
    "brazilsouth": "Brazil South",
    "uksouth": "UK South",
    "ukwest": "UK West",
    "francecentral": "France Central",
    "germanywestcentral": "Germany West Central",
    "swedencentral": "Sweden Central",
    "norwayeast": "Norway East",
    "switzerlandnorth": "Switzerland North",
    "australiaeast": "Australia East",
    "southeastasia": "Southeast Asia",
    "eastasia": "East Asia",
    "japaneast": "Japan East",
    "koreacentral": "Korea Central",
    "centralindia": "Central India",
    "southafricanorth": "South Africa North",
    "uaenorth": "UAE North",
}

_COMPUTE = ["2024-11-01", "2024-07-01", "2024-03-01", "2023-03-01", "2021-07-01", "2018-10-01"]
_DISKS = ["2024-03-02", "2023-10-02", "2023-04-02", "2018-06-01"]
_NETWORK = ["2024-07-01", "2024-05-01", "2023-09-01", "2020-11-01", "2019-11-01"]
_VAULTS = ["2026-11-01", "2026-05-01", "2025-02-01", "2024-04-01", "2023-01-01", "2016-06-01"]
_BACKUP = ["2026-10-01", "2025-02-01", "2024-04-01", "2023-01-01", "2019-05-13", "2016-12-01"]
_RESOURCES = ["2025-04-01", "2024-11-01", "2022-09-01", "2021-04-01", "2019-10-01"]
_AUTHORIZATION = ["2022-04-01", "2020-05-01", "2016-09-01"]
_CLASSIC = ["2017-04-01", "2016-11-01", "2016-04-01"]

PROVIDERS: dict[str, dict[str, list[str]]] = {
    "Microsoft.RecoveryServices": {
        "vaults": _VAULTS,
        "operations": _VAULTS,
        "locations": _VAULTS,
        "locations/backupStatus": _BACKUP,
        "locations/backupPreValidateProtection": _BACKUP,
        "locations/backupValidateFeatures": _BACKUP,
        "locations/checkNameAvailability": _VAULTS,
        "vaults/backupPolicies": _BACKUP,
        "vaults/backupJobs": _BACKUP,
        "vaults/backupconfig": _BACKUP,
        "vaults/backupstorageconfig": _BACKUP,
        "vaults/backupProtectedItems": _BACKUP,
        "vaults/backupFabrics/protectionContainers/protectedItems": _BACKUP,
    },
    "Microsoft.Compute": {
        "virtualMachines": _COMPUTE,
        "virtualMachines/extensions": _COMPUTE,
        "locations": _COMPUTE,
        "locations/operations": _COMPUTE,
        "disks": _DISKS,
    },
    "Microsoft.ClassicCompute": {"virtualMachines": _CLASSIC, "domainNames": _CLASSIC},
    "Microsoft.Network": {
        "networkInterfaces": _NETWORK,
        "publicIPAddresses": _NETWORK,
        "virtualNetworks": _NETWORK,
        "loadBalancers": _NETWORK,
        "networkSecurityGroups": _NETWORK,
    },
    "Microsoft.Resources": {
        "resourceGroups": _RESOURCES,
        "subscriptions": ["2022-12-01", "2020-01-01", "2019-11-01", "2016-06-01"],
        "tenants": ["2022-12-01", "2020-01-01"],
        "deployments": _RESOURCES,
        "resources": _RESOURCES,
    },
    "Microsoft.Authorization": {
        "locks": _AUTHORIZATION,
        "policyAssignments": _AUTHORIZATION,
        "roleAssignments": _AUTHORIZATION,
    },
    "Microsoft.ResourceGraph": {"resources": ["2024-04-01", "2022-10-01", "2021-03-01"]},
}
"""Namespace, type, versions with the newest first."""


def model(root: str, namespace: str) -> dict[str, Any]:
    """A provider as the wire shows it; one registered by a client without being simulated has no types."""
    types = [
        {
            "resourceType": kind,
            "locations": list(REGIONS.values()),
            "apiVersions": versions,
            "defaultApiVersion": versions[0],
            "capabilities": "SupportsTags, SupportsLocation",
        }
        for kind, versions in PROVIDERS.get(namespace, {}).items()
    ]
    body: dict[str, Any] = {"id": f"{root}/providers/{namespace}", "namespace": namespace, "resourceTypes": types}
    return body | {"registrationState": "Registered", "registrationPolicy": "RegistrationRequired"}
