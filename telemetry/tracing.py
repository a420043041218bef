"""Traces by OpenTelemetry, off unless an address is set that takes them (OTLP over HTTP).

A request has a trace of its own. A case has another one, from the submission to the last notice,
whose id its number gives (``context.trace_of``); the two are linked. Spans name the view, the
service, the registry and the outcome, and nothing of a person: no path, no query, no statement.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

from opentelemetry import context as scopes
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from telemetry import context

P = ParamSpec("P")
A = TypeVar("A", bound="Submitted")
Attributes = Mapping[str, str | int | float | bool]
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)
_UNSAMPLED = trace.TraceFlags(trace.TraceFlags.DEFAULT)


@dataclass
class _Process:
    """What this process traces with; nothing until ``use``."""

    tracer: trace.Tracer | None = None
    sampler: TraceIdRatioBased = field(default_factory=lambda: TraceIdRatioBased(1.0))


_process = _Process()


def set_up(url: str, share: float = 1.0) -> None:
    """Send spans of ``share`` of all traces to ``url`` (``http://host:4318``); "" sends none."""
    if not url:
        return
    # only now: the exporter's protobuf is a tenth of a second that nobody else need wait for
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces", timeout=5)
    use(BatchSpanProcessor(exporter, schedule_delay_millis=1000), share)


def use(processor: SpanProcessor | None, share: float = 1.0) -> TracerProvider | None:
    """Give spans to ``processor``; None ends it."""
    if processor is None:
        _process.tracer = None
        return None
    _process.sampler = TraceIdRatioBased(share)
    provider = TracerProvider(
        sampler=ParentBased(_process.sampler), resource=Resource.create({"service.name": "miaopi"})
    )
    provider.add_span_processor(processor)
    _process.tracer = provider.get_tracer("miaopi")
    return provider


def is_on() -> bool:
    return _process.tracer is not None


@contextmanager
def request(traceparent: str) -> Iterator[trace.Span]:
    """The span of one request, within its caller's trace where there is one.

    The caller says which trace it is, and we whether it is recorded.
    """
    known = context.parse(traceparent) if traceparent else None
    tracer = _process.tracer
    if tracer is None:
        context.begin_request(f"{known[0]:032x}" if known else context.new_trace())
        yield trace.INVALID_SPAN
        return
    parent = _remote(*known) if known else scopes.Context()
    with tracer.start_as_current_span(
        "request", parent, kind=trace.SpanKind.SERVER, record_exception=False
    ) as span:
        context.begin_request(f"{span.get_span_context().trace_id:032x}")
        yield span


@contextmanager
def batch(name: str, attributes: Attributes) -> Iterator[trace.Span]:
    """The span of work for many cases at once, a trace of its own."""
    tracer = _process.tracer
    if tracer is None:
        yield trace.INVALID_SPAN
        return
    with tracer.start_as_current_span(
        name, scopes.Context(), attributes=attributes, record_exception=False
    ) as span:
        yield span


def record(
    name: str, numbers: Sequence[str], began: float, attributes: Attributes | None = None
) -> None:
    """Record in each case's trace what was done for it since ``began`` (``time.time()``).

    Linked with the present span: the request that submitted it, or the batch that it was in.
    """
    tracer = _process.tracer
    if tracer is None:
        return
    present = trace.get_current_span().get_span_context()
    links = [trace.Link(present)] if present.is_valid else []
    start, end = int(began * 1e9), time.time_ns()
    for number in numbers:
        span = tracer.start_span(
            name,
            _remote(int(context.trace_of(number), 16), context.parent_of(number)),
            attributes={"miaopi.case": number, **(attributes or {})},
            links=links,
            start_time=start,
        )
        span.end(end)


class Submitted(Protocol):
    """A case, as far as a trace knows it."""

    number: Any  # texts, which Django's hints have as fields
    service_id: Any
    channel: Any


def of_case(name: str) -> Callable[[Callable[P, A]], Callable[P, A]]:
    """Record each call of an action in the trace of the case that it returns."""

    def traced(action: Callable[P, A]) -> Callable[P, A]:
        @wraps(action)
        def call(*arguments: P.args, **named: P.kwargs) -> A:
            began = time.time()
            made = action(*arguments, **named)
            if is_on():
                said = {"miaopi.service": made.service_id, "miaopi.channel": made.channel}
                record(name, [made.number], began, said)
            return made

        return call

    return traced


def headers() -> dict[str, str]:
    """Return the ``traceparent`` that tells another agency of the present span, or nothing."""
    present = trace.get_current_span().get_span_context()
    if not (is_on() and present.is_valid):
        return {}
    flags = "01" if present.trace_flags.sampled else "00"
    return {"traceparent": f"00-{present.trace_id:032x}-{present.span_id:016x}-{flags}"}


def _remote(trace_id: int, parent: int) -> scopes.Context:
    """A parent that another process has; it is recorded as our share says, not as its flag."""
    is_sampled = trace_id & _process.sampler.TRACE_ID_LIMIT < _process.sampler.bound
    flags = _SAMPLED if is_sampled else _UNSAMPLED
    above = trace.SpanContext(trace_id, parent, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(above), scopes.Context())
