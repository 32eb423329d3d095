"""Declarations that follow one another: what people commit, revert, and leave half applied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from random import Random

from reconciler.model.backup_rules import BackupRules, Every, Retention, Schedule, Tier
from reconciler.model.desired import (
    BackupPolicy,
    Consent,
    Desired,
    Exemption,
    Pause,
    Protection,
    Retirement,
    SoftDelete,
    SoftDeleteState,
    Vault,
    VmRef,
)
from tests.simulation.scenarios import Scenario
from tests.simulation.states import CLOCK, SUBSCRIPTION

VMS = 3
LENGTHS = (10, 20, 30, 60)
WORDS = "abrepn"
"""What is wished for a VM: policy a, policy b, retirement, exemption, pause, nothing."""
_LATER = date(2026, 12, 31)
_TEXT = re.compile(r"(?P<a>\d+)\.(?P<b>\d+):(?P<wishes>[abrepn]+):(?P<consent>[yn])(?P<soft>\d)(!(?P<death>\d+))?")


@dataclass(frozen=True)
class Declared:
    """Two policies by the days they keep, a wish a VM, whether shortening is allowed, and how strong soft delete is.

    `death` is the moment at which the run that applies it first dies; the next declaration follows at once then.
    """

    a: int
    b: int
    wishes: str
    consent: bool
    soft: int
    death: int | None = None

    def __str__(self) -> str:
        end = "" if self.death is None else f"!{self.death}"
        return f"{self.a}.{self.b}:{self.wishes}:{'y' if self.consent else 'n'}{self.soft}{end}"

    @classmethod
    def parse(cls, text: str) -> Declared:
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no declaration")
        death = None if found["death"] is None else int(found["death"])
        numbers = int(found["a"]), int(found["b"])
        return cls(*numbers, found["wishes"], found["consent"] == "y", int(found["soft"]), death)

    @classmethod
    def drawn(cls, random: Random) -> Declared:
        wishes = "".join(random.choice(WORDS) for _ in range(VMS))
        death = random.randrange(120) if random.random() < 0.25 else None
        lengths = random.choice(LENGTHS), random.choice(LENGTHS)
        return cls(*lengths, wishes, random.random() < 0.3, random.randrange(3), death)

    def desired(self) -> Desired:
        """As the loader would give it."""
        of = {word: _refs(self.wishes, word) for word in WORDS}
        hold = (*of["p"],)
        protections = [Protection(word, "rsv", f"policy-{word}", of[word]) for word in "ab" if of[word]]
        protections += [Protection("held", "rsv", "policy-a", hold)] if hold else []
        subjects = ["rsv/policy-a", "rsv/policy-b", *(f"rsv/rg/vm-{number}" for number in range(VMS))]
        consents = [
            Consent(f"c{n}", "shorten-retention", subject, "ok", "me", _LATER) for n, subject in enumerate(subjects)
        ]
        until = datetime(2026, 12, 31, tzinfo=UTC)
        soft = SoftDelete(
            (SoftDeleteState.ENABLED, SoftDeleteState.ENABLED, SoftDeleteState.ALWAYS_ON)[self.soft], 14 + self.soft
        )
        return Desired(
            vaults=(Vault("rsv", SUBSCRIPTION, "rg-backup", "westeurope", soft_delete=soft),),
            policies=(_policy("policy-a", self.a), _policy("policy-b", self.b)),
            protections=tuple(protections),
            exemptions=(Exemption("not", "rsv", "lab", "me", _LATER, of["e"]),) if of["e"] else (),
            retirements=(Retirement("old", "rsv", of["r"], "sold", "me"),) if of["r"] else (),
            pauses=(Pause("hold", "rsv", "move", "me", until, hold),) if hold else (),
            consents=tuple(consents) if self.consent else (),
            digest=f"sha256:{replace(self, death=None)}",
            files=1,
        )


def _refs(wishes: str, word: str) -> tuple[VmRef, ...]:
    return tuple(VmRef(f"vm-{number}", "rg") for number, wish in enumerate(wishes) if wish == word)


def _policy(name: str, days: int) -> BackupPolicy:
    schedule = Schedule(Every.DAY, "22:00", "UTC")
    return BackupPolicy(name, ("rsv",), BackupRules(Tier.STANDARD, schedule, Retention(daily=days), 2))


def scenario(chain: Sequence[Declared]) -> Scenario:
    """An empty vault beside the VMs, and the first declaration."""
    machines = [{"name": f"vm-{number}", "resourceGroup": "rg", "os": "Linux"} for number in range(VMS)]
    estate = {
        "estate": "v1",
        "clock": CLOCK,
        "seed": 1,
        "subscriptions": [{"id": SUBSCRIPTION, "name": "small"}],
        "vaults": [{"name": "rsv", "resourceGroup": "rg-backup", "location": "westeurope"}],
        "virtualMachines": machines,
    }
    return Scenario("chain", ours=("rg/vm-*",), made=(estate, chain[0].desired()))
