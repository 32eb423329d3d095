"""What the service demands of a policy, rule by rule, and what each rule lets through."""

from __future__ import annotations

import pytest

from reconciler.manifests.load import load_texts

HEAD = """\
apiVersion: reconciler/v1
kind: Vault
metadata: {name: rsv}
spec: {subscriptionId: 00000000-0000-0000-0000-000000000001, resourceGroup: rg, location: westeurope, GENERATION}
---
apiVersion: reconciler/v1
kind: BackupPolicy
metadata: {name: gold}
spec:
  vaults: [rsv]
"""
CURRENT = "generation: Current"
PREVIEW = "generation: Preview2015"
DAY = 'schedule: {every: day, at: "22:00"}'
WEEK = 'schedule: {every: week, on: [Sunday, Monday], at: "22:30"}'
KEPT = "weekly: {keep: 4 weeks, on: [Monday, Sunday]}"


def told(generation: str, *lines: str) -> list[tuple[int, str]]:
    text = HEAD.replace("GENERATION", generation) + "".join(f"  {line}\n" for line in lines)
    return [(one.span.line - 10, one.code) for one in load_texts({"a.yaml": text.encode()}).diagnostics]


def hourly(every: int, window: int) -> str:
    return f'schedule: {{every: {every} hours, from: "08:00", for: {window} hours}}'


GOOD = [
    (CURRENT, DAY, "retention: {daily: 7 days}"),
    (CURRENT, DAY, "retention: {daily: 9999 days, yearly: {keep: 99 years, on: last day, in: [May]}}"),
    (CURRENT, WEEK, f"retention: {{{KEPT}, monthly: {{keep: 1 month, on: last Sunday}}}}", "instantRestore: 5 days"),
    (CURRENT, WEEK, f"retention: {{{KEPT}}}", "tier: Enhanced", "instantRestore: 30 days"),
    (CURRENT, hourly(24, 24), "retention: {daily: 30 days}", "tier: Enhanced"),
    (PREVIEW, DAY, "retention: {daily: 1 day}"),
]
BAD = [
    (1, (CURRENT, 'schedule: {every: day, at: "22:10"}', "retention: {daily: 7 days}")),
    (2, (CURRENT, DAY, "retention: {daily: 6 days}")),
    (2, (CURRENT, DAY, "retention: {daily: 10000 days}")),
    (2, (CURRENT, DAY, f"retention: {{{KEPT}}}")),
    (2, (CURRENT, DAY, "retention: {daily: 7 days, monthly: {keep: 1189 months, on: day 28}}")),
    (3, (CURRENT, DAY, "retention: {daily: 7 days}", "instantRestore: 6 days")),
    (3, (CURRENT, WEEK, f"retention: {{{KEPT}}}", "instantRestore: 3 days")),
    (2, (CURRENT, WEEK, f"retention: {{daily: 7 days, {KEPT}}}")),
    (2, (CURRENT, WEEK, "retention: {weekly: {keep: 4 weeks, on: [Sunday]}}")),
    (2, (CURRENT, WEEK, f"retention: {{{KEPT}, monthly: {{keep: 1 month, on: last Friday}}}}")),
    (2, (CURRENT, WEEK, f"retention: {{{KEPT}, monthly: {{keep: 1 month, on: day 1}}}}")),
    (1, (CURRENT, hourly(5, 10), "retention: {daily: 30 days}", "tier: Enhanced")),
    (1, (CURRENT, hourly(12, 8), "retention: {daily: 30 days}", "tier: Enhanced")),
    (1, (CURRENT, hourly(4, 25), "retention: {daily: 30 days}", "tier: Enhanced")),
    (1, (CURRENT, hourly(4, 12), "retention: {daily: 30 days}")),
    (3, (CURRENT, DAY, "retention: {daily: 30 days}", "instantRestore: 31 days", "tier: Enhanced")),
    (2, (PREVIEW, DAY, "retention: {daily: 31 days}")),
    (2, (PREVIEW, DAY, "retention: {daily: 30 days, yearly: {keep: 1 year, on: day 1, in: [May]}}")),
    (3, (PREVIEW, DAY, "retention: {daily: 30 days}", "tier: Enhanced")),
    (3, (PREVIEW, DAY, "retention: {daily: 30 days}", "instantRestore: 1 day")),
]


@pytest.mark.parametrize("given", GOOD)
def test_what_the_service_takes(given: tuple[str, ...]) -> None:
    assert told(*given) == []


@pytest.mark.parametrize(("line", "given"), BAD)
def test_what_the_service_refuses_is_told_once_on_its_line(line: int, given: tuple[str, ...]) -> None:
    assert told(*given) == [(line, "policy-rule")]


def test_an_odd_window_is_only_advice() -> None:
    given = (CURRENT, hourly(4, 23), "retention: {daily: 30 days}", "tier: Enhanced")
    assert told(*given) == [(1, "policy-advice")]
