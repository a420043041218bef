"""Which trace a case and a request have, and what a caller's header may say of it."""

import hashlib

import pytest

from telemetry import context, tracing

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_every_process_knows_the_trace_of_a_case_by_its_number() -> None:
    expected = hashlib.sha256(b"miaopi:case:MP1").hexdigest()[:32]
    assert context.trace_of("MP1") == expected != context.trace_of("MP2")
    with context.of_case("MP1"):
        assert (context.case(), context.trace()) == ("MP1", expected)
    assert context.case() == ""


@pytest.mark.parametrize(
    "header", [f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00", f"7a-{TRACE}-{PARENT}-01-more"]
)
def test_a_request_is_in_the_trace_that_its_caller_names(header: str) -> None:
    assert context.parse(header) == (int(TRACE, 16), int(PARENT, 16))
    with tracing.request(header):
        assert context.trace() == TRACE


@pytest.mark.parametrize(
    "header",
    [
        "",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01x",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE[:-1]}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n{TRACE}",
        "x" * 10_000,
        "\u0660" * 55,
    ],
)
def test_of_a_header_that_is_none_nothing_is_taken(header: str) -> None:
    assert context.parse(header) is None
    with tracing.request(header):
        assert len(context.trace()) == 32 and context.trace() != TRACE


@pytest.mark.parametrize("number", ["MP1\n2026 ERROR", "mp1", "MP1" * 20, "张三", "MP 1", ""])
def test_what_is_no_number_of_a_case_does_not_reach_the_logs(number: str) -> None:
    context.begin_request(TRACE)
    context.say_case(number)
    assert context.case() == ""
    context.say_case("MP1")
    assert (context.case(), context.trace()) == ("MP1", TRACE)
    with context.of_case("MP2"):
        assert context.trace() == context.trace_of("MP2")
