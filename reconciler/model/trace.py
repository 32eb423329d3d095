"""Why a VM is treated as it is: every document that could mean it, whether it does, and which one decided."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.observed import VirtualMachine, VmKey
from reconciler.model.span import NOWHERE, Span


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a document on a VM. `field` is as the YAML spells it, or its vault's `subscription` or `region`.

    `wanted` and `found` are data for people; `found` is empty for what the VM does not have.
    """

    field: str
    wanted: str
    found: str
    holds: bool
    span: Span = NOWHERE


class Verdict(StrEnum):
    """What became of one document's claim on a VM."""

    DECIDES = "decides"
    OUTRANKED = "outranked"
    """Another document decides: a higher priority, an Exemption, a Retirement."""
    TIE = "tie"
    """It and another want different things with equal right: nothing is done."""
    NOT_MEANT = "not-meant"
    """A condition does not hold."""
    AMBIGUOUS = "ambiguous"
    """It names a VM, and the name has several meanings."""
    EXPIRED = "expired"
    HELD = "held"
    """It means another number of VMs than it expects, so that none of its steps is carried out."""


@dataclass(frozen=True, slots=True)
class Considered:
    """One document, weighed for one VM. `kind` and `name` are its own.

    `rival` is the kind and name of the document that decides instead, or that it ties with. `named` is true when it
    means the VM by name. `policy` is empty and `priority` None for what is no Protection. `note` is what else there is
    to say, in English: the bounds of `expect`, the namesakes of an ambiguous name.
    """

    kind: str
    name: str
    vault: str
    span: Span
    verdict: Verdict
    rival: str = ""
    named: bool = False
    policy: str = ""
    priority: int | None = None
    note: str = ""
    conditions: tuple[Condition, ...] = ()

    @property
    def means(self) -> bool:
        return self.verdict not in {Verdict.NOT_MEANT, Verdict.AMBIGUOUS}


@dataclass(frozen=True, slots=True)
class Decision:
    """What is wished for the VM in one vault. `goal` is a state; `hands_off` says why nothing is to be done."""

    vault: str
    goal: str
    policy: str
    hands_off: str
    span: Span


@dataclass(frozen=True, slots=True)
class Trace:
    """`considered` holds those that mean the VM first. `vm` is None when only its item is left."""

    key: VmKey
    label: str
    id: str
    vm: VirtualMachine | None
    considered: tuple[Considered, ...]
    decisions: tuple[Decision, ...]
