"""Why an operation on a virtual machine fails: the service's codes, numbers, words and advice."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.vaultserver.records import Json


class Failure(NamedTuple):
    """A cause as jobs, operations and checks report it; `number` is the job's numeric code."""

    code: str
    number: int
    text: str
    advice: str = ""

    def job_error(self) -> Json:
        return {
            "errorCode": self.number,
            "errorTitle": self.code,
            "errorString": self.text,
            "recommendations": [self.advice] if self.advice else [],
        }

    def operation_error(self) -> Json:
        return {"code": self.code, "message": f"{self.text}\r\n{self.advice}" if self.advice else self.text}


VM_OFFLINE = Failure(
    "AzureVmOffline",
    380008,
    "Failed to install the Azure Recovery Services extension on the selected item as the virtual machine "
    "is not running.",
    "Start the virtual machine, make sure that the VM agent is ready, and retry the operation.",
)
AGENT_UNAVAILABLE = Failure(
    "UserErrorGuestAgentStatusUnavailable",
    400153,
    "Could not communicate with the VM agent for snapshot status.",
    "Ensure that the VM agent is installed, up to date and running, and that the virtual machine has network access.",
)
NO_NETWORK = Failure(
    "ExtensionSnapshotFailedNoNetwork",
    400083,
    "Snapshot operation failed due to no network connectivity on the virtual machine.",
    "Ensure that the virtual machine has network access and that its DNS servers resolve Azure addresses.",
)
SNAPSHOT_TIMEOUT = Failure(
    "GuestAgentSnapshotTaskStatusError",
    400001,
    "Could not communicate with the VM agent for snapshot status. Snapshot VM sub task timed out.",
    "Retry the operation. If the issue persists, check the VM agent and its access to Azure.",
)
VM_GONE = Failure(
    "ResourceNotFound",
    320001,
    "Could not perform the operation as VM no longer exists.",
    "Stop protection of the virtual machine and keep or delete its backup data.",
)
VM_UNKNOWN = Failure(
    "UserErrorVmNotFoundV2",
    400094,
    "The virtual machine does not exist, or it was moved to another resource group or subscription.",
    "Select a virtual machine that exists.",
)
BAD_STATE = Failure(
    "UserErrorVmProvisioningStateFailed",
    400101,
    "The virtual machine is in failed provisioning state.",
    "Bring the virtual machine into a succeeded provisioning state and retry the operation.",
)
WRONG_REGION = Failure(
    "UserErrorVmVaultLocationMismatch",
    400114,
    "The virtual machine and the vault are in different regions.",
    "Use a vault in the region of the virtual machine.",
)
ELSEWHERE = Failure(
    "VirtualMachineAlreadyProtected",
    400143,
    "Virtual machine is already registered\\registering with another recovery services vault, "
    "or it is soft-deleted there.",
    "Stop protection in the other vault, delete the backup data there and retry the operation.",
)
VAULT_FULL = Failure(
    "UserErrorProtectionQuotaExceeded",
    400095,
    "The number of items protected in the vault has reached its limit.",
    "Use another vault.",
)
TOO_MANY_DISKS = Failure(
    "UserErrorBCMUnsupportedDiskCount",
    400035,
    "The number of data disks on the virtual machine exceeded the supported limit.",
    "Detach data disks or exclude some of them from the backup.",
)
DISK_TOO_LARGE = Failure(
    "UserErrorUnsupportedDiskSize",
    400098,
    "A disk of the virtual machine is larger than the supported size of 32 TB.",
    "Split the disk and retry the operation.",
)
OLD_OS = Failure(
    "UserErrorUnSupportedDistribution",
    400120,
    "The operating system of the virtual machine is not supported.",
    "Move to a supported operating system.",
)
AGENT_ABSENT = Failure(
    "GuestAgentCertificateNotFound",
    400066,
    "Virtual machine guest agent certificate not found.",
    "Install the latest version of the VM agent in the virtual machine and retry the operation.",
)
AGENT_OLD = Failure(
    "UserErrorGuestAgentVersionUnsupported",
    400164,
    "The version of the VM agent in the virtual machine is not supported.",
    "Install the latest version of the VM agent in the virtual machine and retry the operation.",
)
BACKUP_RUNS = Failure(
    "UserErrorBackupOperationInProgress",
    400131,
    "Another backup operation is currently in progress on the selected item.",
    "Please wait for it to complete and retry the operation.",
)
RESTORE_RUNS = Failure(
    "UserErrorRestoreOperationInProgress",
    400132,
    "The command failed because another operation is currently in progress on this item: a restore.",
    "Please wait for it to complete and retry the operation.",
)
CANCELLED = Failure(
    "UserErrorJobSuccessfullyCancelled",
    400158,
    "The user has cancelled this operation.",
    "Trigger the operation again if it is still wanted.",
)
DISCOVERY_RUNS = Failure(
    "DiscoveryInProgress",
    410002,
    "Another discovery operation is currently in progress. Please wait until it completes.",
)

PREVIEW_NOT_RUNNING = Failure(
    "VMNotInRunningStateUserError",
    400096,
    "The virtual machine is not in a state to install extension. The extension needs a running virtual machine.",
    "Start the virtual machine and register it again when it is in the running state.",
)
PREVIEW_TOO_MANY_DISKS = Failure(
    "UserErrorBCMUnsupportedDiskCount",
    400035,
    "Number of data disks attached to the virtual machine exceeded the supported limit of 5.",
    "Please detach some data disks from this virtual machine and retry the operation.",
)
PREVIEW_INTERNAL = Failure(
    "CloudInternalError",
    130001,
    "Azure Backup service encountered an internal error.",
    "Wait for a few minutes and then try the operation again. If the issue persists, contact Microsoft support.",
)
PREVIEW_NO_AGENT = Failure(
    "GuestAgentCertificateNotFound",
    400066,
    "Virtual machine guest agent certificate not found.",
    "Install the latest version of the VM agent, 2.6.1198.718 or later, and register the virtual machine again.",
)
PREVIEW_AGENT_TIMEOUT = Failure(
    "UserErrorUnSupportedDistribution",
    400120,
    "Registration failed with install agent operation timeout.",
    "Check that the operating system of the virtual machine is supported.",
)
PREVIEW_NO_EXTENSION = Failure(
    "ExtensionInstallationFailure",
    400060,
    "Failed to install the Azure Recovery Services extension on the selected item. VM agent is a prerequisite.",
    "Install the Azure VM agent and restart the registration operation.",
)
PREVIEW_TOO_MUCH_DATA = Failure(
    "BackUpOperationFailed",
    400015,
    "Backup failed with an internal error.",
    "Please retry the operation in a few minutes. If the problem persists, contact Microsoft support.",
)
PREVIEW_COPY_TIMEOUT = Failure(
    "CopyingVHDsFromBackUpVaultTakingLongTime",
    400017,
    "Copying VHDs from the backup vault timed out.",
    "Please retry the operation in a few minutes. If the problem persists, contact Microsoft support.",
)
