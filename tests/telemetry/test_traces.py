"""Spans: none while it is off, and of a case in one trace whichever process works on it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from approvals.models import Application
from approvals.workers.engine import Engine
from telemetry import context, tracing
from tests.approvals.cases import answer_checks, submit

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.use(SimpleSpanProcessor(exporter))
    yield exporter
    tracing.use(None)


def by_trace(exporter: InMemorySpanExporter, trace: str) -> dict[str, ReadableSpan]:
    found = exporter.get_finished_spans()
    return {s.name: s for s in found if s.context and f"{s.context.trace_id:032x}" == trace}


@pytest.mark.usefixtures("furnished")
def test_a_case_has_its_trace_and_the_batch_that_decided_it_another() -> None:
    exporter = InMemorySpanExporter()
    tracing.use(SimpleSpanProcessor(exporter))
    try:
        case = submit("graduate")
        answer_checks(case)
        Engine().drain()
    finally:
        tracing.use(None)
    found = by_trace(exporter, context.trace_of(case.number))
    assert set(found) == {"submit", "decide"}
    assert dict(found["submit"].attributes or {}) == {
        "miaopi.case": case.number,
        "miaopi.service": "graduate_settlement",
        "miaopi.channel": case.channel,
    }
    (link,) = found["decide"].links
    batch = by_trace(exporter, f"{link.context.trace_id:032x}")["decide"]
    assert dict(batch.attributes or {}) == {"miaopi.cases": 1}
    assert Application.objects.get().state == "approved"


@pytest.mark.usefixtures("furnished")
def test_a_request_is_named_by_its_view_and_nothing_that_it_carries(
    spans: InMemorySpanExporter,
) -> None:
    client = Client(headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
    client.get("/", {"q": "张三 13800138000"})
    client.get("/cases/MP1/")
    client.get("/nothing-here/张三/")
    names = [span.name for span in spans.get_finished_spans()]
    assert names == ["GET portal:home", "GET portal:case", "GET none"]
    for span in spans.get_finished_spans():
        assert span.context and f"{span.context.trace_id:032x}" == TRACE  # recorded: we decide that
        assert "张三" not in span.to_json() and "138001" not in span.to_json()
        assert span.parent and f"{span.parent.span_id:016x}" == PARENT


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_all_cases_is_traced_each_wholly(share: float) -> None:
    exporter = InMemorySpanExporter()
    tracing.use(SimpleSpanProcessor(exporter), share)
    numbers = [f"MP{n}" for n in range(400)]
    try:
        tracing.record("submit", numbers, 0.0)
        tracing.record("decide", numbers, 0.0)
    finally:
        tracing.use(None)
    traced: dict[Any, set[str]] = {}
    for span in exporter.get_finished_spans():
        traced.setdefault((span.attributes or {})["miaopi.case"], set()).add(span.name)
    assert all(names == {"submit", "decide"} for names in traced.values())
    assert abs(len(traced) - share * 400) < 40


def test_while_it_is_off_another_agency_is_told_of_no_trace() -> None:
    assert tracing.headers() == {}
    with tracing.batch("ask", {}):
        assert tracing.headers() == {}


def test_another_agency_is_told_of_the_span_that_asks_it(spans: InMemorySpanExporter) -> None:
    with tracing.batch("ask", {}) as span:
        told = context.parse(tracing.headers()["traceparent"])
    assert told == (span.get_span_context().trace_id, span.get_span_context().span_id)
