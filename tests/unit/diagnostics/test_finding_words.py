"""What is left of a remedy where a line has no room for all of it."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.finding_words import first_sentence

LONG = "Look at the extensions of the VM, and remove or repair the one that failed"


@pytest.mark.parametrize(
    ("remedy", "shown"),
    [
        ("Start the VM.", "Start the VM."),
        ("Start the VM; wait.", "Start the VM; wait."),
        ("Start the VM. Then wait.", "Start the VM. …"),
        ("啟動 VM。然後等待。", "啟動 VM。 …"),
        (f"{LONG}; or wait.", f"{LONG}; …"),
        (f"{LONG} (`a b`; not c).", f"{LONG} (`a b`; not c)."),
        (f"{LONG} (`a b`; not c); or wait.", f"{LONG} (`a b`; not c); …"),
        (f"{LONG} (`a b`; not c", f"{LONG} (`a b`; not c"),
    ],
)
def test_a_remedy_is_cut_where_it_can_be_read(remedy: str, shown: str) -> None:
    assert first_sentence(remedy) == shown
