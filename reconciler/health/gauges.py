"""What a board says, as gauges. Pure: the same board and moment, the same numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric

from reconciler.model.board import Board, Role
from reconciler.model.ids import fold
from reconciler.model.outcome import word
from reconciler.model.state import Risk
from reconciler.model.status import Status, Trust, VaultStatus, VmStatus
from reconciler.planning.next_backup import interval

STATES = ("protected", "waived", "unprotected", "unknown")
_QUANTILES = (0.5, 0.9, 0.99, 1.0)
"""1 is the oldest."""
_GONE = "vm-deleted"

Labels = tuple[str, ...]
K = TypeVar("K", bound=tuple[str, ...])


def families(board: Board, now: datetime, circuits: Mapping[str, bool], vm_series: int) -> Iterator[Metric]:
    """`circuits` says which subscriptions Azure asked to leave alone now.

    `vm_series` is for how many VMs there are series of their own.
    """
    open_now = {(subscription,): _flag(value) for subscription, value in circuits.items()}
    yield _gauge("circuit_open", "1 while Azure has asked for a pause.", ("subscription",), open_now)
    yield _info("build", "The version that runs.", {"version": board.version})
    revision = board.source.in_force
    sha = (revision.id or revision.digest) if revision is not None else ""
    yield _info("git_revision", "The commit in force, or the digest of a folder.", {"sha": sha})
    yield from _of_the_loop(board)
    yield from _of_the_plan(board, now)
    if board.status is not None:
        yield from _of_the_estate(board, board.status, now)
        yield from _of_vms(board.status.vms[:vm_series], now)


def _of_the_loop(board: Board) -> Iterator[Metric]:
    completed = {
        (name,): state.last_completed.timestamp()
        for name, state in board.vaults.items()
        if state.last_completed is not None
    }
    yield _gauge("last_completed_pass_timestamp_seconds", "When the last pass was completed.", ("vault",), completed)
    failures = {(name,): float(state.failures) for name, state in board.vaults.items()}
    yield _gauge("failed_passes_in_a_row", "Passes that failed since the last one that did not.", ("vault",), failures)
    yield _gauge(
        "leader", "1 where this process is the one that writes.", (), {(): _flag(board.lease.role is Role.LEADER)}
    )
    gates = {("paused",): _flag(bool(board.paused)), ("window",): _flag(bool(board.closed))}
    yield _gauge("writing_closed", "1 while nothing may be written, by reason.", ("reason",), gates)
    checked = board.source.checked_at
    looked = {} if checked is None else {(): checked.timestamp()}
    yield _gauge("source_checked_timestamp_seconds", "When the source was last looked at in full.", (), looked)
    rejected = board.source.rejected
    yield _gauge(
        "revision_rejected", "1 while a newer revision is not in force.", (), {(): _flag(rejected is not None)}
    )


def _of_the_plan(board: Board, now: datetime) -> Iterator[Metric]:
    plan = board.plan
    drifting = Counter((seen.drift.kind,) for seen in board.drifts)
    yield _gauge("drift_objects", "What was as declared and is so no more.", ("kind",), _floats(drifting))
    ages: dict[Labels, float] = defaultdict(float)
    for seen in board.drifts:
        ages[seen.drift.kind,] = max(ages[seen.drift.kind,], (now - seen.since).total_seconds())
    yield _gauge("drift_age_seconds", "How long the oldest drift has been there.", ("kind",), ages)
    outcomes = Counter((result.step.vault, word(result.outcome)) for result in board.results.values())
    yield _gauge("steps", "Steps by what became of them when last tried.", ("vault", "outcome"), _floats(outcomes))
    if plan is None:
        return
    found = Counter((one.code, str(one.severity)) for one in plan.findings for _ in one.subjects or ("",))
    yield _gauge("findings", "Subjects of findings, by code.", ("code", "severity"), _floats(found))
    held = Counter((one.guard,) for one in plan.held)
    yield _gauge("held_steps", "Steps that a guard holds.", ("guard",), _floats(held))
    everything = (*plan.steps, *(one.step for one in plan.held))
    taking = sum(step.risk is not Risk.SAFE for step in everything)
    yield _gauge("pending_destructive_changes", "Steps that take something away.", (), {(): float(taking)})
    yield _gauge("coverage_ratio", "Share of the VMs in scope that are protected or exempt.", (), _coverage(board))
    yield _gauge("suspended", "Pauses declared, by whether they have ended.", ("expired",), _pauses(board, now))


def _coverage(board: Board) -> dict[Labels, float]:
    covered = board.plan.coverage if board.plan is not None else None
    if covered is None or not covered.in_scope:
        return {}
    return {(): (covered.protected + covered.exempt) / covered.in_scope}


def _pauses(board: Board, now: datetime) -> dict[Labels, float]:
    pauses = board.desired.pauses if board.desired is not None else ()
    ended = sum(pause.until <= now for pause in pauses)
    return {("true",): float(ended), ("false",): float(len(pauses) - ended)}


def _of_the_estate(board: Board, status: Status, now: datetime) -> Iterator[Metric]:
    states: dict[Labels, float] = {}
    of_vault: defaultdict[str, list[VmStatus]] = defaultdict(list)
    for vm in status.vms:
        of_vault[vm.vault].append(vm)
    for vault in status.vaults:
        counts = _states(vault, of_vault[vault.name])
        states |= {(vault.name, state): float(counts[state]) for state in STATES}
    yield _gauge("vms", "Virtual machines, by what is known of their protection.", ("vault", "state"), states)
    trust = {(vault.name, str(kind)): float(vault.trust.get(str(kind), 0)) for vault in status.vaults for kind in Trust}
    yield _gauge("protected_vms", "Protected VMs, by how far that was verified.", ("vault", "trust"), trust)
    jobs = {(vault.name, end): float(number) for vault in status.vaults for end, number in vault.jobs.items()}
    yield _gauge("jobs", "Jobs of the last 24 hours, by how they ended.", ("vault", "status"), jobs)
    yield _gauge(
        "recovery_point_age_seconds",
        "Age of the latest recovery points of a policy's VMs: quantiles, 1.0 being the oldest.",
        ("vault", "policy", "quantile"),
        _ages(status.vms, now),
    )
    yield _gauge(
        "expected_interval_seconds",
        "The longest time from one scheduled backup to the next.",
        ("vault", "policy"),
        _intervals(board),
    )


def _states(vault: VaultStatus, vms: Sequence[VmStatus]) -> Counter[str]:
    there = [vm for vm in vms if vm.state != _GONE]
    if not vault.seen:
        return Counter(unknown=len(there), waived=vault.exempt)
    protected = sum(vm.trust in {Trust.VERIFIED, Trust.CLAIMED} for vm in there)
    unknown = sum(vm.trust is Trust.UNKNOWN or vm.state == "unknown" for vm in there)
    unprotected = len(there) - protected - unknown + vault.uncovered
    return Counter(protected=protected, unknown=unknown, unprotected=unprotected, waived=vault.exempt)


def _ages(vms: Iterable[VmStatus], now: datetime) -> dict[Labels, float]:
    found: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for vm in vms:
        if vm.last_point is not None and vm.state != _GONE:
            found[vm.vault, vm.policy].append((now - vm.last_point).total_seconds())
    return {
        (vault, policy, str(share)): sorted(ages)[min(int(share * len(ages)), len(ages) - 1)]
        for (vault, policy), ages in sorted(found.items())
        for share in _QUANTILES
    }


def _intervals(board: Board) -> dict[Labels, float]:
    observed = board.observed
    used = {(vm.vault, vm.policy) for vm in (board.status.vms if board.status is not None else ())}
    found: dict[Labels, float] = {}
    for vault, name in sorted(used):
        seen = observed.vaults.get(vault) if observed is not None else None
        policy = seen.policies.get(fold(name)) if seen is not None else None
        if policy is not None and policy.rules is not None:
            found[vault, name] = interval(policy.rules.schedule).total_seconds()
    return found


def _of_vms(vms: Sequence[VmStatus], now: datetime) -> Iterator[Metric]:
    if not vms:
        return
    protected = {(vm.vault, vm.label): _flag(vm.trust in {Trust.VERIFIED, Trust.CLAIMED}) for vm in vms}
    yield _gauge("vm_protected", "1 for a VM that Azure shows as protected.", ("vault", "vm"), protected)
    ages = {(vm.vault, vm.label): (now - vm.last_point).total_seconds() for vm in vms if vm.last_point is not None}
    yield _gauge("vm_recovery_point_age_seconds", "Age of a VM's latest recovery point.", ("vault", "vm"), ages)


def _info(name: str, text: str, values: Mapping[str, str]) -> Metric:
    return InfoMetricFamily(f"reconcile_{name}", text, dict(values))


def _gauge(name: str, text: str, labels: Labels, values: Mapping[K, float]) -> Metric:
    family = GaugeMetricFamily(f"reconcile_{name}", text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _floats(counts: Mapping[K, int]) -> dict[K, float]:
    return {key: float(number) for key, number in counts.items()}


def _flag(value: object) -> float:
    return float(bool(value))
