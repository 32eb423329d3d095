"""The picture of the lifecycle, drawn from the table of actions: `python -m reconciler.actions.lifecycle`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from reconciler.actions import ACTIONS
from reconciler.actions.action import Action
from reconciler.model.desired import Generation
from reconciler.model.plan import SubjectKind

_TITLES = {
    SubjectKind.VM: "A virtual machine in a vault",
    SubjectKind.POLICY: "A policy in a vault",
    SubjectKind.VAULT: "A vault",
}


def page() -> str:
    """The whole Markdown page: a state diagram for VMs, policies and vaults, and the table they are drawn from."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The lifecycle"
    yield ""
    yield "Made by `python -m reconciler.actions.lifecycle` from the table of actions; a test keeps it fresh."
    for kind, title in _TITLES.items():
        actions = [action for action in ACTIONS.values() if action.subject is kind and action.kind != "start-vm"]
        yield from ("", f"## {title}", "", "```mermaid", "stateDiagram-v2", "    direction LR")
        for action in actions:
            for before in sorted(action.before):
                if before is not action.after:
                    yield f"    {_node(before)} --> {_node(action.after)}: {action.kind}"
        yield "```"
    yield from (
        "",
        "## The table",
        "",
        "| | action | from | to | risk | recovery points | job | where |",
        "|---|---|---|---|---|---|---|---|",
    )
    yield from (_row(action) for action in ACTIONS.values())


def _row(action: Action) -> str:
    before = ", ".join(sorted(action.before)) or "any"
    where = "everywhere" if len(action.generations) == len(Generation) else ", ".join(sorted(action.generations))
    job = action.job or "none"
    return (
        f"| `{action.symbol}` | {action.kind} | {before} | {action.after} | {action.risk.word} "
        f"| {action.recovery_points} | {job} | {where} |"
    )


def _node(state: str) -> str:
    return state.replace("-", "_")


if __name__ == "__main__":
    sys.stdout.write(page())
