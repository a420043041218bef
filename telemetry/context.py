"""Which case and which trace the present work belongs to; logs say it on every line.

A case's trace has an id that its number gives: every process that works on the case knows it,
and nothing need be stored or handed on. 16 bytes, as the W3C's Trace Context has them.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CASE = re.compile(r"[A-Z0-9-]{1,40}")  # of numbers of cases, and nothing that forges a line
# version, trace, parent, flags; later versions may append (Trace Context, section 3.2.2)
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)")

_case: ContextVar[str] = ContextVar("case", default="")
_trace: ContextVar[str] = ContextVar("trace", default="")


def trace_of(number: str) -> str:
    """Return the trace id of a case: 32 hexadecimal digits."""
    return _digest(number)[:16].hex()


def parent_of(number: str) -> int:
    """Return the id of the span that stands above all of a case's; nobody records it."""
    return int.from_bytes(_digest(number)[16:24], "big")


def _digest(number: str) -> bytes:
    return hashlib.sha256(f"miaopi:case:{number}".encode()).digest()


def parse(traceparent: str) -> tuple[int, int] | None:
    """Return trace and parent of a ``traceparent`` header, None for one that is not valid."""
    match = _PARENT.match(traceparent)
    if match is None:
        return None
    found = int(match[1], 16), int(match[2], 16)
    return found if all(found) else None


def new_trace() -> str:
    return secrets.token_hex(16)


def case() -> str:
    return _case.get()


def trace() -> str:
    """Return the trace of the present request, else of the present case, else ``""``."""
    number = _case.get()
    return _trace.get() or (trace_of(number) if number else "")


def begin_request(trace_id: str) -> None:
    """A request begins in this thread, until the next one does.

    Django writes its line of a 404 when the chain of middleware has ended: nothing ends here.
    """
    _trace.set(trace_id)
    _case.set("")


def say_case(number: str) -> None:
    """The present request is about this case; whatever is no number of one is passed over."""
    if _CASE.fullmatch(number):
        _case.set(number)


@contextmanager
def of_case(number: str) -> Iterator[None]:
    """While work is done for one case, in its own trace."""
    cased, traced = _case.set(number), _trace.set("")
    try:
        yield
    finally:
        _trace.reset(traced)
        _case.reset(cased)


def case_of_subject(subject: str) -> str:
    """Return the case's number of a subject of events and notices, "" where it is none."""
    kind, _, number = subject.partition(":")
    return number if kind == "application" else ""
