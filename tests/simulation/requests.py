"""Names for requests, the same in every run: `list:items@rsv`, `write:item:rg/web-1@rsv`, `poll:item:rg/web-1@rsv`.

The first word is what kind of request it is: `list` the first page of one, `page` a later one, `read` of one resource,
`check` a POST that only asks, `write`, `poll` of an operation, `job`.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from reconciler.model.ids import fold

_VAULT = re.compile(r".*/providers/Microsoft\.RecoveryServices/vaults/(?P<vault>[^/]+)(?P<rest>/.*)?", re.IGNORECASE)
_COMPUTE = re.compile(
    r".*/resourceGroups/(?P<group>[^/]+)/providers/Microsoft\.(Classic)?Compute/virtualMachines/(?P<vm>[^/]+)"
    r"(/(?P<verb>[^/]+))?",
    re.IGNORECASE,
)
_LISTS = {
    "backupPolicies": "policies",
    "backupProtectedItems": "items",
    "backupProtectionContainers": "containers",
    "backupProtectableItems": "protectable",
    "backupJobs": "jobs",
    "backupResourceGuardProxies": "guards",
}
_GROUP = 4
"""Slashes in the path of a resource group."""
_CHECKS = {"backupStatus": "held", "backupPreValidateProtection": "valid"}
_POLLS = {"operations", "operationResults", "operationsStatus", "operationStatus", "backupOperations"}


@lru_cache(maxsize=20_000)
def name_of(method: str, url: str, body: bytes) -> str:
    """The name of a request."""
    parts = urlsplit(url)
    path, query = unquote(parts.path), parse_qs(parts.query)
    vault = _VAULT.fullmatch(path)
    if vault is not None:
        return f"{_in_vault(method, vault['rest'] or '', query)}@{vault['vault']}"
    last = path.rstrip("/").rpartition("/")[2]
    if last in _CHECKS:
        return f"check:{_CHECKS[last]}:{_asked(body)}"
    machine = _COMPUTE.fullmatch(path)
    if machine is not None:
        return f"{'read' if method == 'GET' else 'write'}:{machine['verb'] or 'vm'}:{machine['group']}/{machine['vm']}"
    if "/operations/" in path:
        return "poll:power"
    if path.count("/") == _GROUP:
        return f"read:group@{last}"
    kind = "page" if _later(query) else "list"
    status = "-status" if "statusOnly" in query else ""
    return f"{kind}:{_short(last)}{status}@{subscription_in(path)[-2:]}"


def _in_vault(method: str, rest: str, query: dict[str, list[str]]) -> str:
    parts = rest.strip("/").split("/") if rest.strip("/") else []
    if any(part in _POLLS for part in parts):
        return f"poll:{_subject(parts[:-2])}"
    if parts[:1] == ["backupJobs"] and len(parts) > 1:
        return "job"
    if len(parts) == 1 and parts[0] in _LISTS and method == "GET":
        running = "-running" if "InProgress" in str(query.get("$filter")) else ""
        return f"{'page' if _later(query) else 'list'}:{_LISTS[parts[0]]}{running}"
    return f"{'read' if method == 'GET' else 'write'}:{_subject(parts)}"


def _subject(parts: list[str]) -> str:
    """What a path below a vault is about."""
    last = parts[-1] if parts else "vault"
    if "protectedItems" in parts:
        return f"item:{_owner(last)}"
    if "protectionContainers" in parts:
        return f"container:{_owner(last)}"
    if parts[:1] == ["backupPolicies"]:
        return f"policy:{last}"
    return {"refreshContainers": "discover", "Azure": "discover", "vaultconfig": "config"}.get(last, last)


def _owner(name: str) -> str:
    """`vm;iaasvmcontainerv2;rg;web-1` → `rg/web-1`."""
    return "/".join(name.split(";")[-2:])


def _asked(body: bytes) -> str:
    """The VM that a check asks about."""
    try:
        found = _COMPUTE.fullmatch(str(json.loads(body).get("resourceId")))
    except (ValueError, AttributeError):
        found = None
    return f"{found['group']}/{found['vm']}" if found else "?"


def _later(query: dict[str, list[str]]) -> bool:
    return any("skip" in key.lower() for key in query)


def _short(last: str) -> str:
    return {"virtualMachines": "vms", "networkInterfaces": "nics"}.get(last, last)


def kind_of(name: str) -> str:
    """`list`, `page`, `read`, `check`, `write`, `poll` or `job`."""
    return name.partition(":")[0].partition("@")[0]


def vm_of(name: str) -> str:
    """`group/name` of the VM that a write is about; empty for others."""
    parts = name.partition("@")[0].split(":")
    return parts[2] if len(parts) == 3 and "/" in parts[2] else ""


def vm_in(path: str) -> str:
    """`group/name` of the VM that the path of an item, a container or a VM names, folded; empty for others."""
    machine = _COMPUTE.fullmatch(path)
    if machine is not None:
        return fold(f"{machine['group']}/{machine['vm']}")
    vault = _VAULT.fullmatch(path)
    parts = (vault["rest"] or "").strip("/").split("/") if vault is not None else []
    if "protectionContainers" not in parts:
        return ""
    return fold(_owner(parts[parts.index("protectionContainers") + 1]))


@lru_cache(maxsize=5_000)
def identity(url: str) -> str:
    """The VM that a URL or a path is about, with its subscription, for there are namesakes; empty for others."""
    path = unquote(urlsplit(url).path)
    vm = vm_in(path)
    return f"{subscription_in(path)}/{vm}" if vm else ""


def subscription_in(path: str) -> str:
    """The folded subscription of a path; empty for one outside of any."""
    parts = fold(path).split("/subscriptions/", 1)
    return parts[1].partition("/")[0] if len(parts) > 1 else ""
