"""What stands against a step for good: facts tell a disguised permanent failure from a passing one."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.engine.facts import against
from reconciler.model.observed import Gap, Observed
from tests.unit.engine.estate import machine, protect

WEB = machine("web-1")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_vm_that_no_complete_list_shows_is_gone() -> None:
    assert against(protect("web-1"), Observed(NOW), None) == {"vm-gone"}


def test_a_vm_that_was_not_seen_for_want_of_a_list_is_not_said_to_be_gone() -> None:
    partial = Observed(NOW, gaps=(Gap("vms", "403"),))
    assert against(protect("web-1"), partial, None) == frozenset()


def test_nothing_stands_against_a_vm_of_a_service_without_such_limits() -> None:
    assert against(protect("web-1"), Observed(NOW, vms={WEB.key: WEB}), None) == frozenset()
