"""A folder source over a real folder, a clock that does nothing but count, and hands that write while it reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from reconciler.manifests.builder import MANIFEST_LIMITS
from reconciler.manifests.files import collect
from reconciler.manifests.load import load_texts
from reconciler.sources.folder import FolderSource

VAULT = """\
apiVersion: reconciler/v1
kind: Vault
metadata: {name: %s}
spec: {subscriptionId: 00000000-0000-0000-0000-000000000001, resourceGroup: rg, location: westeurope}
"""


def put(folder: Path, **texts: str) -> None:
    """Write `NAME.yaml` for each; the folder is made where it is missing."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


class Clock:
    """Time moves only by sleeping; `meanwhile` is done during each sleep, one after the other."""

    def __init__(self, meanwhile: Iterable[Callable[[], object]] = ()) -> None:
        self.time = datetime(2027, 1, 15, 12, tzinfo=UTC)
        self.meanwhile = iter(meanwhile)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        next(self.meanwhile, lambda: None)()


def source(*paths: Path, clock: Clock | None = None) -> FolderSource:
    read = partial(collect, paths, most_bytes=MANIFEST_LIMITS.size)
    return FolderSource(paths, clock or Clock(), read=read, load=load_texts)


def names(found: object) -> list[str]:
    """Of the vaults that are declared; none at all where nothing is in force."""
    desired = getattr(found, "desired", None)
    return [] if desired is None else [vault.name for vault in desired.vaults]
