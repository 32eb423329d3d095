"""Boards on which something is wrong, and a channel that keeps what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.board import Board, LeaseState, Revision, Role, SourceState, StepResult, VaultState
from reconciler.model.desired import Desired, Vault
from reconciler.model.outcome import Failed
from reconciler.model.plan import Finding, Plan, Severity
from reconciler.notices.notice import Notice
from reconciler.notices.teller import DeliveryError
from tests.unit.engine.estate import SUBSCRIPTION, VAULT, plan_of, protect
from tests.unit.engine.virtual import START

CALM = Board(
    "test",
    "0",
    START,
    START,
    300.0,
    900.0,
    SourceState("git", Revision("c0ffee"), checked_at=START),
    LeaseState(Role.LEADER, "us", 1),
    {VAULT: VaultState(VAULT, last_completed=START)},
    desired=Desired((Vault(VAULT, SUBSCRIPTION, "rg", "westeurope"),)),
    plan=plan_of(),
)


def failing(*vms: str, code: str = "register-vm-not-running") -> Board:
    """The protection of these VMs has failed."""
    steps = [protect(vm) for vm in vms]
    return replace(CALM, results={step.id: StepResult(step, Failed(code), START) for step in steps})


def finding(*findings: Finding) -> Board:
    plan: Plan = replace(plan_of(), findings=findings)
    return replace(CALM, plan=plan)


def uncovered(*vms: str) -> Finding:
    return Finding("vm-uncovered", Severity.ERROR, vms, "They are in scope.", vault=VAULT)


class Notes:
    """Implements Notebook in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def note(self, name: str, text: str | None) -> None:
        self.kept.pop(name, None)
        if text is not None:
            self.kept[name] = text

    def notes(self, prefix: str) -> Mapping[str, str]:
        return {name: text for name, text in self.kept.items() if name.startswith(prefix)}


@dataclass
class Kept:
    """Implements Channel: what was told, as words; `broken` says how often it still fails."""

    told: list[str] = field(default_factory=list)
    broken: int = 0
    final: bool = False
    tries: int = 0
    name: str = "kept"

    async def deliver(self, notice: Notice) -> None:
        self.tries += 1
        if self.broken:
            self.broken -= 1
            raise DeliveryError("no", final=self.final)
        whom = " ".join(notice.subjects)
        self.told.append(f"{'over' if notice.over else 'begun'} {notice.kind} {notice.code} {whom}".strip())
