"""Traces: none unless asked for; and then what the daemon does, as one tree."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from reconciler.model.board import SourceState
from reconciler.tracing import NoTracer, RequestTraces, tracer_of
from tests.unit.engine.loop.stage import stage, wishes

ASKED = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_SERVICE_NAME": "x"},
        ASKED | {"OTEL_SDK_DISABLED": "true"},
        ASKED | {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    ],
)
def test_nothing_is_made_unless_a_place_to_send_to_is_named(environment: Mapping[str, str]) -> None:
    assert isinstance(tracer_of(environment), NoTracer)


def test_nothing_is_even_loaded() -> None:
    code = "import sys; from reconciler.tracing import tracer_of; tracer_of({}); print('opentelemetry' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


def traced(environment: Mapping[str, str]) -> list[ReadableSpan]:
    exporter = InMemorySpanExporter()
    tracer = tracer_of(environment, exporter)
    with stage(a=["a-1"]) as place:
        place.trace(tracer)

        async def scene() -> None:
            place.loop.declare(wishes(a=["a-1"]), SourceState("test"))
            await asyncio.sleep(200)
            RequestTraces(tracer).asked("GET vaults", "200", 0.5)
            RequestTraces(tracer).asked("GET vaults", "broken", 0.5)

        place.play(scene)
    tracer.close()
    return list(exporter.get_finished_spans())


def test_passes_runs_and_requests_are_spans() -> None:
    spans = traced(ASKED)
    assert {span.name for span in spans} == {"pass", "run", "azure GET vaults"}
    passes = [span for span in spans if span.name == "pass"]
    assert all(span.attributes is not None and span.attributes["vault"] == "a" for span in passes)
    runs = [span for span in spans if span.name == "run"]
    known = {span.context.span_id for span in passes if span.context is not None}
    assert runs
    assert all(span.parent is not None and span.parent.span_id in known for span in runs)


def test_what_started_us_is_the_parent() -> None:
    spans = traced(ASKED | {"TRACEPARENT": PARENT})
    assert {f"{span.context.trace_id:032x}" for span in spans if span.context is not None} == {PARENT.split("-")[1]}
