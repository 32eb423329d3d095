"""The corpus of hostile names is what it says, and every output of the command line is tried with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from reconciler.cli.params import SHEETS
from tests.hostile import reading
from tests.hostile.names import GROUPS, NAMES
from tests.hostile.outputs import OUTPUTS
from tests.unit.diagnostics.readers import azure_commands, github_commands, render


def test_there_are_many_and_no_two_are_alike() -> None:
    assert len(NAMES) > 1900
    assert len(set(NAMES.values())) == len(NAMES)


def test_every_format_of_every_sheet_is_among_the_outputs() -> None:
    wanted = {f"{kind}.{form}" for kind in ("plan", "result", "status", "manifests") for form in SHEETS}
    assert wanted <= set(OUTPUTS)
    assert len(OUTPUTS) == len(wanted) + 30


def _dangerous_in_markdown(text: str) -> list[str]:
    page = render(text)
    return [*(set(page.elements) - {"paragraph_open", "paragraph_close"}), *page.alarms]


TELL: Mapping[str, Callable[[str], Sequence[object]]] = {
    "terminal": lambda text: reading.terminal(text)[1],
    "unseen": lambda text: reading.terminal(text)[1],
    "github": github_commands,
    "azure-devops": azure_commands,
    "markdown": _dangerous_in_markdown,
}


@pytest.mark.parametrize("group", TELL)
def test_its_readers_find_them_dangerous(group: str) -> None:
    """A reader that sees nothing in the raw names would prove nothing."""
    assert sum(bool(TELL[group](text)) for text in GROUPS[group]) > len(GROUPS[group]) / 3
