"""Azure's names: ARM ids, and the names of containers and items that the service makes from them (WIRE 4)."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import lru_cache

_UPPER_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_SEGMENT = re.compile(r"[A-Za-z0-9._()\-]{1,260}")
_SUBSCRIPTION = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VM_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.(?P<provider>Compute|ClassicCompute)/virtualMachines/(?P<name>[^/]+)",
    re.ASCII | re.IGNORECASE,
)

COMPUTE = "Microsoft.Compute/virtualMachines"
CLASSIC_COMPUTE = "Microsoft.ClassicCompute/virtualMachines"


def fold(text: str) -> str:
    """Lower-case ASCII letters only: Azure compares ids so, and `str.lower` would make distinct ids equal."""
    return text.lower() if text.isascii() else text.translate(_UPPER_TO_LOWER)


class BadSegmentError(ValueError):
    """A name that may not stand in an ARM path."""


@lru_cache(maxsize=4096)
def segment(name: str) -> str:
    """`name`, unchanged, if it may stand as one segment of an ARM path.

    Raises BadSegmentError for anything else: empty, `.`/`..`, separators, escapes, control or non-ASCII characters.
    """
    if not _SEGMENT.fullmatch(name) or name.strip(".") == "":
        raise BadSegmentError(f"{name!r} cannot be a name in Azure: letters, digits, and . _ - ( ) only")
    return name


@lru_cache(maxsize=1024)
def subscription_path(subscription_id: str) -> str:
    """`/subscriptions/{id}`; raises BadSegmentError when the id is no GUID."""
    if not _SUBSCRIPTION.fullmatch(subscription_id):
        raise BadSegmentError(f"{subscription_id!r} is not a subscription id: a GUID is needed")
    return f"/subscriptions/{subscription_id}"


@lru_cache(maxsize=1024)
def vault_path(subscription_id: str, resource_group: str, vault: str) -> str:
    """The ARM id of a Recovery Services vault; raises BadSegmentError."""
    group = f"{subscription_path(subscription_id)}/resourceGroups/{segment(resource_group)}"
    return f"{group}/providers/Microsoft.RecoveryServices/vaults/{segment(vault)}"


@dataclass(frozen=True, slots=True)
class VmName:
    """The parts of a virtual machine's ARM id, in the spelling they came in."""

    subscription_id: str
    resource_group: str
    name: str
    classic: bool

    @classmethod
    def parse(cls, arm_id: str) -> VmName:
        """Raises BadSegmentError when `arm_id` is not the id of a virtual machine."""
        match = _VM_ID.fullmatch(arm_id)
        if match is None:
            raise BadSegmentError(f"{arm_id!r} is not the id of a virtual machine")
        segment(match["group"])
        segment(match["name"])
        subscription_path(match["subscription"])
        return cls(match["subscription"], match["group"], match["name"], fold(match["provider"]) == "classiccompute")

    @property
    def arm_id(self) -> str:
        """The ARM id in the canonical casing of its literal segments."""
        kind = CLASSIC_COMPUTE if self.classic else COMPUTE
        group = f"{subscription_path(self.subscription_id)}/resourceGroups/{segment(self.resource_group)}"
        return f"{group}/providers/{kind}/{segment(self.name)}"


def container_name(group_or_service: str, vm: str, *, classic: bool) -> str:
    """The protection container of a VM; for a classic VM the first argument is its cloud service."""
    kind = "iaasvmcontainer" if classic else "iaasvmcontainerv2"
    return f"IaasVMContainer;{kind};{segment(group_or_service)};{segment(vm)}"


def item_name(group_or_service: str, vm: str, *, classic: bool) -> str:
    """The protected item of a VM; for a classic VM the first argument is its cloud service."""
    kind = "iaasvmcontainer" if classic else "iaasvmcontainerv2"
    return f"vm;{kind};{segment(group_or_service)};{segment(vm)}"
