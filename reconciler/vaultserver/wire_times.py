"""Times as the service writes them: seven-digit fractions, sentinels, .NET spans and American dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NEVER = "0001-01-01T00:00:00"
NO_BACKUP_YET = "2001-01-01T00:00:00Z"


def stamp(moment: datetime) -> str:
    """`2024-05-13T10:27:47.5126686Z`, without needless zeros."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{moment.microsecond:06}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def duration(span: timedelta) -> str:
    """`PT41M16.8697952S`, the ISO form of XML."""
    seconds = max(span.total_seconds(), 0.0)
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    text = "PT"
    if hours:
        text += f"{int(hours)}H"
    if minutes:
        text += f"{int(minutes)}M"
    if rest or text == "PT":
        text += f"{rest:.6f}".rstrip("0").rstrip(".") + "S"
    return text


def time_span(span: timedelta) -> str:
    """`13.23:59:42.8600000`, as .NET writes a TimeSpan."""
    span = max(span, timedelta(0))
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{span.days}.{hours:02}:{minutes:02}:{seconds:02}.{span.microseconds:06}0"


def american(moment: datetime) -> str:
    """`6/12/2024 12:00:00 AM`."""
    moment = moment.astimezone(UTC)
    hour = moment.hour % 12 or 12
    half = "AM" if moment.hour < 12 else "PM"
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment:%M:%S} {half}"


def parse(text: object) -> datetime | None:
    """A time of a request body; None when it is not one. Without a zone it is UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_filter(text: str) -> datetime | None:
    """A time of a `$filter`: `2016-01-01 04:00:15 AM`, or ISO."""
    for form in ("%Y-%m-%d %I:%M:%S %p", "%m/%d/%Y %I:%M:%S %p"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return parse(text)
