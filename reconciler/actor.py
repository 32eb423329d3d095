"""Who writes, for the audit log: an identity where one is configured, else the user; and the host."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping

_IDENTITIES = ("AZURE_CLIENT_ID", "GITHUB_ACTOR", "BUILD_REQUESTEDFOR")
"""The identity that signs in to Azure; who started a job of GitHub or of Azure Pipelines."""


def actor(environment: Mapping[str, str]) -> str:
    """`identity@host`. What the environment says is not proved: Azure's activity log has the identity it let in."""
    named = next((value for name in _IDENTITIES if (value := environment.get(name, "").strip())), "")
    return f"{named or _user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name for this user id, as in many containers
        return "unknown"
