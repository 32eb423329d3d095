"""What became of a step, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from reconciler.diagnostics.as_json import NOT_REACHED
from reconciler.diagnostics.catalog import catalog
from reconciler.diagnostics.paper import Paper
from reconciler.model.outcome import AzureError, Done, Failed, Outcome, Pending, Retry, Skipped, word
from reconciler.model.plan import Step

_TALLY = {
    "done": "done",
    "pending": "still running",
    "retry": "to be retried",
    "failed": "failed",
    "skipped": "skipped",
}


def tally(steps: Iterable[Step], outcomes: Mapping[str, Outcome]) -> str:
    """`8 steps done, 1 failed`: in the order of the table above, what there is none of left out."""
    counts = Counter(word(outcomes.get(step.id, NOT_REACHED)) for step in steps)
    parts = [(counts[name], text) for name, text in _TALLY.items() if counts[name]]
    noun = "step" if parts[0][0] == 1 else "steps"
    return ", ".join(
        f"{number} {noun} {text}" if not place else f"{number} {text}" for place, (number, text) in enumerate(parts)
    )


def brief(outcome: Outcome) -> str:
    """The outcome on the step's own line."""
    match outcome:
        case Done():
            return "done"
        case Pending():
            return "pending: Azure is still working on it"
        case Retry(code, after):
            return f"retry in {seconds(after)}: {catalog().row(code).title} [{code}]"
        case Failed(code):
            return f"failed: {catalog().row(code).title} [{code}]"
        case Skipped(because):
            return f"skipped: {because}"


def details(page: Paper, outcome: Outcome, alike: int, indent: int) -> None:
    """Azure's own words, kept, and what to do now; under the line of the step."""
    if not isinstance(outcome, Retry | Failed):
        return
    if outcome.error is not None:
        _azure(page, outcome.error, alike, indent)
    if (
        isinstance(outcome, Failed)
        and outcome.message
        and (outcome.error is None or outcome.message != outcome.error.message)
    ):
        page.line(outcome.message, indent=indent, hang=0)
    page.line(f"help: {catalog().row(outcome.code).remedy}", indent=indent, hang=6)


def _azure(page: Paper, error: AzureError, alike: int, indent: int) -> None:
    status = f" (HTTP {error.status})" if error.status else ""
    page.line(f"Azure: {error.code or error.number or 'no code'}{status}: {error.message}", indent=indent, hang=7)
    if error.correlation_id:
        more = f", and {alike - 1} more in the JSON result" if alike > 1 else ""
        page.line(f"correlation id {error.correlation_id}{more}", indent=indent, hang=2)


def codes(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Codes of the table met, failures first."""
    met = [outcome for outcome in outcomes.values() if isinstance(outcome, Failed | Retry)]
    return [one.code for one in sorted(met, key=lambda one: (isinstance(one, Retry), one.code))]


def seconds(number: float) -> str:
    """A duration as a person says it, rounded up to what matters."""
    if number < 90:
        return f"{max(round(number), 1)} s"
    minutes = -(-int(number) // 60)
    return f"{minutes} min" if minutes < 120 else f"{-(-minutes // 60)} h"
