"""Operating systems that the backup extension cannot be installed on.

Source: Microsoft docs, backup-support-matrix-iaas (2023-07-05): Windows from Server 2008 and Windows 7 on, 64 bit;
Linux distributions endorsed by Azure, 64 bit, Container Linux excepted.
"""

from __future__ import annotations

from reconciler.model.ids import fold
from reconciler.model.observed import VirtualMachine

_NAMES = (
    "windows 2000",
    "windows xp",
    "windows vista",
    "windows server 2000",
    "windows server 2003",
    "microsoft windows 2000",
    "microsoft windows xp",
    "microsoft windows vista",
    "microsoft windows server 2003",
    "coreos",
    "container linux by coreos",
    "flatcar",
    "freebsd",
)
_WORDS = frozenset({"32-bit", "(32-bit)", "i386", "i686", "x86"})


def unsupported(vm: VirtualMachine) -> str:
    """The operating system's name when it is one of those, else nothing; a system not reported is given the benefit."""
    name = fold(vm.os_name)
    known = name.startswith(_NAMES) or bool(_WORDS & set(name.split()))
    return f"{vm.os_name} {vm.os_version}".strip() if known else ""
