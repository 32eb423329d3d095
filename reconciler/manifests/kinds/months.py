"""`first Sunday`, `day 1`, `last day`: which days of a month, and what can be said together."""

from __future__ import annotations

from reconciler.manifests.kinds.fields import Problem
from reconciler.model.backup_rules import ByDate, ByWeekday, DayRule, Ordinal, Weekday
from reconciler.model.span import Path


def _texts(on: str | list[str]) -> list[str]:
    return [on] if isinstance(on, str) else on


def _by_date(text: str) -> bool:
    return text == "last day" or text.startswith("day ")


def day_rule(on: str | list[str]) -> DayRule:
    """The days in the form of the wire; `on` has no problems."""
    texts = _texts(on)
    if all(_by_date(text) for text in texts):
        dates = {int(text.split(" ")[1]) for text in texts if text != "last day"}
        return ByDate(tuple(sorted(dates)), "last day" in texts)
    pairs = [text.split(" ") for text in texts]
    weeks = {first.capitalize() for first, _ in pairs}
    names = {second for _, second in pairs}
    return ByWeekday(
        tuple(week for week in Ordinal if week.value in weeks), tuple(day for day in Weekday if day.value in names)
    )


def day_rule_problems(on: str | list[str], path: Path) -> list[Problem]:
    """Dates and weekdays cannot be mixed, and the service takes weeks × weekdays, not single pairs."""
    texts = _texts(on)
    dated = [_by_date(text) for text in texts]
    if any(dated) and not all(dated):
        return [Problem(path, "dates and days of the week cannot be mixed", "write only one sort of them")]
    if all(dated):
        return []
    rule = day_rule(on)
    if isinstance(rule, ByWeekday):
        every = [f"{week.value.lower()} {day.value}" for week in rule.weeks for day in rule.days]
        if set(every) != set(texts):
            message = "the service can only keep each of these weeks on each of these days"
            return [Problem(path, message, f"write [{', '.join(every)}], or fewer")]
    return []
