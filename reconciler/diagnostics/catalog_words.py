"""The fixed words around the rows of the troubleshooting table: facts, actors and retry rules, in both languages."""

from __future__ import annotations

from reconciler.diagnostics.language import Language

WHO = {
    "vm-owner": "the owner of the VM",
    "backup-operator": "whoever runs the backups",
    "subscription-owner": "the owner of the subscription",
    "author": "the author of the YAML",
    "azure": "Azure: it passes by itself",
    "nobody": "nobody",
}
WHO_ZH = {
    "vm-owner": "VM 的擁有者",
    "backup-operator": "負責備份的人",
    "subscription-owner": "訂用帳戶的擁有者",
    "author": "YAML 的作者",
    "azure": "Azure：會自行恢復",
    "nobody": "不需要任何人",
}

OBSERVED_FACTS = {
    "agent": ("the VM agent: present and ready", "VM 代理程式：存在且就緒"),
    "agent-version": ("the version of the VM agent", "VM 代理程式的版本"),
    "azure-check": ("Azure's own check before protection", "Azure 在保護前自己的檢查"),
    "data-disks": ("the number of data disks", "資料磁碟的數目"),
    "held-by": ("the vault that holds the VM", "保護這部 VM 的保存庫"),
    "immutability": ("the immutability of the vault", "保存庫的不可變性"),
    "jobs": ("the running jobs of the VM", "這部 VM 執行中的作業"),
    "load-balancer": ("membership in a load balancer", "是否在負載平衡器之後"),
    "location": ("the regions of VM and vault", "VM 與保存庫的區域"),
    "nics": ("the number of network interfaces", "網路介面的數目"),
    "os": ("the operating system and its version", "作業系統及其版本"),
    "policy-tier": ("the tier of the policy", "原則的層級"),
    "power": ("the power state of the VM", "VM 的電源狀態"),
    "provisioning-state": ("the provisioning state of the VM", "VM 的佈建狀態"),
    "quota": ("the room left in the vault", "保存庫剩餘的空間"),
    "resource-guard": ("the resource guard of the vault", "保存庫的 Resource Guard"),
    "soft-deleted": ("soft-deleted items of the vault", "保存庫中虛刪除的項目"),
    "storage": ("the kinds of the VM's disks", "VM 磁碟的種類"),
    "the-vault": ("whether the vault exists", "保存庫是否存在"),
    "vm-exists": ("whether the VM exists", "VM 是否存在"),
}
"""What a look at Azure tells before anything is sent: the facts that can foresee a row."""

FACTS = OBSERVED_FACTS | {
    "extension-state": ("the state of the VM's extensions", "VM 擴充功能的狀態"),
    "locks": ("management locks", "管理鎖定"),
    "policy-assignments": ("Azure Policy assignments", "Azure 原則指派"),
    "policy-items": ("the items of the policy", "原則的受保護項目"),
    "recovery-point": ("the latest recovery point", "最新的復原點"),
    "role-assignments": ("role assignments", "角色指派"),
    "vm-gone": ("the VM is gone", "VM 已不存在"),
}
"""Those, and others on which a retry may wait: the words of each in English and in Traditional Chinese."""


def who(name: str, language: Language = "en") -> str:
    return (WHO if language == "en" else WHO_ZH)[name]


def fact(name: str, language: Language = "en") -> str:
    return FACTS.get(name, (name, name))[0 if language == "en" else 1]


def duration(minutes: int, language: Language = "en") -> str:
    """Whole hours as hours, everything else in minutes."""
    number, unit = (minutes // 60, "hour") if minutes >= 60 and minutes % 60 == 0 else (minutes, "minute")
    if language == "zh-TW":
        return f"{number} {'小時' if unit == 'hour' else '分鐘'}"
    return f"1 {unit}" if number == 1 else f"{number} {unit}s"
