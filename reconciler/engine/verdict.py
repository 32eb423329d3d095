"""Which row of the troubleshooting table a refusal of an action is."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.diagnostics.catalog import Catalog, Judged
from reconciler.model.outcome import AzureError

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


def matched(
    action: str, error: AzureError, catalog: Catalog, facts: Collection[str] = (), fine: Collection[str] = ()
) -> Judged:
    """The row that explains the refusal, and what it can be instead.

    `facts` are the names of those that stand against the action, `fine` of those that were seen and do not.
    """
    return catalog.judged(_OPERATIONS.get(action, _ITEM), error, facts, fine)
