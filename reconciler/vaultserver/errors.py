"""The error bodies of ARM and of Azure Backup, with the service's own codes and words."""

from __future__ import annotations

from typing import Any


class ArmError(Exception):
    """An answer that refuses: status, code and message as the service would give them."""

    def __init__(self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        return {"error": error_detail(self.code, self.message)}


class ServiceError(ArmError):
    """A refusal by the backup service, whose body carries the empty members that service adds."""

    def body(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"target": None, "details": None, "innerError": None, "additionalInfo": []}
        return {"error": error_detail(self.code, self.message) | empty}


def error_detail(code: str, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


def resource_not_found(kind: str, name: str, group: str) -> ArmError:
    """ARM's own 404, also for any child of a missing vault."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def group_not_found(group: str) -> ArmError:
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def missing_api_version() -> ArmError:
    return ArmError(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def bad_json(reason: str) -> ArmError:
    return ArmError(
        400, "InvalidRequestContent", f"The request content was invalid and could not be deserialized: '{reason}'."
    )


def invalid_input() -> ServiceError:
    return ServiceError(
        400, "BMSUserErrorInvalidInput", "Input provided for the call is invalid\r\nPlease check the required inputs"
    )


def invalid_parameter(name: str) -> ServiceError:
    return ServiceError(
        400,
        "UserErrorInvalidRequestParameter",
        f"One of the parameters given in the request is invalid: '{name}'.\r\n"
        "Please provide a valid value for the parameter and retry the operation.",
    )


def invalid_policy() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorInvalidPolicyInput",
        "Input for create or update policy is not in proper format\r\nPlease check format of parameters like "
        "schedule time, schedule days, retention time and retention days ",
    )


def wrong_policy_provider() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorInvalidPolicyForGivenProvider",
        "Policy is not valid for given provider type.\r\nPlease choose valid policy for given provider.",
    )


def policy_not_found() -> ServiceError:
    return ServiceError(
        404,
        "BMSUserErrorPolicyObjectNotFound",
        "Policy not found.\r\nSelected policy might have been deleted. Please check if policy exists in the vault.",
    )


def policy_in_use() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorPolicyObjectInUse",
        "Policy is in use by one or more protected items.\r\n"
        "Please remove the items from the policy before the policy is deleted.",
    )


def item_not_found() -> ServiceError:
    return ServiceError(
        404,
        "BMSUserErrorDataSourceObjectNotFound",
        "Item not found.\r\nSelected item might have been deleted. Please check if item is registered to the vault.",
    )


def container_not_found() -> ServiceError:
    return ServiceError(
        404,
        "BMSUserErrorContainerObjectNotFound",
        "Container not found.\r\nSelected container might have been deleted. "
        "Please check if container is registered to the vault.",
    )


def job_not_found() -> ServiceError:
    return ServiceError(404, "BMSUserErrorJobNotFound", "Job not found.\r\nPlease check the id of the job.")


def operation_not_found() -> ServiceError:
    return ServiceError(
        404, "BMSUserErrorOperationNotFound", "The operation was not found.\r\nPlease check the id of the operation."
    )


def bad_container_name() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorContainerNameIncorrectFormat",
        "Container name is not in the correct format.\r\nPlease check the name.",
    )


def bad_item_name() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorProtectedItemNameIncorrectFormat",
        "Protected item name is not in the correct format.\r\nPlease check the name.",
    )


def bad_configure_request() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorInvalidConfigureProtectionRequest",
        "Input for configure protection is not in proper format\r\n"
        "Please ensure that container exists and other parameters are in valid format",
    )


def object_locked() -> ServiceError:
    return ServiceError(
        409,
        "BMSUserErrorObjectLocked",
        "Another operation is in progress on the selected item.\r\n"
        "Please wait for the other operation to complete and retry after some time.",
    )


def immutable_item() -> ServiceError:
    return ServiceError(
        400,
        "UserErrorOperationDeniedOnImmutableItem",
        "The operation is not allowed as it could lead to loss of backups on an immutable item.\r\n"
        "Please check the immutability settings of the vault.",
    )


def wrong_location(name: str, present: str, wanted: str) -> ArmError:
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{present}'. "
        f"A resource with the same name cannot be created in location '{wanted}'.",
    )


def vault_not_empty(vault: str, items: str) -> ArmError:
    return ArmError(
        400,
        "ServiceResourceNotEmptyWithContainerDetails",
        f"Vault cannot be deleted as there are existing resources within the vault. {vault} : {items}\r\n"
        "Please ensure all containers have been unregistered from the vault and all private endpoints associated with "
        "the vault have been deleted, and retry operation.",
    )


def vault_holds_soft_deleted(vault: str) -> ArmError:
    return ArmError(
        400,
        "ServiceResourceNotEmptyWithBackendMessage",
        "Recovery Services vault cannot be deleted as there are backup items in soft deleted state in the vault "
        f"{vault}. The soft deleted items are permanently deleted after 14 days of delete operation.",
    )


def always_on() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorSoftDeleteStateNotSetToAlwaysON",
        "Soft delete of this vault is always on and cannot be changed.\r\nPlease keep the state AlwaysON.",
    )


def redundancy_locked() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorRedundancySettingsUseVaultApi",
        "The redundancy of the vault cannot be changed once items are protected.\r\nPlease use another vault.",
    )


def not_cancellable() -> ServiceError:
    return ServiceError(
        400,
        "BMSUserErrorJobNotCancellable",
        "The job is not cancellable in its current state.\r\n"
        "A backup can be cancelled only while its snapshot is taken.",
    )


def backup_runs() -> ServiceError:
    return ServiceError(
        400,
        "UserErrorBackupOperationInProgress",
        "Another backup operation is currently in progress on the selected item.\r\n"
        "Please wait for it to complete and retry the operation.",
    )


def not_protected() -> ServiceError:
    return ServiceError(
        400,
        "UserErrorBcmDatasourceNotPresent",
        "The virtual machine is not actively protected by Azure Backup.\r\nPlease resume its protection and retry.",
    )


def too_many_backups() -> ServiceError:
    return ServiceError(
        400,
        "CloudDosAbsoluteLimitReached",
        "The limit of operations of this kind in 24 hours has been reached.\r\nPlease retry after 24 hours.",
    )


def unknown_policy() -> ServiceError:
    """A protection request that names a policy the vault does not have."""
    return ServiceError(
        400,
        "BMSUserErrorPolicyObjectNotFound",
        "Policy not found.\r\nSelected policy might have been deleted. Please check if policy exists in the vault.",
    )


def point_not_found() -> ServiceError:
    return ServiceError(
        404, "BMSUserErrorRecoveryPointNotFound", "Recovery point not found.\r\nPlease list them again."
    )


def restore_runs() -> ServiceError:
    return ServiceError(
        400,
        "UserErrorRestoreOperationInProgress",
        "Another restore operation is currently in progress on the selected item.\r\nPlease wait for it to complete.",
    )
