"""Virtual machines that are backed up no more; their recovery points are kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    ApiVersion,
    DocumentName,
    Part,
    Problem,
    VaultName,
    Words,
)  # fmt: skip
from reconciler.manifests.kinds.selection import (
    VirtualMachines,
    machine_problems,
    references,
)  # fmt: skip
from reconciler.model import desired
from reconciler.model.span import Places


class RetirementMetadata(Part):
    """What the document is called."""

    name: DocumentName | None = Field(None, description="A name of your own; left out, the place in the file.")


class RetirementSpec(Part):
    """Whose protection is stopped, and why."""

    vault: VaultName = Field(description="The Vault that keeps the recovery points.")
    virtual_machines: VirtualMachines = Field(description="Virtual machines, by name only.")
    reason: Words = Field(description="Why no further backup is taken.")
    owner: Words = Field(description="Who decided it.")


class RetirementDocument(Part):
    """Virtual machines that are backed up no more; their recovery points are kept."""

    api_version: ApiVersion
    kind: Literal["Retirement"] = Field(description="What the document is.")
    metadata: RetirementMetadata | None = Field(None, description="What the document is called.")
    spec: RetirementSpec = Field(description="Whose protection is stopped, and why.")

    def problems(self) -> list[Problem]:
        """A VM is in a resource group or in a cloud service."""
        return machine_problems(self.spec.virtual_machines)

    def value(self, name: str, places: Places) -> desired.Retirement:
        """The retirement as the planner takes it."""
        spec = self.spec
        machines = references(spec.virtual_machines, places)
        return desired.Retirement(name, spec.vault, machines, spec.reason, spec.owner, places)
