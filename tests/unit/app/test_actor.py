"""Who wrote, as the audit log has it."""

from __future__ import annotations

import getpass
import socket

import pytest

from reconciler.actor import actor


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"AZURE_CLIENT_ID": "0000-1", "GITHUB_ACTOR": "octocat"}, "0000-1"),
        ({"AZURE_CLIENT_ID": " ", "GITHUB_ACTOR": "octocat"}, "octocat"),
        ({"BUILD_REQUESTEDFOR": "Jo Doe"}, "Jo Doe"),
    ],
)
def test_an_identity_comes_before_a_user(environment: dict[str, str], named: str) -> None:
    assert actor(environment) == f"{named}@{socket.gethostname()}"


def test_else_it_is_the_user_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert actor({}) == f"{getpass.getuser()}@{socket.gethostname()}"

    def nameless() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert actor({}) == f"unknown@{socket.gethostname()}"
