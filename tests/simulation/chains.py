"""Declarations that follow one another: what people commit, revert, and leave half applied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
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
    Selector,
    SoftDelete,
    SoftDeleteState,
    Vault,
    VmRef,
)
from reconciler.planning import Brakes
from tests.simulation.scenarios import Scenario
from tests.simulation.states import CLOCK, SUBSCRIPTION

VMS = 3
LENGTHS = (10, 20, 30, 60)
WORDS = "abrepn"
"""What is wished for a VM: policy a, policy b, retirement, exemption, pause, nothing."""
OVER = "xq"
"""Policy a, and an exemption that is over, or a pause."""
CONSENTS = "yno"
"""Shortening is allowed, is not, or was: the consent is out of date."""
_LATER, _EARLIER = date(2026, 12, 31), date(2026, 2, 28)
_TEXT = re.compile(r"(?P<a>\d+)\.(?P<b>\d+):(?P<wishes>[abrepnxq]+):(?P<consent>[yno])(?P<soft>\d)(!(?P<death>\d+))?")


@dataclass(frozen=True)
class Declared:
    """Two policies by the days they keep, a wish a VM, what of `CONSENTS` there is, and how strong soft delete is.

    `death` is the moment at which the run that applies it first dies; the next declaration follows at once then.
    """

    a: int
    b: int
    wishes: str
    consent: str
    soft: int
    death: int | None = None

    def __str__(self) -> str:
        end = "" if self.death is None else f"!{self.death}"
        return f"{self.a}.{self.b}:{self.wishes}:{self.consent}{self.soft}{end}"

    @classmethod
    def parse(cls, text: str) -> Declared:
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no declaration")
        death = None if found["death"] is None else int(found["death"])
        numbers = int(found["a"]), int(found["b"])
        return cls(*numbers, found["wishes"], found["consent"], int(found["soft"]), death)

    @classmethod
    def drawn(cls, random: Random) -> Declared:
        wishes = "".join(random.choice(WORDS + OVER) for _ in range(VMS))
        death = random.randrange(120) if random.random() < 0.25 else None
        lengths = random.choice(LENGTHS), random.choice(LENGTHS)
        drawn = random.random()
        consent = "y" if drawn < 0.3 else "o" if drawn < 0.4 else "n"
        return cls(*lengths, wishes, consent, random.randrange(3), death)

    def desired(self) -> Desired:
        """As the loader would give it."""
        of = {word: _refs(self.wishes, word) for word in WORDS + OVER}
        subjects = ["rsv/policy-a", "rsv/policy-b", *(f"rsv/rg/vm-{number}" for number in range(VMS))]
        ends = _LATER if self.consent == "y" else _EARLIER
        consents = [
            Consent(f"c{n}", "shorten-retention", subject, "ok", "me", ends) for n, subject in enumerate(subjects)
        ]
        until = datetime(2026, 12, 31, tzinfo=UTC)
        soft = SoftDelete(
            (SoftDeleteState.ENABLED, SoftDeleteState.ENABLED, SoftDeleteState.ALWAYS_ON)[self.soft], 14 + self.soft
        )
        return Desired(
            vaults=(Vault("rsv", SUBSCRIPTION, "rg-backup", "westeurope", soft_delete=soft),),
            policies=(_policy("policy-a", self.a), _policy("policy-b", self.b)),
            protections=tuple(_protections(of)),
            exemptions=tuple(
                Exemption(word, "rsv", "lab", "me", end, of[word])
                for word, end in (("e", _LATER), ("x", _EARLIER))
                if of[word]
            ),
            retirements=(Retirement("old", "rsv", of["r"], "sold", "me"),) if of["r"] else (),
            pauses=tuple(
                Pause(word, "rsv", "move", "me", end, of[word])
                for word, end in (("p", until), ("q", CLOCK))
                if of[word]
            ),
            consents=tuple(consents) if self.consent != "n" else (),
            digest=f"sha256:{replace(self, death=None)}",
            files=1,
        )


def _protections(of: Mapping[str, tuple[VmRef, ...]]) -> Iterator[Protection]:
    """By the wish; what an Exemption or a Retirement names, a selector chooses as well."""
    by_name = {"a": (*of["a"], *of["x"], *of["q"]), "b": of["b"], "p": of["p"]}
    for word, refs in by_name.items():
        if refs:
            yield Protection(word, "rsv", "policy-b" if word == "b" else "policy-a", refs)
    chosen = tuple(ref.name for ref in (*of["e"], *of["r"]))
    if chosen:
        yield Protection("chosen", "rsv", "policy-a", select=Selector(names=chosen))


def _refs(wishes: str, word: str) -> tuple[VmRef, ...]:
    return tuple(VmRef(f"vm-{number}", "rg") for number, wish in enumerate(wishes) if wish == word)


def _policy(name: str, days: int) -> BackupPolicy:
    schedule = Schedule(Every.DAY, "22:00", "UTC")
    return BackupPolicy(name, ("rsv",), BackupRules(Tier.STANDARD, schedule, Retention(daily=days), 2))


CAREFUL = Brakes(canary=1, max_stops=1)
"""One VM goes first, and two are not stopped in one run."""


def scenario(chain: Sequence[Declared], *, careful: bool = False) -> Scenario:
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
    brakes = CAREFUL if careful else Brakes()
    return Scenario("chain", ours=("rg/vm-*",), brakes=brakes, made=(estate, chain[0].desired()))
