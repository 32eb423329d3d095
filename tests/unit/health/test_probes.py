"""Alive means useful, and ready means that something was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from reconciler.health.probes import live, ready
from reconciler.model.board import Board, LeaseState, Rejected, Rejection, Revision, Role, SourceState, VaultState

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SEEN = VaultState("a", last_completed=NOW)
BOARD = Board(
    "test", "0", NOW, NOW, 300.0, 900.0, SourceState("git", Revision("c0ffee")), LeaseState(Role.LEADER), {"a": SEEN}
)


def test_a_vault_that_was_looked_at_in_time_is_alive() -> None:
    assert live(BOARD, {"a": 900.0}).good


def test_one_vault_without_a_completed_pass_is_enough_to_be_dead() -> None:
    board = replace(BOARD, vaults={"a": SEEN, "b": VaultState("b", trouble="403 Forbidden")})
    verdict = live(board, {"a": 10.0, "b": 1200.0})
    assert verdict.reasons == ("no pass over the vault b was completed for 20 minutes: 403 Forbidden",)


def test_without_manifests_nobody_is_dead() -> None:
    assert live(replace(BOARD, vaults={}), {}).good


def test_ready_is_who_has_manifests_and_has_looked() -> None:
    assert ready(BOARD).good
    assert ready(replace(BOARD, lease=LeaseState(Role.STANDBY))).good


def test_who_ends_is_not_ready() -> None:
    assert ready(BOARD, "interrupted by SIGTERM").reasons == ("interrupted by SIGTERM",)


def test_without_manifests_in_force_the_reason_is_told() -> None:
    rejected = Rejected(Revision("bad"), Rejection.INVALID, NOW, how="mend the manifests")
    board = replace(BOARD, source=SourceState("git", rejected=rejected))
    assert ready(board).reasons == ("no manifests are in force yet: the newest is invalid: mend the manifests",)


def test_a_vault_that_nobody_has_looked_at_yet_is_waited_for() -> None:
    fresh = replace(BOARD, vaults={"a": SEEN, "b": VaultState("b")})
    assert ready(fresh).reasons == ("the vault b was not looked at yet",)


def test_a_vault_in_trouble_makes_nobody_unready_as_long_as_another_is_seen() -> None:
    assert ready(replace(BOARD, vaults={"a": SEEN, "b": VaultState("b", trouble="403")})).good
    assert not ready(replace(BOARD, vaults={"b": VaultState("b", trouble="403")})).good
