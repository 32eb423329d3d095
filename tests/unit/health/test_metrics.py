"""What Prometheus is told: read back by its own parser."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from reconciler.health.metrics import Metrics
from reconciler.model.board import SourceState
from reconciler.model.observed import Power
from tests.unit.engine.estate import machine
from tests.unit.engine.loop.stage import Stage, stage, wishes

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]
MINIMUM = {
    "reconcile_reconcile_duration_seconds_count", "reconcile_reconcile_total",
    "reconcile_last_completed_pass_timestamp_seconds", "reconcile_vms", "reconcile_coverage_ratio",
    "reconcile_recovery_point_age_seconds", "reconcile_expected_interval_seconds", "reconcile_drift_objects",
    "reconcile_drift_age_seconds", "reconcile_findings", "reconcile_pending_destructive_changes",
    "reconcile_suspended", "reconcile_azure_requests_total", "reconcile_azure_throttle_wait_seconds_total",
    "reconcile_circuit_open", "reconcile_git_revision_info", "reconcile_build_info",
}  # fmt: skip
"""CONVENTIONS 3.7."""


def read(metrics: Metrics) -> Samples:
    """Samples by name and labels."""
    found: Samples = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        found.setdefault(family.name, {})
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def told(place: Stage, vm_series: int = 0, **vms: list[str]) -> Samples:
    """What is told after ten minutes."""
    metrics = Metrics(lambda: place.board, place.clock.now, place.clock.monotonic, vm_series)
    metrics.asked("GET vaults", "200", 0.1)
    metrics.waited(2.5)
    metrics.paused("sub", 30.0)

    async def scene() -> None:
        place.loop.declare(wishes(**vms), SourceState("test"))
        for _ in range(60):
            await asyncio.sleep(10)
            metrics.take(place.board)

    place.play(scene)
    return read(metrics)


def test_the_minimum_set_is_there() -> None:
    with stage(a=["a-1"]) as place:
        assert set(told(place, a=["a-1"])) >= MINIMUM


def test_passes_are_counted_by_outcome_and_each_once() -> None:
    with stage(a=["a-1"], b=["b-1"]) as place:
        place.world.broken.add("b")
        found = told(place, a=["a-1"], b=["b-1"])
        passes = found["reconcile_reconcile_total"]
        assert passes[("outcome", "completed"), ("vault", "a")] == len(place.looks("a"))
        assert passes[("outcome", "failed"), ("vault", "b")] == len(place.looks("b"))


def test_it_is_told_when_the_source_was_looked_at() -> None:
    with stage(a=["a-1"]) as place:
        metrics = Metrics(lambda: place.board, place.clock.now, place.clock.monotonic)
        assert read(metrics)["reconcile_source_checked_timestamp_seconds"] == {}
        now = place.clock.now()
        seen = replace(place.board, source=SourceState("test", checked_at=now))
        told_now = read(Metrics(lambda: seen, place.clock.now, place.clock.monotonic))
        assert told_now["reconcile_source_checked_timestamp_seconds"] == {(): now.timestamp()}


def test_vms_are_told_by_what_is_known_of_them() -> None:
    with stage(a=["a-1", "a-2"]) as place:
        off = machine("a-2", power=Power.DEALLOCATED)
        place.world.vms[off.key] = off
        vms = told(place, a=["a-1", "a-2"])["reconcile_vms"]
        assert {key[0][1]: value for key, value in vms.items()} == {
            "protected": 1.0,
            "unprotected": 1.0,
            "unknown": 0.0,
            "waived": 0.0,
        }


def test_no_vm_has_a_series_of_its_own_unless_asked_for_and_then_so_many() -> None:
    names = ["a-1", "a-2", "a-3"]
    with stage(a=names) as place:
        assert "reconcile_vm_protected" not in told(place, a=names)
    with stage(a=names) as place:
        assert len(told(place, 2, a=names)["reconcile_vm_protected"]) == 2


def test_a_pause_of_azures_shows_until_it_is_over() -> None:
    with stage(a=[]) as place:
        metrics = Metrics(lambda: place.board, place.clock.now, place.clock.monotonic)
        metrics.paused("sub", 30.0)
        assert read(metrics)["reconcile_circuit_open"] == {(("subscription", "sub"),): 1.0}
        place.clock.seconds += 31
        assert read(metrics)["reconcile_circuit_open"] == {(("subscription", "sub"),): 0.0}
