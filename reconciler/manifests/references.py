"""What one document says about another: names that must exist, and statements that contradict each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from reconciler.diagnostics.diagnostic import Diagnostic, Note
from reconciler.manifests.kinds.fields import Problem
from reconciler.manifests.policy_rules import limit_problems
from reconciler.manifests.suggest import advice
from reconciler.model.desired import (
    BackupPolicy,
    Consent,
    Desired,
    Exemption,
    Generation,
    Pause,
    Protection,
    Retirement,
    VmRef,
)  # fmt: skip
from reconciler.model.ids import fold
from reconciler.model.limits import LIMITS
from reconciler.model.plan import Severity
from reconciler.model.span import Places, Span

Named = Protection | Exemption | Retirement | Pause


@dataclass(frozen=True, slots=True)
class Broken:
    """Names of documents that could not be read: they exist, so nobody is told that they do not."""

    vaults: frozenset[str] = field(default_factory=frozenset)
    policies: frozenset[str] = field(default_factory=frozenset)
    complete: bool = True
    """False when a file could not be read to its end: then any name may be declared there."""


def diagnostic(problem: Problem, places: Places, severity: Severity = Severity.ERROR) -> Diagnostic:
    """A problem at its place in the file."""
    return Diagnostic(problem.code, problem.message, places.at(*problem.path), problem.help, severity=severity)


def reference_mistakes(desired: Desired, broken: Broken) -> Iterator[Diagnostic]:
    """Everything that is wrong between the documents."""
    vaults = {fold(vault.name): vault for vault in desired.vaults}
    known = set(vaults) | {fold(name) for name in broken.vaults}
    names = [vault.name for vault in desired.vaults]
    for policy in desired.policies:
        for index, vault in enumerate(policy.vaults):
            if fold(vault) not in known and broken.complete:
                yield _no_vault(vault, names, policy.places.at("spec", "vaults", index))
        generations = {vaults[fold(name)].generation for name in policy.vaults if fold(name) in vaults}
        yield from _limits(policy, generations)
    named: tuple[Named, ...] = (*desired.protections, *desired.exemptions, *desired.retirements, *desired.pauses)
    for document in named:
        if fold(document.vault) not in known and broken.complete:
            yield _no_vault(document.vault, names, document.places.at("spec", "vault"))
        yield from _twice_in_one_list(document)
    for consent in desired.consents:
        vault = consent.subject.partition("/")[0]
        if fold(vault) not in known and broken.complete:
            yield _no_vault(vault, names, consent.places.at("spec", "subject"))
    yield from _policies(desired, broken, known)
    yield from _contradictions(desired)


def _no_vault(name: str, names: Sequence[str], span: Span) -> Diagnostic:
    return Diagnostic(
        "vault-not-declared",
        f'there is no Vault "{name}"',
        span,
        advice(name, names, "declare it in a document of `kind: Vault`"),
    )


def _limits(policy: BackupPolicy, generations: Iterable[Generation]) -> Iterator[Diagnostic]:
    told: set[str] = set()
    for generation in sorted(generations):
        for problem in limit_problems(policy.rules, LIMITS[generation]):
            if problem.message not in told:
                told.add(problem.message)
                yield diagnostic(problem, policy.places)


def _policies(desired: Desired, broken: Broken, known: set[str]) -> Iterator[Diagnostic]:
    policies = {fold(policy.name): policy for policy in desired.policies}
    names = [policy.name for policy in desired.policies]
    unread = {fold(name) for name in broken.policies}
    for document in desired.protections:
        span = document.places.at("spec", "policy")
        policy = policies.get(fold(document.policy))
        if policy is None:
            if broken.complete and fold(document.policy) not in unread:
                help_ = advice(document.policy, names, "declare it in a document of `kind: BackupPolicy`")
                message = f'there is no BackupPolicy "{document.policy}"'
                yield Diagnostic("policy-not-declared", message, span, help_)
        elif fold(document.vault) in known - {fold(vault) for vault in policy.vaults}:
            message = f'the policy "{policy.name}" is not in the vault "{document.vault}"'
            note = Note("its vaults are listed here", policy.places.at("spec", "vaults"))
            yield Diagnostic(
                "policy-not-in-vault", message, span, f"add {document.vault} to the policy's `vaults`", (note,)
            )


def _same(vm: VmRef) -> tuple[str | None, ...]:
    return tuple(fold(part) if part is not None else None for part in (vm.name, vm.resource_group, vm.cloud_service))


def _twice_in_one_list(document: Named) -> Iterator[Diagnostic]:
    first: dict[tuple[str | None, ...], VmRef] = {}
    for vm in document.virtual_machines:
        before = first.setdefault(_same(vm), vm)
        if before is not vm:
            notes = (Note("it stood here first", before.span),)
            yield Diagnostic("vm-named-twice", f'"{vm}" stands twice in this list', vm.span, "delete one", notes)


def _contradictions(desired: Desired) -> Iterator[Diagnostic]:
    protected = {
        (fold(document.vault), _same(vm)): vm for document in desired.protections for vm in document.virtual_machines
    }
    groups: tuple[tuple[str, tuple[Exemption | Retirement, ...]], ...] = (
        ("exempted", desired.exemptions),
        ("retired", desired.retirements),
    )
    for word, documents in groups:
        for document in documents:
            for vm in document.virtual_machines:
                other = protected.get((fold(document.vault), _same(vm)))
                if other is not None:
                    notes = (Note("it is protected here", other.span),)
                    message = f'"{vm}" is protected and {word}'
                    yield Diagnostic("vm-contradiction", message, vm.span, "delete one of the two", notes)


def expired(desired: Desired, today: date) -> Iterator[Diagnostic]:
    """Warnings for what no longer holds on `today` (UTC)."""
    midnight = datetime.combine(today, time(), UTC)
    dated: tuple[Exemption | Consent, ...] = (*desired.exemptions, *desired.consents)
    for document in dated:
        if document.expires < today:
            yield _past(document.places.at("spec", "expires"), f"this expired on {document.expires}")
    for pause in desired.pauses:
        if pause.until <= midnight:
            yield _past(pause.places.at("spec", "until"), f"this ended at {pause.until:%Y-%m-%dT%H:%M:%SZ}")


def _past(span: Span, message: str) -> Diagnostic:
    return Diagnostic("manifest-expired", message, span, "delete the document, or renew it", severity=Severity.WARNING)
