"""A plan kept in a file: written for this user only, read as something anybody may have forged.

Nothing in the file is carried out. Applying it makes the plan anew and compares; the file can only forbid.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from reconciler import __version__
from reconciler.model.brief import brief
from reconciler.model.call import Json

LARGEST = 64 * 1024 * 1024
LIFETIME = timedelta(days=7)
"""How long a plan may be applied after it was made; older ones rest on a world that nobody remembers."""
_KIND = "reconcile-plan"


class SavedPlanError(Exception):
    """The file is no plan of ours; the message says why."""


class StalePlanError(Exception):
    """The plan may not be applied here and now, whatever the world looks like."""


class _Config(msgspec.Struct, frozen=True):
    digest: str = ""
    revision: str | None = None


class _Step(msgspec.Struct, frozen=True):
    id: str


class _Document(msgspec.Struct, frozen=True):
    kind: str
    format_version: str
    tool_version: str
    cloud: str
    taken_at: datetime
    digest: str
    config: _Config
    steps: list[_Step]
    targets: list[str]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What is taken from a file: nothing but values to compare, and targets, which only narrow."""

    tool_version: str
    cloud: str
    taken_at: datetime
    digest: str
    config_digest: str
    steps: tuple[str, ...]
    targets: tuple[str, ...]

    def require_fresh(self, *, cloud: str, now: datetime) -> None:
        """Raises StalePlanError where another tool, another cloud or too much time stands between plan and apply."""
        if self.tool_version != __version__:
            raise StalePlanError(f"it was made by version {brief(self.tool_version)}, and this is {__version__}")
        if self.cloud != cloud:
            raise StalePlanError(f"it was made for the cloud {brief(self.cloud)}, and this is {cloud}")
        if not -timedelta(days=1) <= now - self.taken_at <= LIFETIME:
            raise StalePlanError(f"it was made at {self.taken_at.isoformat(' ')}; a plan lives {LIFETIME.days} days")


def write(path: Path, document: Mapping[str, Json], targets: tuple[str, ...]) -> None:
    """Keep a plan document; raises OSError."""
    content = {"kind": _KIND, "targets": sorted(targets), **document}
    replace_file(path, json.dumps(content, indent=2) + "\n", mode=0o600)


def read(path: Path) -> SavedPlan:
    """Raises SavedPlanError."""
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise SavedPlanError(f"it cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise SavedPlanError(f"it is larger than {LARGEST // (1024 * 1024)} MiB")
    try:
        found = msgspec.json.decode(data, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SavedPlanError(f"it is not a plan that `reconcile --dry-run --out` wrote: {error}") from error
    if found.kind != _KIND or found.taken_at.tzinfo is None:
        raise SavedPlanError("it is not a plan that `reconcile --dry-run --out` wrote")
    if found.format_version.partition(".")[0] != "1":
        raise SavedPlanError(f"its format is {brief(found.format_version)}, and this version reads 1.x")
    return SavedPlan(
        found.tool_version,
        found.cloud,
        found.taken_at,
        found.digest,
        found.config.digest,
        tuple(step.id for step in found.steps),
        tuple(found.targets),
    )


def replace_file(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all, following no link that stands in its place; raises OSError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
