"""Once when it begins, once when it is over: over restarts, broken channels, and boards that cannot see."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from reconciler.model.board import Board, LeaseState, Rejected, Rejection, Revision, Role, SourceState
from reconciler.model.drift import Change, Drift, SeenDrift
from reconciler.model.plan import Finding, Severity
from reconciler.notices.cause import Cause, causes
from reconciler.notices.teller import REST, Teller
from tests.unit.engine.estate import VAULT
from tests.unit.engine.virtual import START, VirtualClock
from tests.unit.notices.boards import CALM, Kept, Notes, failing, finding, uncovered

Scene = Sequence[tuple[float, Board]]
STANDBY = LeaseState(Role.STANDBY, "them", 2)


def told(channel: Kept, notes: Notes, scene: Scene, after: float = 200.0) -> list[str]:
    """What a teller tells while the boards follow each other: each for so many seconds."""
    clock, board = VirtualClock(), [scene[0][1]]

    async def main() -> None:
        running = asyncio.create_task(Teller([channel], notes, clock, lambda: board[0]).run())
        for seconds, shown in scene:
            board[0] = shown
            await asyncio.sleep(seconds)
        await asyncio.sleep(after)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    clock.run(main())
    return channel.told


def once(scene: Scene) -> list[str]:
    return told(Kept(), Notes(), scene)


def test_a_failure_is_told_once_and_its_end_once() -> None:
    assert once([(500, failing("web-1")), (500, CALM)]) == [
        "begun failure register-vm-not-running rg/web-1",
        "over failure register-vm-not-running rg/web-1",
    ]


def test_many_vms_with_one_cause_are_one_message_and_a_later_one_is_another() -> None:
    many = [f"vm-{number}" for number in range(1, 4)]
    assert once([(100, failing(*many)), (100, failing(*many, "late"))]) == [
        "begun failure register-vm-not-running rg/vm-1 rg/vm-2 rg/vm-3",
        "begun failure register-vm-not-running rg/late",
    ]


def test_what_passes_at_once_is_no_news_and_what_comes_back_at_once_was_not_over() -> None:
    assert once([(15, failing("web-1")), (500, CALM)]) == []
    flapping = [(100, failing("web-1")), (20, CALM), (100, failing("web-1")), (20, CALM), (100, failing("web-1"))]
    assert once(flapping) == ["begun failure register-vm-not-running rg/web-1"]


def test_a_restart_repeats_nothing_and_tells_what_ended_meanwhile() -> None:
    notes = Notes()
    assert len(told(Kept(), notes, [(500, failing("web-1"))])) == 1
    assert told(Kept(), notes, [(500, failing("web-1"))]) == []
    assert told(Kept(), notes, [(500, CALM)]) == ["over failure register-vm-not-running rg/web-1"]
    assert notes.kept == {}


@pytest.mark.parametrize(
    "blind",
    [
        replace(CALM, vaults={}),
        replace(CALM, vaults={VAULT: replace(CALM.vaults[VAULT], trouble="403")}),
        replace(CALM, vaults={VAULT: replace(CALM.vaults[VAULT], last_completed=None)}),
        replace(CALM, desired=None, plan=None),
    ],
)
def test_what_cannot_be_seen_is_not_over(blind: Board) -> None:
    assert once([(500, failing("web-1")), (500, blind)]) == ["begun failure register-vm-not-running rg/web-1"]


def test_a_channel_that_is_down_for_a_while_loses_nothing_and_says_nothing_twice() -> None:
    channel = Kept(broken=3)
    assert told(channel, Notes(), [(500, failing("web-1"))]) == ["begun failure register-vm-not-running rg/web-1"]
    assert channel.tries == 4


def test_what_cannot_be_delivered_rests_and_lets_others_by() -> None:
    channel = Kept(broken=1, final=True)
    scene = [(100, failing("web-1")), (100, failing("web-1", "web-2"))]
    assert told(channel, Notes(), scene, after=0) == ["begun failure register-vm-not-running rg/web-2"]
    channel = Kept(broken=1, final=True)
    assert told(channel, Notes(), [(REST + 200, failing("web-1"))]) == [
        "begun failure register-vm-not-running rg/web-1"
    ]


def test_a_standby_tells_nothing_but_the_loss_of_its_lease() -> None:
    standing_by = replace(failing("web-1"), lease=STANDBY)
    assert once([(500, standing_by)]) == []
    assert once([(20, CALM), (500, standing_by)]) == ["begun lease lease-lost"]


def test_who_takes_over_tells_that_it_is_over() -> None:
    notes = Notes()
    told(Kept(), notes, [(20, CALM), (500, replace(CALM, lease=STANDBY))])
    assert told(Kept(), notes, [(500, CALM)]) == ["over lease lease-lost"]


def test_two_daemons_on_one_journal_say_a_thing_once() -> None:
    notes = Notes()
    told(Kept(), notes, [(500, failing("web-1"))])
    late = [(50, replace(failing("web-1"), lease=STANDBY)), (500, failing("web-1"))]
    assert told(Kept(), notes, late) == []


def test_each_kind_of_trouble_is_told() -> None:
    drift = Drift("vm-policy", VAULT, "/vm", "rg/web-1", "policy is x, declared y", corrected=True)
    seen = SeenDrift(drift, START, Change("eve@contoso.example", START, "write"))
    rejected = Rejected(Revision("bad" * 13), Rejection.INVALID, START, how="mend the manifests")
    blind = replace(CALM.vaults[VAULT], failures=3, trouble="no route")
    exemption = Finding("exemption-ends-soon", Severity.WARNING, ("lab",), "It ends.", vault=VAULT)
    boards: dict[str, Board] = {
        "drift": replace(CALM, drifts=(seen,)),
        "coverage": finding(uncovered("rg/web-9")),
        "rejected": replace(CALM, source=SourceState("git", rejected=rejected, checked_at=START)),
        "blind": replace(CALM, vaults={VAULT: blind}),
        "expiry": finding(exemption),
        "failure": finding(Finding("recovery-point-too-old", Severity.ERROR, ("rg/a",), "Old.", vault=VAULT)),
    }
    for kind, board in boards.items():
        [cause] = causes(board).values()
        assert cause.kind == kind
    assert "changed by eve@contoso.example" in next(iter(causes(boards["drift"]).values())).text


def test_warnings_that_ask_for_nothing_are_left_to_the_page() -> None:
    told_of = finding(Finding("orphan", Severity.INFO, ("a",)), Finding("policy-advice", Severity.WARNING, ("b",)))
    assert causes(told_of) == {}
    assert causes(finding(replace(uncovered("a"), severity=Severity.WARNING))) == {}


def test_a_fingerprint_says_what_it_is_and_not_how_it_is_worded() -> None:
    cause: Cause = next(iter(causes(failing("web-1")).values()))
    assert replace(cause, text="other words").fingerprint == cause.fingerprint
    assert replace(cause, subject="RG/WEB-1").fingerprint == cause.fingerprint
    assert replace(cause, code="other").fingerprint != cause.fingerprint
    assert replace(cause, vault="other").fingerprint != cause.fingerprint


def test_a_note_that_cannot_be_read_is_as_good_as_none() -> None:
    notes = Notes()
    notes.note("told/kept/0123", "what is this")
    assert told(Kept(), notes, [(500, CALM)]) == []
