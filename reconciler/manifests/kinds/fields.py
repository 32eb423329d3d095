"""The types of the fields: what a name, a duration, a date and a list of tags look like in YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from reconciler.model.desired import Tags
from reconciler.model.span import Path

API_VERSION = "reconciler/v1"
_DAYS = "(Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"


class Part(BaseModel):
    """A mapping of a manifest: unknown keys are errors, values are taken as they are written."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake that the structure does not show: where in the document, and what to write instead."""

    path: Path
    message: str
    help: str = ""
    code: str = "manifest-bad-value"


ApiVersion = Annotated[Literal["reconciler/v1"], Field(description="The version of the format.")]
VaultName = Annotated[str, Field(pattern="^[a-zA-Z][-a-zA-Z0-9]{1,49}$", examples=["rsv-prod-weu"])]
PolicyName = Annotated[str, Field(pattern="^[a-zA-Z][-_!a-zA-Z0-9]{2,149}$", examples=["daily-30d"])]
DocumentName = Annotated[str, Field(pattern="^[a-zA-Z0-9][-_.a-zA-Z0-9]{0,149}$", examples=["web"])]
SubscriptionId = Annotated[
    str,
    Field(
        pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        examples=["00000000-0000-0000-0000-000000000001"],
    ),
]
_SEGMENT = "^[.]*[-A-Za-z0-9_()][-A-Za-z0-9._()]*$"
GroupName = Annotated[str, Field(pattern=_SEGMENT, max_length=90, examples=["rg-web"])]
VmName = Annotated[str, Field(pattern=_SEGMENT, max_length=64, examples=["web-01"])]
ServiceName = Annotated[str, Field(pattern=_SEGMENT, max_length=63, examples=["svc-legacy"])]
Location = Annotated[str, Field(pattern="^[a-z0-9]{2,40}$", examples=["westeurope"])]
Glob = Annotated[str, Field(pattern="^[-A-Za-z0-9._()*?!\\[\\]]{1,260}$", examples=["web-*"])]
Days = Annotated[str, Field(pattern="^[1-9][0-9]{0,4} days?$", examples=["30 days"])]
Weeks = Annotated[str, Field(pattern="^[1-9][0-9]{0,4} weeks?$", examples=["12 weeks"])]
Months = Annotated[str, Field(pattern="^[1-9][0-9]{0,4} months?$", examples=["60 months"])]
Years = Annotated[str, Field(pattern="^[1-9][0-9]{0,4} years?$", examples=["10 years"])]
Hours = Annotated[str, Field(pattern="^[1-9][0-9]{0,4} hours?$", examples=["26 hours"])]
ClockTime = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
EveryText = Annotated[str, Field(pattern="^(day|week|[1-9][0-9]? hours?)$", examples=["day", "week", "4 hours"])]
DayText = Annotated[
    str,
    Field(
        pattern=f"^((first|second|third|fourth|last) {_DAYS}|day ([1-9]|1[0-9]|2[0-8])|last day)$",
        examples=["first Sunday", "day 1", "last day"],
    ),
]
DateText = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2027-03-31"])]
InstantText = Annotated[
    str,
    Field(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[-+][0-9]{2}:[0-9]{2})$",
        examples=["2027-01-15T06:00:00Z"],
    ),
]
Words = Annotated[str, Field(min_length=1, max_length=1000, pattern="[^ ]")]
TagValues = Annotated[list[Annotated[str, Field(max_length=256)]], Field(min_length=1, examples=[["prod"]])]
TagMap = Annotated[dict[str, TagValues], Field(min_length=1)]


def amount(text: str | None) -> int:
    """`30 days` → 30; 0 for what is not given."""
    return int(text.split(" ", 1)[0]) if text else 0


def tags(given: dict[str, list[str]] | None) -> Tags:
    """In one order, whatever the order in the file."""
    return tuple((name, tuple(sorted(set(values)))) for name, values in sorted((given or {}).items()))


def distinct(words: Iterable[str] | None) -> tuple[str, ...]:
    """Sorted, each once."""
    return tuple(sorted(set(words or ())))


def day(text: str) -> date:
    """A date of the calendar; raises ValueError."""
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """An instant in UTC; raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)


def calendar_problem(parse: Callable[[str], object], text: str, path: Path) -> list[Problem]:
    """A day that no calendar has."""
    try:
        parse(text)
    except (ValueError, OverflowError):
        return [Problem(path, f'"{text}" is not in the calendar', "check the day, the month and the time")]
    return []
