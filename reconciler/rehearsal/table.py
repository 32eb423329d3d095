"""What became of the thirteen rows, as a table: for a terminal, as JSON and as a page of the documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.table import Table

from reconciler.rehearsal.play import Played
from reconciler.rehearsal.script import COLUMNS, Column

_INTRODUCTION = """\
# The thirteen rows, from a real run

Made by `reconcile vault table -o markdown`, and kept fresh by a test. Each row of the source document's table is caused
in the embedded vault by what machines and vaults are like, foreseen by a dry run where that can be, met by an apply or
by a scheduled backup with the service's own error, brought to its row, acted on as the row says, and healed when the
fact is mended. Only failures of the service itself (row 1, and one part of rows 5 and 11) are injected.

The real planner, engine and Azure client do it under virtual time; requests are counted where they arrive. What is done
and asserted, step by step, is in [reconciler/rehearsal/scenarios](../reconciler/rehearsal/scenarios).
"""
_TITLES: Mapping[Column, str] = {
    "predicted": "Predicted",
    "met": "Met, as Azure said it",
    "classified": "Classified",
    "acted on": "Acted on",
    "healed": "Healed",
}


def terminal_table(results: Sequence[Played]) -> Table:
    """Whether each column was shown, in 80 columns; the words behind it are for the other formats."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0), collapse_padding=True)
    table.add_column("row", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, no_wrap=column != "acted on", max_width=10 if column != "acted on" else 5)
    table.add_column("writes", justify="right")
    for played in results:
        marks = [_mark(played, column) for column in COLUMNS]
        table.add_row(played.scenario.row, *marks, str(sum(played.writes.values())))
    return table


def _mark(played: Played, column: Column) -> str:
    if column == "predicted" and played.scenario.unforeseen:
        return "-"
    return "yes" if column in played.cells else "[bold red]NO[/]"


def as_json(results: Sequence[Played]) -> str:
    """One object a row, with what was not as its scenario says."""
    rows = [
        {
            "number": played.scenario.number,
            "row": played.scenario.row,
            "cause": played.scenario.cause,
            **{column.replace(" ", "_"): played.cells.get(column) for column in COLUMNS},
            "writes": dict(sorted(played.writes.items())),
            "problems": list(played.problems),
        }
        for played in results
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def markdown(results: Sequence[Played]) -> str:
    """The page."""
    head = ["#", "Row", "Cause", *(_TITLES[column] for column in COLUMNS), "Writes"]
    lines = [_INTRODUCTION, _line(head), _line(["---"] * len(head))]
    lines += [_line(_cells(played)) for played in results]
    return "\n".join(lines) + "\n"


def _cells(played: Played) -> list[str]:
    row = played.scenario.row
    shown = [_shown(played, column) for column in COLUMNS]
    writes = ", ".join(f"{number} × {kind}" for kind, number in sorted(played.writes.items()))
    return [str(played.scenario.number), f"[`{row}`](troubleshooting.md#{row})", played.scenario.cause, *shown, writes]


def _shown(played: Played, column: Column) -> str:
    if column not in played.cells:
        return "**not shown**"
    return "yes" if column == "classified" else played.cells[column]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
