"""Which virtual machines are protected, and how."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    ApiVersion,
    DocumentName,
    Hours,
    Part,
    PolicyName,
    Problem,
    VaultName,
    amount,
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

_Count = Annotated[int, Field(ge=0, le=1_000_000)]


class ProtectionMetadata(Part):
    """What the document is called."""

    name: DocumentName = Field(description="A name of your own, unique among Protections.")


class Expect(Part):
    """The brake on a selector: outside of these numbers nothing is changed."""

    min: _Count | None = Field(None, description="The fewest virtual machines that may be meant.")
    max: _Count | None = Field(None, description="The most virtual machines that may be meant.")


class Objective(Part):
    """What is wanted of the recovery points."""

    recovery_point_age: Hours | None = Field(None, description="How old the newest recovery point may become.")
    consistency: Annotated[desired.Consistency, Field(strict=False)] | None = Field(
        None, description="The weakest consistency that will do."
    )


class ProtectionSpec(Part):
    """Who is protected, where and how."""

    vault: VaultName = Field(description="The Vault that keeps the backups.")
    policy: PolicyName = Field(description="The BackupPolicy; it must name the vault.")
    virtual_machines: VirtualMachines | None = Field(None, description="Virtual machines by name.")
    select: Selection | None = Field(None, description="Virtual machines chosen by what they are.")
    expect: Expect | None = Field(None, description="The brake: how many virtual machines may be meant.")
    priority: Annotated[int, Field(ge=-1000, le=1000)] = Field(
        0, description="Where two Protections mean one virtual machine, the higher wins; a tie is an error."
    )
    drift: Annotated[desired.Drift, Field(strict=False)] = Field(
        desired.Drift.CORRECT, description="Whether a change made elsewhere is put right or only reported."
    )
    if_stopped: Annotated[desired.IfStopped, Field(strict=False)] = Field(
        desired.IfStopped.FAIL,
        description="A stopped virtual machine cannot be registered: fail, or start it, register, put it back.",
    )
    objective: Objective | None = Field(None, description="What is wanted of the recovery points.")


class ProtectionDocument(Part):
    """Virtual machines that are protected by a policy in a vault."""

    api_version: ApiVersion
    kind: Literal["Protection"] = Field(description="What the document is.")
    metadata: ProtectionMetadata = Field(description="What the document is called.")
    spec: ProtectionSpec = Field(description="Who is protected, where and how.")

    def problems(self) -> list[Problem]:
        """Somebody must be meant, and the brake must be possible."""
        spec, expect = self.spec, self.spec.expect
        found = selection_problems(spec.virtual_machines, spec.select)
        if expect and expect.min is not None and expect.max is not None and expect.min > expect.max:
            message = f"min {expect.min} is more than max {expect.max}"
            found.append(Problem(("spec", "expect", "min"), message, "swap the two"))
        return found

    def value(self, name: str, places: Places) -> desired.Protection:
        """The protection as the planner takes it."""
        spec, expect, aim = self.spec, self.spec.expect, self.spec.objective
        return desired.Protection(
            name,
            spec.vault,
            spec.policy,
            references(spec.virtual_machines, places),
            selector(spec.select),
            desired.Expect(expect.min, expect.max) if expect else None,
            spec.priority,
            spec.drift,
            spec.if_stopped,
            desired.Objective(amount(aim.recovery_point_age) or None, aim.consistency) if aim else None,
            places,
        )
