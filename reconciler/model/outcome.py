"""What Azure answered to a call, and what became of a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AzureError:
    """A refusal in Azure's own words. `status` is the HTTP status, 0 for one met inside a job or an operation.

    `number` is the numeric code of a job's `errorDetails`, 0 when there is none.
    """

    code: str
    message: str
    status: int = 0
    number: int = 0
    correlation_id: str = ""
    retry_after: float | None = None
    """Seconds, as Azure asked."""
    request_id: str = field(default="", compare=False)
    """What Azure calls the request, for the audit log."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running operation that Azure accepted. `url` is polled verbatim; `kind` names the header it came in.

    `retry_after` is in seconds. `vanishing` is true when a 404 on a poll means success (a vault's delete).
    """

    url: str
    kind: str
    """`azure-asyncoperation` (a body with a status) or `location` (202 until done)."""
    retry_after: float | None = None
    vanishing: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Azure says it is done; only an observation closes the step. `job_id` names the job to look up, or is empty.

    `request_id` is what Azure calls the request, for the audit log.
    """

    job_id: str = ""
    request_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Pending:
    """Azure accepted the call; `operation` tells when it ends. `request_id` as of `Done`."""

    operation: Operation
    request_id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Azure said no."""

    error: AzureError


@dataclass(frozen=True, slots=True)
class Unsure:
    """No usable answer: it may have taken effect. Resolved by looking, never by sending again."""

    reason: str


Answer = Done | Pending | Refused | Unsure
"""What Azure answered to one call or one poll."""


@dataclass(frozen=True, slots=True)
class Retry:
    """To be tried again, `after` seconds from now. `code` is a row of the table, `message` says what is special.

    `or_else` are the rows that `error` can mean instead.
    """

    code: str
    after: float
    error: AzureError | None = None
    message: str = ""
    or_else: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """Given up until the wish or the world changes. `code` is a row of the table, `or_else` as of `Retry`."""

    code: str
    error: AzureError | None = None
    message: str = ""
    or_else: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not tried, because of another step (`because` names it) or a stop of the run."""

    because: str


Outcome = Done | Pending | Retry | Failed | Skipped
"""What became of a step."""


@dataclass(frozen=True, slots=True)
class OpenOperation:
    """Something an earlier process started and did not see end, intended `at` (UTC by our clock).

    `at` is None where damage has made it unreadable, `operation` when no answer came.
    """

    run: str
    step_id: str
    action: str
    vault: str
    subject_id: str
    at: datetime | None
    operation: Operation | None


def word(outcome: Outcome) -> str:
    """`done`, `pending`, `retry`, `failed` or `skipped`: the words of the apply result (DESIGN 4)."""
    return type(outcome).__name__.lower()
