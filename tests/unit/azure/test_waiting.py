"""`Retry-After`: digits or a date, nothing else, and never for ever."""

from __future__ import annotations

import pytest

from reconciler.azure.waiting import retry_after
from tests.unit.azure.scripted import NOW


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", 60.0),
        (" 60 ", 60.0),
        ("0", 1.0),
        ("901", 900.0),
        ("9" * 400, 900.0),
        ("1000000000", 900.0),
        ("Mon, 23 Nov 2026 08:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2020 08:01:00 GMT", None),
        ("Mon, 23 Nov 2099 08:01:00 GMT", 900.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("60.5", None),
        ("0x10", None),
        ("\u0663", None),
        ("soon", None),
        ("Mon, 99 Foo 2026", None),
        ("60, 60", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after(value, NOW) == expected
