"""What an attacker does here: apply by the API with any text, and look at what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from approvals import actions
from approvals.models import Application
from certificates.models import Certificate
from demo.city import Person
from people import identity
from tests.approvals import cases
from tests.approvals.program import Program, Reply


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written within is rolled back, so that the same person may try again."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


@dataclass(frozen=True)
class Outcome:
    """What became of one submission: the reply, the case if there is one, its certificate."""

    reply: Reply
    case: Application | None
    holder: str  # the person's name on the certificate, or ""
    payload: dict[str, Any]

    @property
    def state(self) -> str:
        return self.case.state if self.case else f"http {self.reply.status}"


def body(service: str, number: str, name: str, answers: dict[str, Any]) -> dict[str, Any]:
    applicant = {"kind": "person", "number": number, "name": name}
    return {"service": service, "edition": 1, "applicant": applicant, "answers": answers}


def submit(what: Any, program: Program | None = None) -> Outcome:
    """Submit by the API, let every registry answer truly and the engine decide."""
    reply = (program or Program()).post(what)
    if reply.status >= 300:
        return Outcome(reply, None, "", {})
    case = Application.objects.get(number=reply.json["number"])
    cases.answer_checks(case)
    return settled(reply, case)


def settled(reply: Reply, case: Application) -> Outcome:
    case = cases.decide(case)[0]
    paper = Certificate.objects.filter(application=case.number).first()
    payload = json.loads(bytes(paper.payload)) if paper else {}
    printed = {field["id"]: field["value"] for field in payload.get("fields", ())}
    holder = printed.get("operator_name", payload["holder"]["name"]) if paper else ""
    return Outcome(reply, case, holder, payload)


def graduate(place: int = 0) -> Person:
    """Return one of the city's graduates who is approved, each place another."""
    return cases.graduates()[place]


def worker(place: int) -> tuple[actions.Applicant, dict[str, Any]]:
    return cases.worker(place)


def rename(number: str, name: str | None, registry: str = "population") -> None:
    """The city's store has this name for the person from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = jsonb_set(data, '{name}', %s::jsonb)"
            " WHERE subject = %s AND registry = %s",
            [json.dumps(name), identity.index(number), registry],
        )
        assert cursor.rowcount == 1
