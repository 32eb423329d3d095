"""Traces for OpenTelemetry, where `OTEL_*` asks for them; otherwise nothing is loaded and nothing sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

Value = str | int | float | bool
SERVICE = "reconcile"
CLOSING_SECONDS = 3.0
_OFF = ("", "0", "false")
_NANOSECONDS = 1_000_000_000


class TracingError(Exception):
    """Traces are asked for and cannot be made; the message says what to install."""


class Tracer(Protocol):
    """Where work is told from its begin to its end."""

    def span(self, name: str, **facts: Value) -> AbstractContextManager[None]:
        """Covers what is done inside, in this task and those that it starts; an error inside is told."""
        ...

    def ended(self, name: str, seconds: float, **facts: Value) -> None:
        """Something that took so long ends now, within the span around it."""
        ...

    def close(self) -> None:
        """Send what is left; bounded in time."""
        ...


class NoTracer:
    """Implements Tracer: tells nobody."""

    def span(self, name: str, **facts: Value) -> AbstractContextManager[None]:
        del name, facts
        return nullcontext()

    def ended(self, name: str, seconds: float, **facts: Value) -> None: ...

    def close(self) -> None: ...


def tracer_of(environment: Mapping[str, str], exporter: SpanExporter | None = None) -> Tracer:
    """A tracer where the environment names a place to send traces to, else one that does nothing. TracingError.

    The variables are OpenTelemetry's own: an endpoint or an exporter asks for traces, `OTEL_SDK_DISABLED` and
    `OTEL_TRACES_EXPORTER=none` do not want any. `TRACEPARENT` is what started us. `exporter` is in place of OTLP.
    """
    if not _asked_for(environment):
        return NoTracer()
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
    except ImportError as error:
        raise TracingError(
            f"OTEL_* asks for traces, and OpenTelemetry cannot be loaded ({error}): pip install "
            "'reconcile-backup[otel]', or set OTEL_SDK_DISABLED=true"
        ) from error
    resource = Resource.create({"service.name": environment.get("OTEL_SERVICE_NAME", SERVICE)})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OpenTelemetryTracer(provider, environment.get("TRACEPARENT", ""))


def _asked_for(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_SDK_DISABLED", "").lower() not in _OFF:
        return False
    wanted = environment.get("OTEL_TRACES_EXPORTER", "")
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    return wanted != "none" and (wanted == "otlp" or any(environment.get(name) for name in endpoints))


class OpenTelemetryTracer:
    """Implements Tracer. `parent` is a W3C `traceparent`, or empty."""

    def __init__(self, provider: TracerProvider, parent: str = "") -> None:
        from opentelemetry import context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer(SERVICE)
        if parent:
            context.attach(TraceContextTextMapPropagator().extract({"traceparent": parent}))

    @contextmanager
    def span(self, name: str, **facts: Value) -> Iterator[None]:
        with self._tracer.start_as_current_span(name, attributes=facts):
            yield

    def ended(self, name: str, seconds: float, **facts: Value) -> None:
        now = time.time_ns()
        span = self._tracer.start_span(name, attributes=facts, start_time=now - int(seconds * _NANOSECONDS))
        span.end(now)

    def close(self) -> None:
        """A collector that hangs must not hold up the end of the process."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(CLOSING_SECONDS)


class RequestTraces:
    """Implements the Azure client's Meter: a span for each exchange."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def asked(self, operation: str, code: str, seconds: float) -> None:
        facts: dict[str, Value] = {"error.type": code}
        if code.isdecimal():
            facts = {"http.response.status_code": int(code)}
        self._tracer.ended(f"azure {operation}", seconds, **facts)

    def waited(self, seconds: float) -> None: ...

    def paused(self, subscription: str, seconds: float) -> None: ...
