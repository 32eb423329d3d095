"""Play a scenario to its end, and compare what each step left behind with what it has to show."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.outcome import AzureError, Done, Failed, Retry, word
from reconciler.model.plan import Finding, Severity
from reconciler.rehearsal.script import COLUMNS, Column, Scenario, Step
from reconciler.rehearsal.stage import Evidence, Stage


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a scenario. `cells` has the columns that were shown; `problems` says what was not as written."""

    scenario: Scenario
    cells: Mapping[Column, str]
    writes: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.problems


def play(scenario: Scenario) -> Played:
    """One scenario in an embedded vault of its own, under virtual time."""
    cells: dict[Column, str] = {"predicted": scenario.unforeseen} if scenario.unforeseen else {}
    problems: list[str] = []
    writes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        stage = Stage(scenario, Path(folder))
        try:
            for number, step in enumerate(scenario.steps, 1):
                seen = stage.act(step)
                writes.update(seen.writes)
                wrong = [f"step {number} ({step.do}): {text}" for text in differences(step, seen)]
                problems += wrong
                if not wrong:
                    cells |= dict.fromkeys(step.shows, step.cell)
        finally:
            stage.close()
    problems += [f"nothing shows the column {column!r}" for column in COLUMNS if column not in cells]
    return Played(scenario, cells, writes, tuple(problems))


def differences(step: Step, seen: Evidence) -> Iterator[str]:
    """What is not as the step says it has to be."""
    compared = (
        ("predicted", step.predicted, _predicted(seen)),
        ("findings", step.findings, _findings(seen)),
        ("outcomes", step.outcomes, _outcomes(seen)),
        ("answered", step.answered, seen.answered),
        ("writes", step.writes, seen.writes),
        ("jobs", step.jobs, seen.jobs),
        ("protected", step.protected, seen.protected),
    )
    for name, wanted, found in compared:
        if wanted is not None and found != wanted:
            yield f"{name}: {found!r} instead of {wanted!r}"
    for row, basis in ((one.code, one.basis) for one in _told(seen)):
        if step.basis and basis != step.basis and row in (step.findings or {}):
            yield f"the basis of {row} is {basis!r} instead of {step.basis!r}"
    said = _said(seen)
    for subject, wanted_words in step.azure.items():
        errors = said.get(subject, [])
        if not any(one.code == wanted_words.code and wanted_words.words in one.message for one in errors):
            yield f"of {subject} Azure said {errors!r} instead of {wanted_words!r}"
    for machine, code in step.health.items():
        if seen.health.get(machine) != code:
            yield f"the health of {machine} is {seen.health.get(machine)!r} instead of {code!r}"


def _name(subject: str) -> str:
    """The bare name at the end of a label or of an ARM id."""
    return subject.rstrip("/").rpartition("/")[2]


def _told(seen: Evidence) -> list[Finding]:
    findings = seen.plan.findings if seen.plan else ()
    return [one for one in findings if one.severity is not Severity.INFO]


def _predicted(seen: Evidence) -> dict[str, tuple[str, ...]]:
    steps = seen.plan.steps if seen.plan else ()
    return {_name(step.subject.name): step.predicted for step in steps if step.predicted}


def _findings(seen: Evidence) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one in _told(seen):
        found.setdefault(one.code, []).extend(_name(subject) for subject in one.subjects)
    return {row: tuple(sorted(names)) for row, names in found.items()}


def _outcomes(seen: Evidence) -> dict[str, str]:
    steps = {step.id: step for step in seen.plan.steps} if seen.plan else {}
    found = {}
    for step_id, outcome in seen.outcomes.items():
        if not isinstance(outcome, Done):
            step = steps[step_id]
            code = f" {outcome.code}" if isinstance(outcome, Failed | Retry) else ""
            found[f"{step.action} {_name(step.subject.name)}"] = f"{word(outcome)}{code}"
    return found


def _said(seen: Evidence) -> dict[str, list[AzureError]]:
    """By machine or vault, what Azure said in outcomes and findings."""
    steps = {step.id: step for step in seen.plan.steps} if seen.plan else {}
    said: dict[str, list[AzureError]] = {}
    for step_id, outcome in seen.outcomes.items():
        error = getattr(outcome, "error", None)
        if error is not None:
            said.setdefault(_name(steps[step_id].subject.name), []).append(error)
    for one in _told(seen):
        for subject in one.subjects:
            said.setdefault(_name(subject), []).extend(one.azure)
    return said
