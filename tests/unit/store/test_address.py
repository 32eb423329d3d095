"""Where a journal is, and how to speak of it without telling how to get in."""

from __future__ import annotations

import pytest

from reconciler.store.address import has_password, hushed, is_postgres, title


@pytest.mark.parametrize(
    ("where", "postgres", "told", "password"),
    [
        ("journal.db", False, "journal.db", False),
        ("/var/lib/reconcile/a:b@c.db", False, "/var/lib/reconcile/a:b@c.db", False),
        (":memory:", False, ":memory:", False),
        ("postgresql://db/backup", True, "postgresql://db/backup", False),
        ("postgres://me@db:5433/backup?sslmode=require", True, "postgresql://db:5433/backup", False),
        ("POSTGRESQL://me:pw@db/backup", True, "postgresql://db/backup", True),
        ("postgresql://me:p@w@db/backup", True, "postgresql://…", True),
        ("postgresql://me:p/w@db/backup", True, "postgresql://…", True),
        ("postgresql://me:p:w@db/backup", True, "postgresql://…", True),
        ("postgresql://me:p%40w@%2Fvar%2Frun/backup", True, "postgresql://%2Fvar%2Frun/backup", True),
        ("postgresql://db/backup?user=me&password=pw", True, "postgresql://db/backup", True),
        ("postgresql://db/backup?sslpassword=pw", True, "postgresql://db/backup", True),
        ("postgresql://me:pw@db:port/backup", True, "postgresql://…", True),
        ("postgresql://me:@db/backup", True, "postgresql://db/backup", False),
        ("postgresql:///backup", True, "postgresql:///backup", False),
    ],
)
def test_what_is_told_of_a_place(where: str, postgres: bool, told: str, password: bool) -> None:
    assert (is_postgres(where), title(where), has_password(where)) == (postgres, told, password)


def test_a_password_is_hushed_in_either_spelling() -> None:
    where = "postgresql://me:p%40ss@db/backup?sslpassword=other"
    assert hushed("not p%40ss, that is p@ss, nor other", where) == "not ***, that is ***, nor ***"
    assert hushed("nothing to hide", "journal.db") == "nothing to hide"
