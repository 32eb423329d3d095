"""What a job hands on beside its log: the summary of the run, and outputs that later steps ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.diagnostics.escape import azure_data, azure_property, terminal
from reconciler.model.outcome import Failed, Pending, Retry
from reconciler.model.plan import RecoveryPoints, Step
from reconciler.model.state import Risk
from reconciler.saved_plan import replace_file

if TYPE_CHECKING:
    from reconciler.app import Report
    from reconciler.diagnostics.sheet import Sheet
    from reconciler.model.plan import Plan

_SUMMARY = "reconcile-summary.md"


def outputs_of(plan: Plan, report: Report, *, code: int, plan_file: str) -> dict[str, str]:
    """What later steps decide on. `coverage` is in percent, empty where no VM is in scope."""
    held = [one.step for one in plan.held]
    found = [(report.outcomes or {}).get(step.id) for step in plan.steps]
    covered, scope = plan.coverage.in_scope - len(plan.coverage.uncovered), plan.coverage.in_scope
    return {
        "changes": str(len(plan.steps)),
        "held": str(len(held)),
        "has-data-loss": str(any(map(_loses, (*plan.steps, *held)))).lower(),
        "failed": str(sum(isinstance(outcome, Failed | Retry | Pending) for outcome in found)),
        "coverage": f"{100 * covered / scope:.1f}" if scope else "",
        "exit-code": str(code),
        "plan-file": plan_file,
    }


def counts_of(sheet: Sheet, *, code: int) -> dict[str, str]:
    """The outputs of a check that plans nothing."""
    from reconciler.diagnostics.sheet import counted

    numbers = {f"{severity}s": str(number) for severity, number in counted(sheet.notices).items() if severity != "info"}
    return numbers | {"exit-code": str(code)}


def github(environment: Mapping[str, str], summary: str, outputs: Mapping[str, str]) -> str:
    """Write the files that the runner of a step named, where it did; raises OSError. No command is needed for them."""
    _append(environment.get("GITHUB_STEP_SUMMARY", ""), summary)
    lines = [f"{name}={terminal(value)}\n" for name, value in outputs.items()]
    _append(environment.get("GITHUB_OUTPUT", ""), "".join(lines))
    return ""


def azure_devops(environment: Mapping[str, str], summary: str, outputs: Mapping[str, str]) -> str:
    """The commands that set output variables, and one that shows the summary, which is kept in a file; OSError."""
    lines = [
        f"##vso[task.setvariable variable={azure_property(name.replace('-', '_'))};isOutput=true]{azure_data(value)}\n"
        for name, value in outputs.items()
    ]
    folder = environment.get("AGENT_TEMPDIRECTORY", "")
    if folder:
        path = Path(folder) / _SUMMARY
        replace_file(path, summary)
        lines.append(f"##vso[task.uploadsummary]{azure_data(str(path))}\n")
    return "".join(lines)


def _append(path: str, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)


def _loses(step: Step) -> bool:
    return step.risk is Risk.DESTRUCTIVE or step.recovery_points is not RecoveryPoints.KEEPS
