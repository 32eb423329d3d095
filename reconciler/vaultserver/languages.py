"""The service's words in Traditional Chinese, for clients that ask for them by Accept-Language."""

from __future__ import annotations

import re
from typing import Any

import msgspec

CHINESE = {
    "Failed to discover new items: Microsoft Azure Backup encountered an internal error.": (
        "無法探索新的項目：Microsoft Azure 備份發生內部錯誤。"
    ),
    "Wait for 15 minutes and then try the operation again.": "請等候 15 分鐘，然後再試一次此作業。",
    "Another discovery operation is currently in progress. Please wait until it completes.": (
        "另一個探索作業目前正在進行。請等候它完成。"
    ),
    "The virtual machine is not in a state to install extension. The extension needs a running virtual machine.": (
        "虛擬機器未處於可安裝擴充功能的狀態。此擴充功能需要執行中的虛擬機器。"
    ),
    "Start the virtual machine and register it again when it is in the running state.": (
        "請啟動虛擬機器，並在它處於執行中狀態時再次註冊。"
    ),
    "Failed to install the Azure Recovery Services extension on the selected item as the virtual machine is not "
    "running.": "虛擬機器未處於可安裝擴充功能的狀態，因為它不在執行中。",
    "Start the virtual machine, make sure that the VM agent is ready, and retry the operation.": (
        "請啟動虛擬機器，確定 VM 代理程式已就緒，然後再試一次此作業。"
    ),
    "Number of data disks attached to the virtual machine exceeded the supported limit of 5.": (
        "連接至虛擬機器的資料磁碟數目超過支援的上限 5。"
    ),
    "Please detach some data disks from this virtual machine and retry the operation.": (
        "請從此虛擬機器卸離一些資料磁碟，然後再試一次此作業。"
    ),
    "The number of data disks on the virtual machine exceeded the supported limit.": (
        "虛擬機器的資料磁碟數目超過支援的上限。"
    ),
    "Azure Backup service encountered an internal error.": "Azure 備份服務遇到內部錯誤。",
    "Microsoft Azure Backup encountered an internal error.": "Microsoft Azure 備份遇到內部錯誤。",
    "Wait for a few minutes and then try the operation again. If the issue persists, contact Microsoft support.": (
        "請等候幾分鐘，然後再試一次此作業。如果問題持續發生，請連絡 Microsoft 支援服務。"
    ),
    "Wait for a few minutes and then try the operation again.": "請等候幾分鐘，然後再試一次此作業。",
    "Virtual machine guest agent certificate not found.": "找不到虛擬機器客體代理程式憑證。",
    "Install the latest version of the VM agent, 2.6.1198.718 or later, and register the virtual machine again.": (
        "請安裝 2.6.1198.718 或更新的最新版 VM 代理程式，然後再次註冊虛擬機器。"
    ),
    "Install the latest version of the VM agent in the virtual machine and retry the operation.": (
        "請在虛擬機器中安裝最新版的 VM 代理程式，然後再試一次此作業。"
    ),
    "Registration failed with install agent operation timeout.": "註冊失敗，因為安裝代理程式作業逾時。",
    "Check that the operating system of the virtual machine is supported.": "請檢查虛擬機器的作業系統是否受到支援。",
    "Another operation is in progress on the selected item.": "此命令失敗，因為另一項作業正在此項目上進行。",
    "Please wait for the other operation to complete and retry after some time.": ("請等候該作業完成，稍後再試一次。"),
    "Copying VHDs from the backup vault timed out.": "從備份保存庫複製 VHD 已逾時。",
    "Please retry the operation in a few minutes. If the problem persists, contact Microsoft support.": (
        "請在幾分鐘後再試一次此作業。如果問題持續發生，請連絡 Microsoft 支援服務。"
    ),
    "Could not communicate with the VM agent for snapshot status. Snapshot VM sub task timed out.": (
        "無法與 VM 代理程式通訊以取得快照狀態。快照 VM 子工作已逾時。"
    ),
    "Snapshot VM sub task timed out.": "快照 VM 子工作已逾時。",
    "Retry the operation. If the issue persists, check the VM agent and its access to Azure.": (
        "請再試一次此作業。如果問題持續發生，請檢查 VM 代理程式及其對 Azure 的存取。"
    ),
    "Backup failed with an internal error.": "備份因為內部錯誤而失敗。",
    "Could not perform the operation as VM no longer exists.": "備份因為內部錯誤而失敗：虛擬機器已不存在。",
    "Stop protection of the virtual machine and keep or delete its backup data.": (
        "請停止保護此虛擬機器，並保留或刪除其備份資料。"
    ),
    "Failed to install the Azure Recovery Services extension on the selected item. VM agent is a prerequisite.": (
        "無法在選取的項目上安裝 Azure 復原服務延伸模組。VM 代理程式是必要條件。"
    ),
    "Install the Azure VM agent and restart the registration operation.": (
        "請安裝 Azure VM 代理程式，然後重新開始註冊作業。"
    ),
    "Another backup operation is currently in progress on the selected item.": (
        "此命令失敗，因為另一項作業目前正在此項目上進行：備份。"
    ),
    "The command failed because another operation is currently in progress on this item: a restore.": (
        "此命令失敗，因為另一項作業目前正在此項目上進行：還原。"
    ),
    "Please wait for it to complete and retry the operation.": "請等候它完成，然後再試一次此作業。",
}
"""By the English sentence; the thirteen rows of the source document, whose readers had them in this language."""

_TRADITIONAL = re.compile(r"zh-(tw|hant|hk)\b", re.ASCII)


def wants_chinese(accept_language: str) -> bool:
    """Whether the first language of an Accept-Language header is Traditional Chinese."""
    first = accept_language.lower().partition(",")[0].partition(";")[0].strip()
    return _TRADITIONAL.match(first) is not None


def in_chinese(body: bytes) -> bytes:
    """A JSON answer whose known sentences are translated; a text that is not known stays as it is."""
    return msgspec.json.encode(_translated(msgspec.json.decode(body)))


def _translated(value: Any) -> Any:
    match value:
        case str():
            return "\r\n".join(CHINESE.get(line, line) for line in value.split("\r\n"))
        case list():
            return [_translated(entry) for entry in value]
        case dict():
            return {name: _translated(entry) for name, entry in value.items()}
        case _:
            return value
