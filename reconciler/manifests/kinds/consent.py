"""Permits one held step, by name, for a while."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    ApiVersion,
    DateText,
    DocumentName,
    Part,
    Problem,
    Words,
    calendar_problem,
    day,
)  # fmt: skip
from reconciler.model import desired
from reconciler.model.span import Places


class ConsentMetadata(Part):
    """What the document is called."""

    name: DocumentName | None = Field(None, description="A name of your own; left out, the place in the file.")


ConsentStep = Literal["shorten-retention", "stop", "undelete"]
"""Every step that a guard may hold and a Consent may permit."""


class ConsentSpec(Part):
    """Which step is permitted, on what, why and until when."""

    step: ConsentStep = Field(description="The guard that holds the step.")
    subject: str = Field(
        pattern="^[a-zA-Z][-a-zA-Z0-9]{1,49}(/[-A-Za-z0-9._()!]+){1,2}$",
        description="`vault/policy`, `vault/vm` or `vault/group/vm`; exactly one, so without `*`.",
        examples=["rsv-prod-weu/daily-30d"],
    )
    reason: Words = Field(description="Why it is right.")
    approver: Words = Field(description="Who permits it.")
    expires: DateText = Field(description="The last day (UTC) on which this holds.")


class ConsentDocument(Part):
    """Permits one held step, by name, for a while: once it was sent, another change of the subject needs another."""

    api_version: ApiVersion
    kind: Literal["Consent"] = Field(description="What the document is.")
    metadata: ConsentMetadata | None = Field(None, description="What the document is called.")
    spec: ConsentSpec = Field(description="Which step is permitted, on what, why and until when.")

    def problems(self) -> list[Problem]:
        """It ends on a day that exists."""
        return calendar_problem(day, self.spec.expires, ("spec", "expires"))

    def value(self, name: str, places: Places) -> desired.Consent:
        """The consent as the planner takes it."""
        spec = self.spec
        return desired.Consent(name, spec.step, spec.subject, spec.reason, spec.approver, day(spec.expires), places)
