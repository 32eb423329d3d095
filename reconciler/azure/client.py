"""The two clients: one that only reads, for dry runs, and one that can also submit a call."""

from __future__ import annotations

from reconciler.azure import operations
from reconciler.azure.addresses import url_of
from reconciler.azure.answers import answer
from reconciler.azure.budget import PATIENCE, WRITE_PATIENCE, Budget, subscription_of
from reconciler.azure.clock import Clock, Randomness
from reconciler.azure.decode.errors import azure_error
from reconciler.azure.decode.jobs import job_failure
from reconciler.azure.meter import Meter, Silent, operation_of
from reconciler.azure.pipeline import Broken, Pipeline, Reply
from reconciler.azure.slots import Slots
from reconciler.azure.waiting import retry_after
from reconciler.model import api
from reconciler.model.call import Call, Method
from reconciler.model.ids import BadSegmentError
from reconciler.model.outcome import Answer, AzureError, Done, Operation, Pending, Refused, Unsure

ATTEMPTS = 4
"""How often a read is sent at most."""

_TRANSIENT = {408, 429, 500, 502, 503, 504}
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 15.0
_PAUSE = 30.0
"""Seconds a subscription rests after a 429 or 503 that names no time."""

_SCARCE = 25
"""Below so many job reads left in the hour, a job is no longer read to confirm an operation's success."""


class NotReadOnlyError(RuntimeError):
    """A bug of ours: a call that may change something was given to a reader."""


class ReadClient:
    """Sends GET and the two checks that go by POST. Has no method that could change anything."""

    def __init__(
        self,
        pipeline: Pipeline,
        budget: Budget,
        clock: Clock,
        random: Randomness,
        parallelism: int,
        meter: Meter | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._meter = meter or Silent()
        self._budget = budget
        self._random = random
        self._slots = Slots(parallelism)
        self.clock = clock

    def correlation_id(self) -> str:
        """A fresh id, drawn from the randomness that was passed in."""
        bits = f"{self._random.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"

    async def ask(self, call: Call, correlation_id: str) -> Reply | Broken:
        """Read, again where an answer is transient. Raises NotReadOnlyError for a call that could change something."""
        if not call.reads_only:
            raise NotReadOnlyError(f"{call.method} {call.path} was given to a reader")
        try:
            url = url_of(call)
        except BadSegmentError as error:
            return Broken(str(error), sent=False, transient=False)
        return await self._read(call.method, url, call.body, correlation_id)

    async def follow(self, url: str, correlation_id: str) -> Reply | Broken:
        """GET an address that Azure named; one of another origin is refused."""
        return await self._read("GET", url, None, correlation_id)

    async def _read(self, method: Method, url: str, body: str | None, correlation_id: str) -> Reply | Broken:
        delay = _FIRST_DELAY
        for _ in range(ATTEMPTS - 1):
            result = await self._once(method, url, body, correlation_id)
            if isinstance(result, Broken) and not result.transient:
                return result
            if isinstance(result, Reply) and result.status not in _TRANSIENT:
                return result
            await self.clock.sleep(self._random.random() * delay)
            delay = min(delay * 3, _LONGEST_DELAY)
        return await self._once(method, url, body, correlation_id)

    async def _once(
        self, method: Method, url: str, body: str | None, correlation_id: str, patience: float = PATIENCE
    ) -> Reply | Broken:
        """One exchange within the subscription's budget; a 429 or a 503 pauses all of its callers."""
        subscription = subscription_of(url)
        # A POST counts as a write with Resource Manager, even one that only asks (WIRE 11).
        asked_at = self.clock.monotonic()
        wait = await self._budget.take(subscription, "reads" if method == "GET" else "writes", patience)
        self._meter.waited(self.clock.monotonic() - asked_at)
        if wait:
            return Reply(429, {"retry-after": str(max(1, round(wait)))}, _RESTING, correlation_id)
        async with self._slots.take(url):
            sent_at = self.clock.monotonic()
            result = await self._pipeline.send(method, url, body, correlation_id)
        code = str(result.status) if isinstance(result, Reply) else "broken"
        self._meter.asked(operation_of(method, url), code, self.clock.monotonic() - sent_at)
        if isinstance(result, Reply):
            self._budget.note(subscription, result.headers, "backupJobs" if "/backupJobs/" in url else "")
            if result.status in {429, 503}:
                seconds = retry_after(result.headers.get("retry-after"), self.clock.now()) or _PAUSE
                self._budget.pause(subscription, seconds)
                self._meter.paused(subscription, seconds)
        return result


_RESTING = b'{"error":{"code":"TooManyRequests","message":"Azure asked for a pause of the whole subscription."}}'
"""What a caller is told who comes while a pause of Azure's lasts too long to sit out; nothing was sent."""


class WriteClient(ReadClient):
    """Can also submit calls, each of them once, and follow their operations."""

    async def submit(self, call: Call, correlation_id: str) -> Answer:
        """Send once; never waits for the operation, never sends again."""
        try:
            url = url_of(call)
        except BadSegmentError as error:
            return Refused(AzureError("UnsafePath", str(error), correlation_id=correlation_id))
        result = await self._once(call.method, url, call.body, correlation_id, WRITE_PATIENCE)
        return answer(call, result, self._pipeline.origin, self.clock.now())

    async def poll(self, operation: Operation) -> Answer:
        """Look once at a running operation; Pending while it runs, and while Azure cannot be reached."""
        correlation_id = self.correlation_id()
        result = await self._once("GET", operation.url, None, correlation_id)
        if isinstance(result, Broken):
            return Pending(operation) if result.transient else Unsure(result.reason)
        wait = retry_after(result.headers.get("retry-after"), self.clock.now())
        found, job = operations.read(operation, result, wait)
        vault = operations.vault_of(operation)
        if not job or not vault:
            return found
        return await self._with_job(found, vault, job, correlation_id)

    async def _with_job(self, found: Answer, vault: str, job: str, correlation_id: str) -> Answer:
        """The answer with what the operation's job says: why it failed, or that it failed after all.

        Job reads have an hourly quota of their own (WIRE 11), so the last of it is kept for the failures.
        """
        left = self._budget.left(subscription_of(vault), "backupJobs")
        if isinstance(found, Done) and left is not None and left < _SCARCE:
            return found
        result = await self.ask(Call("GET", f"{vault}/backupJobs/{job}", api.BACKUP), correlation_id)
        if not isinstance(result, Reply) or result.status != 200:
            return found
        return with_job(found, job_failure(result.body))


def with_job(found: Answer, failure: AzureError | None) -> Answer:
    """A job's numbered error explains a failed operation, and overrules a success; a running job overrules nothing."""
    if failure is None:
        return found
    if isinstance(found, Refused):
        own = found.error
        return Refused(
            AzureError(own.code, failure.message or own.message, own.status, failure.number, own.correlation_id)
        )
    return Refused(failure)


def explained(reply: Reply | Broken) -> str:
    """Why a read failed, in one sentence for a gap."""
    if isinstance(reply, Broken):
        return reply.reason
    error = azure_error(reply.status, reply.body)
    return f"{reply.status} {error.code}: {error.message}"
