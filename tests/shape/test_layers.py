"""Imports point down: the table of the architecture page, kept by a machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reconciler"
RANK = {
    "model": 0,
    "settings": 1,
    "clocks": 1,
    "tracing": 1,
    "interruption": 2,
    "revision": 1,
    "actor": 1,
    "saved_plan": 1,
    "diagnostics": 2,
    "actions": 3,
    "log": 3,
    "planning": 4,
    "azure": 4,
    "store": 4,
    "sources": 4,
    "manifests": 4,
    "vaultserver": 4,
    "engine": 5,
    "web": 5,
    "health": 5,
    "notices": 5,
    "app": 6,
    "rehearsal": 7,
    "watch": 7,
    "demo": 8,
    "cli": 9,
}
ADAPTERS = {"azure", "store", "sources", "manifests", "vaultserver"}
OUTSIDE = {
    "yaml": "manifests",
    "jsonschema": "manifests",
    "azure": "azure",
    "click": "cli",
    "sqlite3": "store",
    "prometheus_client": "health",
    "opentelemetry": "tracing",
    "watchfiles": "sources",
    "dulwich": "sources",
    "paramiko": "sources",
    "sshsig": "sources",
    "urllib3": "sources",
    "jinja2": "web",
    "markupsafe": "web",
}
ALSO = {"sqlite3": "vaultserver", "dulwich": "demo"}
"""Each library has one importer; the embedded vault keeps a database, and the demonstration makes a repository."""


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield node.module or ""
            if node.module == "reconciler":
                yield from (f"reconciler.{alias.name}" for alias in node.names)


def _place(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def _edges() -> list[tuple[str, str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), _place(path), name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for name in sorted(set(_imports(path)))
    ]


EDGES = _edges()


def test_every_place_has_a_rank() -> None:
    places = {here for _, here, _ in EDGES} - {"__init__", "__main__"}
    assert places <= set(RANK)


@pytest.mark.parametrize(("file", "here", "name"), [edge for edge in EDGES if edge[2].startswith("reconciler.")])
def test_import_points_down(file: str, here: str, name: str) -> None:
    there = name.split(".")[1]
    if here in {there, "__main__"} or there.startswith("__"):
        return
    assert RANK[here] > RANK[there], f"{file}: {here} is not above {there}"
    wires = {"app", "cli", "rehearsal", "watch", "demo"}
    assert there not in ADAPTERS or here in wires, f"{file}: only app knows the adapter {there}"
    assert here != "vaultserver", f"{file}: the embedded vault imports nothing of ours"


@pytest.mark.parametrize(("file", "here", "name"), [edge for edge in EDGES if edge[2].split(".")[0] in OUTSIDE])
def test_each_library_has_one_importer(file: str, here: str, name: str) -> None:
    library = name.split(".")[0]
    assert here in {OUTSIDE[library], ALSO.get(library)}, f"{file} imports {name}"


@pytest.mark.parametrize(
    ("file", "here", "name"), [edge for edge in EDGES if edge[1] == "web" and edge[2].startswith("reconciler.")]
)
def test_the_page_knows_values_and_words_only(file: str, here: str, name: str) -> None:
    """What it needs beyond them comes through its ports, so that nothing in it can plan, send or write."""
    assert name.split(".")[1] in {"model", "diagnostics", "web", "__version__"}, f"{file} imports {name}"


@pytest.mark.parametrize(
    ("file", "here", "name"), [edge for edge in EDGES if edge[1] in {"model", "actions", "planning"}]
)
def test_the_core_is_pure(file: str, here: str, name: str) -> None:
    impure = {"asyncio", "io", "logging", "os", "pathlib", "random", "socket", "structlog", "subprocess", "time"}
    assert name.split(".")[0] not in impure, f"{file} imports {name}"
