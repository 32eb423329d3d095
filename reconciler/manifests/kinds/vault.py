"""A Recovery Services vault."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reconciler.manifests.kinds.fields import (
    ApiVersion,
    Days,
    Glob,
    GroupName,
    Location,
    Part,
    Problem,
    SubscriptionId,
    TagMap,
    VaultName,
    amount,
    distinct,
    tags,
)  # fmt: skip
from reconciler.model import desired
from reconciler.model.span import Places


class VaultMetadata(Part):
    """What the vault is called."""

    name: VaultName = Field(description="The vault's name in Azure.")


class SoftDelete(Part):
    """How long deleted backups are kept; may be strengthened, never weakened."""

    state: Annotated[desired.SoftDeleteState, Field(strict=False)] = Field(description="Whether soft delete is on.")
    retention: Days | None = Field(None, description="How long a deleted backup can be brought back.")


class Coverage(Part):
    """Whose virtual machines must be protected or exempted; every condition given must hold."""

    require: bool = Field(description="Whether an unprotected virtual machine is an error (`true`) or only counted.")
    resource_groups: list[Glob] | None = Field(None, min_length=1, description="Resource groups, `*` as in a shell.")
    tags: TagMap | None = Field(None, description="Tag name to the values of which any will do.")


class VaultSpec(Part):
    """Where the vault is and what must be so."""

    subscription_id: SubscriptionId = Field(description="The subscription of the vault and its virtual machines.")
    resource_group: GroupName = Field(description="The resource group of the vault.")
    location: Location = Field(description="The Azure region, as `az account list-locations` names it.")
    generation: Annotated[desired.Generation, Field(strict=False)] = Field(
        desired.Generation.CURRENT, description="The service: today's, or that of the 2015 preview with its limits."
    )
    create: bool = Field(default=False, description="Whether the vault is made when it is missing.")
    redundancy: Literal["LocallyRedundant", "ZoneRedundant", "GeoRedundant"] | None = Field(
        None, description="Where copies are kept; read and reported, set only at creation."
    )
    soft_delete: SoftDelete | None = Field(None, description="Soft delete; may be strengthened, never weakened.")
    coverage: Coverage | None = Field(None, description="Whose virtual machines must be protected or exempted.")


class VaultDocument(Part):
    """A Recovery Services vault that holds backups."""

    api_version: ApiVersion
    kind: Literal["Vault"] = Field(description="What the document is.")
    metadata: VaultMetadata = Field(description="What the vault is called.")
    spec: VaultSpec = Field(description="Where the vault is and what must be so.")

    def problems(self) -> list[Problem]:
        """The preview's service makes no vaults any more."""
        if self.spec.create and self.spec.generation is desired.Generation.PREVIEW_2015:
            message = "a vault of the 2015 preview cannot be created any more"
            return [Problem(("spec", "create"), message, "delete `create`, or write `generation: Current`")]
        return []

    def value(self, name: str, places: Places) -> desired.Vault:
        """The vault as the planner takes it."""
        spec, soft, cover = self.spec, self.spec.soft_delete, self.spec.coverage
        return desired.Vault(
            name,
            spec.subscription_id,
            spec.resource_group,
            spec.location,
            spec.generation,
            spec.create,
            spec.redundancy,
            desired.SoftDelete(soft.state, amount(soft.retention) or None) if soft else None,
            desired.CoverageScope(cover.require, distinct(cover.resource_groups), tags(cover.tags)) if cover else None,
            places,
        )
