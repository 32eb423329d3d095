"""What can be done: one file a kind; the folder is the list."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.actions import (
    change_policy,
    create_policy,
    create_vault,
    discover,
    protect,
    register,
    resume,
    start_vm,
    stop,
    undelete,
    update_policy,
    update_vault,
)
from reconciler.actions.action import Action

_IN_ORDER = (
    create_vault,
    update_vault,
    create_policy,
    update_policy,
    discover,
    start_vm,
    register,
    protect,
    change_policy,
    stop,
    resume,
    undelete,
)

ACTIONS: Mapping[str, Action] = MappingProxyType({module.ACTION.kind: module.ACTION for module in _IN_ORDER})
"""Every action by its kind, in the order of the contract (DESIGN 4)."""
