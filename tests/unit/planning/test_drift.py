"""Drift as a plan shows it: each subject once, and the words for what differs."""

from __future__ import annotations

import pytest

from reconciler.planning.drift import drifts
from tests.unit.planning.test_cases import plan_of_case


@pytest.mark.parametrize(
    ("case", "kind", "words"),
    [
        ("soft-deleted, asked to be protected", "deleted", "state is soft-deleted, declared stopped"),
        ("stopped by hand", "stopped", "state is stopped, declared protected"),
        ("by a policy that keeps less, moved to one that keeps more", "vm-policy", "policy is short, declared daily"),
        ("drift that is only to be told", "vm-policy", "rg-web/web-01 is backed up by 'short' instead of 'daily'."),
    ],
)
def test_a_subject_is_told_once(case: str, kind: str, words: str) -> None:
    [found] = drifts(plan_of_case(case))
    assert (found.kind, found.found, found.label.rpartition("/")[2]) == (kind, words, "web-01")


@pytest.mark.parametrize("case", ["not yet seen by the vault", "in error is told, and nothing is sent"])
def test_what_is_only_missing_or_broken_is_no_drift(case: str) -> None:
    assert list(drifts(plan_of_case(case))) == []
