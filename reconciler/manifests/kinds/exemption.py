"""Virtual machines that are deliberately unprotected."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    ApiVersion,
    DateText,
    DocumentName,
    Part,
    Problem,
    VaultName,
    Words,
    calendar_problem,
    day,
)  # fmt: skip
from reconciler.manifests.kinds.selection import (
    Selection,
    VirtualMachines,
    references,
    selection_problems,
    selector,
)  # fmt: skip
from reconciler.model import desired
from reconciler.model.span import Places


class ExemptionMetadata(Part):
    """What the document is called."""

    name: DocumentName | None = Field(None, description="A name of your own; left out, the place in the file.")


class ExemptionSpec(Part):
    """Who is left unprotected, why and until when."""

    vault: VaultName = Field(description="The Vault whose coverage asks for these virtual machines.")
    virtual_machines: VirtualMachines | None = Field(None, description="Virtual machines by name.")
    select: Selection | None = Field(None, description="Virtual machines chosen by what they are.")
    reason: Words = Field(description="Why no backup is needed.")
    owner: Words = Field(description="Who decided it.")
    expires: DateText = Field(description="The last day (UTC) on which this holds.")


class ExemptionDocument(Part):
    """Virtual machines that are deliberately unprotected."""

    api_version: ApiVersion
    kind: Literal["Exemption"] = Field(description="What the document is.")
    metadata: ExemptionMetadata | None = Field(None, description="What the document is called.")
    spec: ExemptionSpec = Field(description="Who is left unprotected, why and until when.")

    def problems(self) -> list[Problem]:
        """Somebody must be meant, until a day that exists."""
        found = selection_problems(self.spec.virtual_machines, self.spec.select)
        return found + calendar_problem(day, self.spec.expires, ("spec", "expires"))

    def value(self, name: str, places: Places) -> desired.Exemption:
        """The exemption as the planner takes it."""
        spec = self.spec
        return desired.Exemption(
            name,
            spec.vault,
            spec.reason,
            spec.owner,
            day(spec.expires),
            references(spec.virtual_machines, places),
            selector(spec.select),
            places,
        )
