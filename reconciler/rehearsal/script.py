"""A scenario as it is written: an estate, the manifests, and steps with what each has to show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from reconciler.manifests.reader import read_document

Column = Literal["predicted", "met", "classified", "acted on", "healed"]
COLUMNS: tuple[Column, ...] = ("predicted", "met", "classified", "acted on", "healed")
SCENARIOS = Path(__file__).with_name("scenarios")


class ScenarioError(ValueError):
    """A scenario that cannot be played; the text says which and why."""


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the service says: its code, and words that its message has."""

    code: str
    words: str


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """One thing that is done, and what has to be so afterwards. Machines are given by their bare names.

    `do` is `dry-run`, `apply`, `commit` (of other `manifests`), or what `reconcile vault` takes: `set VM FACT=VALUE…`,
    `portal …`, `advance 2 days`, `fault OPERATION CODE [TIMES [VM]]`. `meanwhile` is done between the look of an apply
    and its first request.
    """

    do: str
    meanwhile: str = ""
    manifests: str = ""
    shows: tuple[Column, ...] = ()
    cell: str = ""
    """What the table prints for the columns that this step shows, once it has shown them."""
    predicted: Mapping[str, tuple[str, ...]] | None = None
    """By machine or vault, the rows that its steps are told to meet; all of them."""
    findings: Mapping[str, tuple[str, ...]] | None = None
    """By row, the subjects of the errors and warnings; all of them."""
    basis: str = ""
    outcomes: Mapping[str, str] | None = None
    """By `action subject`, the outcome and its row, such as `failed register-vm-not-running`; those not `done`."""
    answered: Mapping[str, str] | None = None
    """The codes of the refusals that the vault gave, each with the row that the engine takes it for; all of them."""
    azure: Mapping[str, Said] = {}
    """By machine or vault, what the service said in the outcome or in a finding."""
    writes: Mapping[str, int] = {}
    """All requests of the step that change something, such as `PUT protectedItems: 2`."""
    jobs: Mapping[str, int] | None = None
    """By `operation status`, the jobs that ended meanwhile; all of them."""
    protected: tuple[str, ...] | None = None
    """The machines that vaults protect after it; all of them."""
    health: Mapping[str, str] = {}
    """By machine, the code in its item's health details."""


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """`unforeseen` says why a dry run cannot foresee the row, and is empty for those that it can."""

    row: str
    number: int
    cause: str
    estate: dict[str, Any]
    manifests: str
    steps: tuple[Step, ...]
    unforeseen: str = ""


def read(path: Path) -> Scenario:
    """A scenario file, read as strictly as a manifest; ScenarioError."""
    found = read_document(path.read_bytes(), path.name)
    if found.diagnostics:
        first = found.diagnostics[0]
        raise ScenarioError(f"{first.span}: {first.message}")
    try:
        return msgspec.convert(found.data, Scenario)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"{path.name}: {error}") from error


def shipped() -> tuple[Scenario, ...]:
    """The scenarios of the thirteen rows, in their order."""
    return tuple(read(path) for path in sorted(SCENARIOS.glob("*.yaml")))
