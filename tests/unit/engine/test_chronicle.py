"""What is remembered comes back as it was; whatever is spoilt is as if it were lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.chronicle import Chronicle, recall
from reconciler.model.past import Absence, Past
from reconciler.planning import remembered
from tests.unit.engine.virtual import Pad
from tests.unit.planning.making import CALM, snapshots, wanted

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAST = Past(
    None,
    NOW,
    {"/vault": Absence(NOW, NOW + timedelta(minutes=5))},
    {"/vault": {"0123456789abcdef": "guid", "fedcba9876543210": ""}},
    {"request": (NOW, NOW + timedelta(hours=1))},
    {"consent": "request"},
)


def kept(past: Past) -> Pad:
    pad = Pad()
    chronicle = Chronicle(pad)
    chronicle._past = past
    chronicle.save()
    return pad


def test_it_comes_back_as_it_was() -> None:
    assert recall(kept(PAST)) == PAST


def test_only_what_has_changed_is_written() -> None:
    pad = kept(PAST)
    chronicle = Chronicle(pad)
    assert chronicle.past == PAST
    pad.texts.clear()
    chronicle.save()
    assert pad.texts == {}

    chronicle._past = replace(PAST, consents={"consent": "request", "other": "request"})
    chronicle.save()
    assert pad.texts == {"past/consent/other": "request"}


@pytest.mark.parametrize("name", sorted(kept(PAST).texts))
@pytest.mark.parametrize("text", ["", "x", "[]", "{", "null", '{"a": 1}', "2026-03-02T09:00:00", "\x00", "9" * 5000])
def test_a_spoilt_note_is_a_lost_one(name: str, text: str) -> None:
    pad = kept(PAST)
    pad.texts[name] = text
    spoilt = recall(pad)
    assert isinstance(spoilt, Past)
    kind = name.split("/")[1]
    if kind != "consent" and text != '{"a": 1}':
        assert spoilt != PAST


@CALM
@given(st.data())
def test_whatever_was_seen_comes_back(data: st.DataObject) -> None:
    pad = Pad()
    chronicle, past = Chronicle(pad), Past()
    for _ in range(3):
        desired, observed = data.draw(wanted()), data.draw(snapshots())
        past = remembered(desired, observed, past)
        chronicle.looked(desired, observed)
        assert chronicle.past == past
    chronicle.save()
    assert recall(pad) == past
