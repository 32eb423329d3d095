"""The kinds of documents: one file a kind, this is the list."""

from __future__ import annotations

from reconciler.manifests.kinds.consent import ConsentDocument
from reconciler.manifests.kinds.exemption import ExemptionDocument
from reconciler.manifests.kinds.pause import PauseDocument
from reconciler.manifests.kinds.policy import PolicyDocument
from reconciler.manifests.kinds.protection import ProtectionDocument
from reconciler.manifests.kinds.retirement import RetirementDocument
from reconciler.manifests.kinds.vault import VaultDocument

Manifest = (
    VaultDocument
    | PolicyDocument
    | ProtectionDocument
    | ExemptionDocument
    | RetirementDocument
    | PauseDocument
    | ConsentDocument
)
KINDS: dict[str, type[Manifest]] = {
    "Vault": VaultDocument,
    "BackupPolicy": PolicyDocument,
    "Protection": ProtectionDocument,
    "Exemption": ExemptionDocument,
    "Retirement": RetirementDocument,
    "Pause": PauseDocument,
    "Consent": ConsentDocument,
}
