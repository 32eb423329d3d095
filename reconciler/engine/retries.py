"""Whether a step that failed before is sent again: what the row of the table allows, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.diagnostics.catalog import RetryRule
from reconciler.engine.facts import decides, fact_name
from reconciler.engine.verdict import UNCLASSIFIED
from reconciler.model.attempts import Attempts, Circumstances
from reconciler.model.outcome import AzureError, Failed, Retry

UNSEEN_FIRST, UNSEEN_LONGEST = 5.0, 60.0
"""Minutes between attempts where a rule waits for a fact that nobody can see from here; doubled up to the longest."""
BUSY_SECONDS = 60.0
"""Until a running operation is asked after again: what Azure asks for after a `PUT` of an item (WIRE 2.2)."""
_UNCHANGED = "Not sent again: neither VM nor YAML nor the troubleshooting table has changed."
_ONCE_MORE = " Tried once more after a day."
_SOUND = {"power": {"running"}, "provisioning-state": {"Succeeded"}}
"""Facts of a VM that come and go within minutes, as they should be."""
SPREAD = 0.2
"""How much later than its rule says a retry may come, as a share: many VMs that failed at once come back apart."""


ANEW = timedelta(hours=24)
"""After the last attempt that a rule allows: an outage that outlasts the rule must not end protection for good.

Nor must a refusal that nobody understands: it may be a fault that has passed.
"""


CLOCKS = timedelta(minutes=5)
"""How far two clocks may differ. What failed later than that after now failed by a clock that was wrong: who waited for
it might wait for years (facts I-36).
"""


def spread(seconds: float, chance: float) -> float:
    """Never earlier than the row says, up to a fifth later. `chance` is in [0, 1)."""
    return seconds * (1 + SPREAD * chance)


def ruling(
    code: str, rule: RetryRule, times: int, chance: float, error: AzureError | None = None, *, seen: bool = True
) -> Retry | Failed:
    """What a failure means after `times` of its kind in a row, this one counted.

    `seen` tells whether the fact that the rule names is observed, and such that it can change for the better.
    """
    asked = error.retry_after or 0.0 if error is not None else 0.0
    message = error.message if error is not None else ""
    match rule.rule:
        case "wait":
            return Retry(code, max(asked, BUSY_SECONDS), error, "waits for the running operation")
        case "after" if times > (rule.times or 0):
            return Failed(code, error, f"Tried {_times(times)}, which is all that its rule allows.")
        case "after":
            text = f"tried {_times(times)}; {_left((rule.times or 0) - times + 1)}"
            return Retry(code, max(asked, spread((rule.minutes or 0) * 60.0, chance)), error, text)
        case "changed" if not seen:
            minutes = min(UNSEEN_FIRST * 2 ** min(times - 1, 10), UNSEEN_LONGEST)
            return Retry(code, max(asked, spread(minutes * 60.0, chance)), error, _unseen(rule))
        case _:
            return Failed(code, error, message)


def again(past: Attempts, now: Circumstances, rule: RetryRule, at: datetime) -> Retry | Failed | None:
    """None when the step may be sent, else what to say instead. `rule` is that of the row as the table has it today.

    `past` is its last failure, `at` aware UTC.
    """
    before = past.circumstances
    if now.wish != before.wish or past.failed_at - at > CLOCKS:
        return None
    old = at - past.failed_at >= ANEW
    match rule.rule:
        case "changed":
            name = fact_name(rule.fact or "")
            if not decides(name, now.facts) and not decides(name, before.facts):
                return None if now.facts != before.facts else _later(past, at, _unseen(rule))
            passing = _may_pass(past, name)
            if now.facts.get(name) != before.facts.get(name) or (passing and old):
                return None
            return _given_up(past, f"Not sent again: only {rule}.{_ONCE_MORE if passing else ''}")
        case _ if now.facts != before.facts:
            return None
        case "wait":
            return _later(past, at, "waits for the running operation")
        case "after" if past.times > (rule.times or 0):
            return None if old else _given_up(past, _used_up(past.times))
        case "after":
            return _later(past, at, f"tried {_times(past.times)}; {_left((rule.times or 0) - past.times + 1)}")
        case _ if past.code == UNCLASSIFIED:
            return None if old else _given_up(past, f"{_UNCHANGED}{_ONCE_MORE}")
        case _:
            return _given_up(past, _UNCHANGED)


def _may_pass(past: Attempts, fact: str) -> bool:
    """Whether it may have failed for what lasted only a while, so that nobody sees the fact change any more.

    A VM that was started did not run in time, or one was refused for a state that was not seen: it can have been
    switched off, and on again, between two looks.
    """
    late = past.error is None and past.action == "start-vm" and fact == "power"
    return late or past.circumstances.facts.get(fact) in _SOUND.get(fact, ())


def _later(past: Attempts, at: datetime, text: str) -> Retry | None:
    left = (past.due_at - at).total_seconds()
    return Retry(past.code, left, past.error, text) if left > 0 else None


def _given_up(past: Attempts, text: str) -> Failed:
    return Failed(past.code, past.error, text)


def _used_up(times: int) -> str:
    return f"Not sent again: tried {_times(times)}, and neither VM nor YAML has changed.{_ONCE_MORE}"


def _unseen(rule: RetryRule) -> str:
    return f"{rule}; that cannot be seen from here, so it is tried now and then"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _left(number: int) -> str:
    return f"{number} more {'try' if number == 1 else 'tries'} at most"
