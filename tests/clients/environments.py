"""A virtual environment for each client, made once and kept in a cache folder."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.clients.scenario import run

VARIABLE = "RECONCILE_CLIENTS"
"""Names the folder with the prepared environments; unset, a run makes them in the user's cache folder."""

_INSTALL_SECONDS = 1800
_READY = "ready"


def folder() -> Path:
    given = os.environ.get(VARIABLE)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(given) if given else cache / "reconcile" / "clients"


def prepared(client: str) -> Path | None:
    """The client's environment when it is complete."""
    environment = folder() / client
    return environment if (environment / _READY).exists() else None


def prepare(client: str, packages: Sequence[str], requirements: str = "") -> Path:
    """The client's environment, installed from the package index when it is not there or its packages changed.

    `requirements` is a further list of packages, a path inside the environment's site-packages.
    """
    environment = folder() / client
    wanted = hashlib.sha256("\n".join((*packages, requirements)).encode()).hexdigest()
    mark = environment / _READY
    if mark.exists() and mark.read_text() == wanted:
        return environment
    environment.parent.mkdir(parents=True, exist_ok=True)
    mark.unlink(missing_ok=True)
    run([sys.executable, "-m", "venv", "--clear", environment], {}, environment.parent)
    install: list[str | Path] = [environment / "bin" / "python", "-m", "pip", "install", "--quiet"]
    run([*install, *packages], {}, environment, _INSTALL_SECONDS)
    if requirements:
        found = next(environment.glob(f"lib/python*/site-packages/{requirements}"))
        run([*install, "-r", found], {}, environment, _INSTALL_SECONDS)
    mark.write_text(wanted)
    return environment
