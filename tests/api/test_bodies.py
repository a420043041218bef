"""What is really sent, answered and taken is what the OpenAPI document describes."""

import copy
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.test import Client

from approvals.api import messages
from exchange import webhook_client
from exchange.models import Message, Notice
from exchange.outgoing import KINDS
from ledger.clock import now
from tests.api.document import faults, faults_of_answer
from tests.approvals import sent
from tests.approvals.program import Program, secret
from tests.approvals.test_what_is_sent import World, decided, of_program, world

__all__ = ["decided", "world"]  # fixtures


def test_every_message_is_as_the_document_describes_it(decided: World) -> None:
    sent.dispute_everything()
    sent.end_everything()
    found, kinds = [], set()
    for row in Notice.objects.all():
        kinds.add(row.kind)
        wrong = faults(dict(messages.SENT[row.kind]), orjson.loads(row.body))
        found += [f"{row.kind}: {one}" for one in wrong]
    assert found == []
    assert {*kinds, "approval.answered"} == set(KINDS)  # which test_requests.py makes


def test_every_answer_to_a_program_is_as_the_document_describes_it(decided: World) -> None:
    program, tax, food = Program("window"), Program("tax"), Program("food")
    answered: dict[str, int] = defaultdict(int)
    found = []
    for route, address, _ in of_program(decided):
        if not route.startswith("api/v1/") or route.endswith("<uuid:key>"):
            continue  # a file
        others = [tax] * ("filings" in route) + [food] * ("consents" in route)
        for caller in (program, *others):
            reply = caller.get(address)
            answered[route] += reply.status == 200
            wrong = faults_of_answer("GET", address, reply.status, reply.json)
            found += [f"{address}: {one}" for one in wrong]
    assert found == []
    assert len(answered) >= 10 and min(answered.values()) > 0


UNKNOWN = "019ac000-0000-7000-8000-000000000000"  # of nothing
# kind: who sends it, and what a good one says of what does not exist
GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "approval.answered": ("food", webhook_client.approval_answered("MP1", "food", False, "不符")),
    "dispute.answered": ("police", webhook_client.dispute_answered(UNKNOWN, False, "无误")),
    "filing.receipt": ("tax", webhook_client.filing_receipt(UNKNOWN, False, "R-1", "缺件")),
    "record.changed": ("education", webhook_client.record_changed("education", ["MP1"])),
}


def _spoiled(message: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of ``data`` left out, of another type, or far too long."""
    for name, value in message["data"].items():
        for what, other in (("number", 7), ("null", None), ("long", "长" * 2000), ("list", [7])):
            if isinstance(value, list) and what == "list":
                other = [""]
            spoiled = copy.deepcopy(message)
            spoiled["data"][name] = other
            yield f"{name} {what}", spoiled
        spoiled = copy.deepcopy(message)
        del spoiled["data"][name]
        yield f"{name} missing", spoiled


def _send(partner: str, message: dict[str, Any], serial: int) -> tuple[int, str]:
    raw = json.dumps(message, ensure_ascii=False).encode()
    headers = webhook_client.sign(secret(partner), f"m-{serial}", raw, at=now())
    path = f"/webhooks/{partner}/"
    answer = Client(headers=headers).post(path, raw, content_type="application/json")
    code = "" if answer.status_code == 204 else json.loads(answer.content)["code"]
    return answer.status_code, code


MALFORMED = {"bad_message", "malformed"}


@pytest.mark.parametrize("kind", GOOD)
def test_what_the_document_refuses_is_refused_and_what_it_allows_is_understood(
    furnished: None, kind: str
) -> None:
    """That a good one is about nothing is found out only after it was understood."""
    partner, good = GOOD[kind]
    assert good["type"] == kind and faults(dict(messages.TAKEN[kind]), good) == []
    assert _send(partner, good, 0)[1] not in MALFORMED
    refused = 0
    for serial, (what, message) in enumerate(_spoiled(good), start=1):
        status, code = _send(partner, message, serial)
        is_described = faults(dict(messages.TAKEN[kind]), message) == []
        assert status < 500
        if is_described:
            assert code not in MALFORMED, what
        else:
            assert status == 422 and code in MALFORMED, (what, status, code)
            refused += 1
    assert refused >= 6 and not Message.objects.exclude(kind=kind).exists()


def test_every_kind_that_is_taken_is_tried() -> None:
    """What another city asks is agreed on with it: tests/approvals/test_requests.py."""
    assert {*GOOD, "approval.requested"} == set(messages.TAKEN)
