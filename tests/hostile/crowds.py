"""Folders of very many files: they take their time, and no more memory than a machine has."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.manifests.contents import MOST_FILES
from reconciler.manifests.load import load
from tests.hostile.kind import Kind, Said, case_of
from tests.hostile.manifests import TODAY

_FORM = """apiVersion: reconciler/v1
kind: Vault
metadata: {{name: rsv-{0}}}
spec: {{subscriptionId: 00000000-0000-0000-0000-000000000001, resourceGroup: rg, location: westeurope}}
"""
EXPECTED = {1_000: "loaded", MOST_FILES: "loaded", MOST_FILES + 1: "yaml-too-large"}


class Crowds(Kind):
    name, module, cpu, memory = "crowd", __name__, 300, 3 << 30

    def cases(self) -> Iterator[str]:
        return (case_of("files", number) for number in EXPECTED)

    @contextmanager
    def made(self, case: str) -> Iterator[bytes]:
        folder = Path(tempfile.mkdtemp(prefix="crowd-"))
        try:
            for number in range(int(case.split(" ")[1])):
                (folder / f"{number}.yaml").write_text(_FORM.format(number))
            yield os.fsencode(folder)
        finally:
            shutil.rmtree(folder)

    def warm(self) -> None:
        """What it loads is little beside what it reads."""

    def read(self, content: bytes) -> Said:
        loaded = load([Path(os.fsdecode(content))], today=TODAY)
        codes = sorted({one.code for one in loaded.diagnostics})
        return {"outcome": " ".join(codes) or "loaded", "wrong": []}

    def judged(self, case: str, said: Said) -> Iterator[str]:
        wanted = EXPECTED[int(case.split(" ")[1])]
        if said["outcome"] != wanted:
            yield f"I-31: {wanted} was expected, and not {said['outcome']}"


KIND = Crowds()
