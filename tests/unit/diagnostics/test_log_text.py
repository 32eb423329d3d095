"""The audit log for people: what fits into 80 columns, what a wide terminal adds, and names that would command."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.diagnostics.log_text import render_log
from reconciler.model.audit import AuditEntry, Chain, Event, Head

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
HOSTILE = "web\x1b[31m\u202e::error::"


def entry(number: int, event: Event, outcome: str = "", code: str = "", name: str = "rg/web-1") -> AuditEntry:
    return AuditEntry(
        number=number,
        at=NOW,
        run="run-1",
        step_id="s",
        event=event,
        action="protect",
        vault="rsv",
        subject_name=name,
        subject_id="/x",
        revision="0123456789abcdef",
        actor="jo@host",
        epoch=3,
        method="PUT",
        path="/subscriptions/x",
        api="2024-04-01",
        before={"state": "registered"},
        after={},
        correlation_id="c-1",
        request_id="r-1",
        outcome=outcome,
        code=code,
        hash=f"sha256:{number}",
    )


ENTRIES = (entry(1, Event.INTENDED), entry(2, Event.ENDED, "failed", "register-vm-not-running"))
WHOLE = Chain(Head(2, "sha256:2"), NOW)


def text(*entries: AuditEntry, chain: Chain = WHOLE, full: bool = False, width: int = 80) -> str:
    return render_log(entries, chain, title="x.db", matching=len(entries), full=full, width=width).plain


def test_eighty_columns_hold_the_code_of_a_failure() -> None:
    lines = text(*ENTRIES).splitlines()
    assert lines[2].split() == ["no.", "time,", "UTC", "action", "on", "code"]
    assert lines[4].split() == ["2", "11-23", "08:00:00", "protect", "failed", "rg/web-1", "register-vm-not-running"]


def test_a_wide_terminal_has_room_for_who_and_by_which_revision() -> None:
    lines = text(*ENTRIES, width=140).splitlines()
    assert lines[2].split() == ["no.", "time,", "UTC", "action", "on", "revision", "by", "code"]
    assert lines[3].split()[-2:] == ["01234567", "jo@host"]


def test_in_full_there_is_all_of_it() -> None:
    told = " ".join(text(*ENTRIES, full=True).split())
    assert "by jo@host, revision 0123456789abcdef, run run-1, epoch 3" in told
    assert "correlation c-1, Azure's r-1" in told
    assert 'before: {"state":"registered"}' in told
    assert "after:" not in told
    assert "failed [register-vm-not-running]" in told


def test_a_broken_chain_is_told_with_what_it_means() -> None:
    told = text(ENTRIES[0], chain=Chain(Head(2, "sha256:2"), NOW, 2, "it is missing"))
    assert "chain broken at entry 2: it is missing" in told
    assert "nothing from there on is proved" in " ".join(told.split())


def test_names_are_shown_and_do_nothing() -> None:
    for full in (False, True):
        told = text(entry(1, Event.INTENDED, name=HOSTILE), full=full)
        assert "\x1b" not in told
        assert "\u202e" not in told
        assert "web" in told
