"""What a refusal means for a step: the row of the troubleshooting table, and its retry rule."""

from __future__ import annotations

from reconciler.diagnostics.catalog import Catalog
from reconciler.model.outcome import AzureError, Failed, Retry

BUSY = "busy"
INTERNAL_ERROR = "internal-error"
NOT_VERIFIED = "not-verified"
UNKNOWN_OUTCOME = "unknown-outcome"
UNCLASSIFIED = "unclassified"

_OPERATIONS = {
    "create-vault": "vault",
    "update-vault": "vault",
    "create-policy": "policy",
    "update-policy": "policy",
    "discover": "discover",
    "start-vm": "register",
    "register": "register",
}
_ITEM = "protect"
_BUSY_SECONDS = 60.0
"""Until a running operation is asked after again: what Azure asks for after a `PUT` of an item (WIRE 2.2)."""


def verdict(action: str, error: AzureError, catalog: Catalog) -> Retry | Failed:
    """Retry where the row's rule says that time heals it, Failed where only a change of the wish or the world does."""
    row = catalog.match(_OPERATIONS.get(action, _ITEM), error)
    asked = error.retry_after or 0.0
    match row.retry.rule:
        case "wait":
            return Retry(row.id, max(asked, _BUSY_SECONDS), error)
        case "after":
            return Retry(row.id, max(asked, (row.retry.minutes or 0) * 60.0), error)
        case _:
            return Failed(row.id, error, error.message)
