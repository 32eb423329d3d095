"""Hands off virtual machines, or a whole vault, for a while."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    ApiVersion,
    DocumentName,
    InstantText,
    Part,
    Problem,
    VaultName,
    Words,
    calendar_problem,
    instant,
)  # fmt: skip
from reconciler.manifests.kinds.selection import (
    VirtualMachines,
    machine_problems,
    references,
)  # fmt: skip
from reconciler.model import desired
from reconciler.model.span import Places


class PauseMetadata(Part):
    """What the document is called."""

    name: DocumentName | None = Field(None, description="A name of your own; left out, the place in the file.")


class PauseSpec(Part):
    """What is left alone, why and until when."""

    vault: VaultName = Field(description="The Vault.")
    virtual_machines: VirtualMachines | None = Field(
        None, description="Virtual machines by name; left out, everything in the vault."
    )
    reason: Words = Field(description="Why nothing may be changed.")
    owner: Words = Field(description="Who decided it.")
    until: InstantText = Field(description="The instant at which it ends, with `Z` or an offset.")


class PauseDocument(Part):
    """Hands off virtual machines, or a whole vault, for a while."""

    api_version: ApiVersion
    kind: Literal["Pause"] = Field(description="What the document is.")
    metadata: PauseMetadata | None = Field(None, description="What the document is called.")
    spec: PauseSpec = Field(description="What is left alone, why and until when.")

    def problems(self) -> list[Problem]:
        """It ends at an instant that exists."""
        found = machine_problems(self.spec.virtual_machines)
        return found + calendar_problem(instant, self.spec.until, ("spec", "until"))

    def value(self, name: str, places: Places) -> desired.Pause:
        """The pause as the planner takes it."""
        spec = self.spec
        machines = references(spec.virtual_machines, places)
        return desired.Pause(name, spec.vault, spec.reason, spec.owner, instant(spec.until), machines, places)
