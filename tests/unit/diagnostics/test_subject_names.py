"""Many names in few words, and nothing said that is not so."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.subject_names import names, short_ids
from reconciler.model.plan import SubjectKind

ARM = "/subscriptions/s/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web-01"


@pytest.mark.parametrize(
    ("subjects", "said"),
    [
        ([], ""),
        (["rg/web-01"], "rg/web-01"),
        (["rg/web-02", "rg/web-01", "rg/web-01"], "2 VMs  rg/web-01, web-02"),
        (["a/x", "b/y"], "2 VMs  a/x, b/y"),
        ([f"rg/web-{number}" for number in range(8, 13)], "5 VMs  rg/web-8 … web-12"),
        ([f"rg/web-{number:02}" for number in (1, 2, 3, 5)], "4 VMs in rg"),
        (["rg/web-1", "rg/web-01", "rg/web-2", "rg/web-3"], "4 VMs in rg"),
        (["rg/web-1", "rg/web-2", "rg/web-3", "rg/sql-4"], "4 VMs in rg"),
        (["a/1", "a/2", "b/3", "b/4"], "4 VMs in a, b"),
        ([f"{group}/vm" for group in "abcd"], "4 VMs in a, b, c, d"),
        ([f"{group}/vm" for group in "abcde"], "5 VMs in a, b, c and 2 more groups"),
        (["p", "q", "r", "s", "t"], "5 VMs  p, q, r and 2 more"),
    ],
)
def test_names(subjects: list[str], said: str) -> None:
    assert names(subjects, SubjectKind.VM) == said


def test_without_a_kind_the_number_stands_alone() -> None:
    assert names(["a", "b"], None) == "2  a, b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ARM} is off.", "rg-web/web-01 is off."),
        (f"({ARM.upper()})", "(RG-WEB/WEB-01)"),
        ("/subscriptions/s has no groups", "/subscriptions/s has no groups"),
    ],
)
def test_short_ids(text: str, said: str) -> None:
    assert short_ids(text) == said
