"""Around every request: its trace, its case in the logs, and how long it took."""

import os
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Histogram

from telemetry import context, tracing

# without the library's own variable no process would read what was measured
MEASURED = bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = Histogram(
    "miaopi_http_request_seconds",
    "Seconds until the answer to a request began, by view, method and class of status.",
    ["view", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 1.5, 2.5, 5, 10),
)


class Requests:
    """The first of a chain, so that it sees what the others answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        with tracing.request(request.META.get("HTTP_TRACEPARENT", "")) as span:
            response = self.get_response(request)
            match = request.resolver_match
            view = (match.view_name if match else "") or "none"
            method = str(request.method) if request.method in METHODS else "other"
            if span.is_recording():
                span.update_name(f"{method} {view}")
                span.set_attribute("http.request.method", method)
                span.set_attribute("http.response.status_code", response.status_code)
        if MEASURED:
            status = f"{response.status_code // 100}xx"
            SECONDS.labels(view, method, status).observe(time.perf_counter() - began)
        return response

    def process_view(
        self, request: HttpRequest, view: object, arguments: object, named: dict[str, object]
    ) -> None:
        if isinstance(number := named.get("number"), str):
            context.say_case(number)
