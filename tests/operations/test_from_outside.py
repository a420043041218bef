"""One case as those see it who run the city: real processes, a collector, Prometheus's page."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.paths import ROOT
from deploy.local.stack import Stack
from telemetry import context
from tests import endpoints
from tests.approvals.program import Program, body
from tests.exchange.receiver import Receiver
from tests.telemetry.collector import Collector
from tests.waiting import eventually

pytestmark = pytest.mark.slow
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
WATCHED = ("engine", "worker", "web")


@pytest.fixture
def collector(stack: Stack, tmp_path: Path) -> Iterator[Collector]:
    """The stack with everything switched on that it is watched by."""
    made = Collector()
    settings = {
        "TRACES_URL": made.url,
        "LOG_FORMAT": "json",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "requests"),
    }
    (tmp_path / "requests").mkdir()
    before = {name: dict(stack.processes[name].env) for name in WATCHED}
    stack.stop(*WATCHED)
    try:
        for name in WATCHED:
            stack.processes[name].env = before[name] | settings
            stack.start(name)
        yield made
    finally:
        stack.stop(*WATCHED)
        for name in WATCHED:
            stack.processes[name].env = before[name]
        made.stop()


@pytest.fixture
def page(stack: Stack, collector: Collector) -> Iterator[str]:
    """The address of a process that serves metrics."""
    command = [sys.executable, "manage.py", "metrics", "--port", "0"]
    env = stack.processes["web"].env
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            yield served.stdout.readline().strip()
        finally:
            served.send_signal(signal.SIGTERM)
            assert served.wait(20) == 0


def test_a_case_is_followed_from_the_request_to_the_webhook(
    stack: Stack, collector: Collector, page: str
) -> None:
    receiver = Receiver()
    endpoints.listen("window", receiver.url)
    window = Program("window", stack.url)
    try:
        case = window.post(body("graduate"), Prefer="wait=5").json
        number, trace = case["number"], context.trace_of(case["number"])
        done = {"submit", "check", "decide", "deliver"}
        assert eventually(lambda: done <= set(collector.of_trace(trace)), 40)
    finally:
        receiver.stop()
    spans = collector.of_trace(trace)
    assert all(span.said["miaopi.case"] == number for span in spans.values())
    assert spans["check"].said["miaopi.outcome"] == "found"
    assert spans["deliver"].said["miaopi.kind"] == "application.decided"
    assert spans["deliver"].said["miaopi.status"] == "204"
    # the request that submitted it, and the batches that it was in, are other traces
    (request,) = spans["submit"].links
    posted = {"POST api-applications"}
    assert eventually(lambda: set(collector.of_trace(request)) == posted)
    (asked,) = spans["check"].links
    assert eventually(lambda: set(collector.of_trace(asked)) == {"ask"})
    # whom it is about is in none of it
    sent = b"".join(collector.raw)
    for private in (body("graduate")["applicant"]["name"], body("graduate")["applicant"]["number"]):
        assert private.encode() not in sent
    (delivered,) = (got for got in receiver.got if number.encode() in got.body)
    assert context.parse(delivered.headers["traceparent"])

    text = requests.get(page, timeout=20).text
    found = {f.name: f for f in text_string_to_metric_families(text)}
    posts = [
        sample
        for sample in found["miaopi_http_request_seconds"].samples
        if sample.name.endswith("_count") and sample.labels["view"] == "api-applications"
    ]
    assert [(s.labels["method"], s.labels["status"], s.value) for s in posts] == [
        ("POST", "2xx", 1)
    ]
    assert number not in text
    assert {"miaopi_up", "miaopi_cases_open", "miaopi_queue_oldest_seconds"} <= set(found)

    # what the web process writes of it is an object a line
    offset = stack.processes["web"].log.stat().st_size
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    requests.get(f"{stack.url}/cases/{number}/nothing/", headers=headers, timeout=20)

    def written() -> list[dict[str, str]]:
        lines = stack.processes["web"].log.read_bytes()[offset:].decode().splitlines()
        return [json.loads(line) for line in lines]

    assert eventually(lambda: TRACE in {line.get("trace") for line in written()}), written()
