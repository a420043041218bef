"""Hands drawn cases in over the API, as a service hall does, and waits until they are decided."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from approvals import actions
from approvals.models import Application, Cosignature
from approvals.states import ConsentState
from benchmarks.catalogue.drawing import Drawn
from benchmarks.load import Client, open_loop
from ledger.clock import now
from people.actors import Actor, Kind

PATH = "/api/v1/applications"
OPEN = ("submitted", "waiting")  # the machine's, or another agency's that answers by itself
SECONDS = 120.0  # until everything must have come to rest


@dataclass(slots=True)
class Sent:
    """An application and what became of it. What one form asked for twice over is two of them."""

    drawn: Drawn
    case: Any  # as the oracle reads it
    seconds: float
    number: str = ""
    answer: dict[str, Any] = field(default_factory=dict)  # as the API has it
    refusal: str = ""

    @property
    def state(self) -> str:
        return str(self.answer.get("state", "submitted"))


def body(drawn: Drawn, edition: int) -> dict[str, Any]:
    """Return the body of ``POST /api/v1/applications``."""
    return {
        "service": drawn.service,
        "edition": edition,
        "applicant": {"kind": drawn.kind, "number": drawn.number, "name": drawn.name},
        "answers": dict(drawn.answers),
    }


def hand_in(client: Client, every: Sequence[Drawn], edition: int, rate: float) -> list[Sent]:
    """Hand everything in at ``rate`` a second; return all applications that it became."""
    calls = [
        client.call(
            "POST",
            PATH,
            body(drawn, edition),
            Idempotency_Key=f"demo-{uuid.uuid4()}",
            Prefer="wait=5",
        )
        for drawn in every
    ]
    sent = []
    for drawn, reply in zip(every, open_loop(calls, rate), strict=True):
        one = Sent(drawn, drawn.case, reply.seconds)
        if reply.status not in (201, 202):
            sent.append(replace(one, refusal=f"{reply.status} {reply.body}"))
            continue
        sent.extend(_each(replace(one, number=reply.body["number"])))
    return sent


def _each(one: Sent) -> list[Sent]:
    """Return the applications of one form: of several results, each is a case of its own."""
    asked = one.drawn.answers.get("subsidies", ())
    if len(asked) < 2:
        return [one]
    made = Application.objects.filter(applicant=one.case.applicant, service_id=one.drawn.service)
    found = {case.number: case.answers for case in made}
    return [
        replace(one, number=number, case=replace(one.case, answers=answers))
        for number, answers in found.items()
    ]


def wait(client: Client, sent: Sequence[Sent]) -> None:
    """Ask for each until it has come to rest, or too much time has gone by."""
    end = time.monotonic() + SECONDS
    left = [one for one in sent if one.number]
    while left and time.monotonic() < end:
        for one in left:
            status, answer = client.ask("GET", f"{PATH}/{one.number}")
            one.answer = answer if status == 200 else {}
            if status == 404:
                one.number = ""  # lost
        left = [one for one in left if one.number and one.state in OPEN]
        for one in left:
            if one.state == "waiting":
                _sign(one.number)
        time.sleep(0.2 if left else 0.0)


def _sign(number: str) -> None:
    """Let everybody sign whom an application names, each for themselves."""
    asked = Cosignature.objects.filter(application__number=number, state=ConsentState.ASKED)
    for signer in asked.values_list("signer", flat=True):
        by = Actor(Kind.CITIZEN, signer, "-")
        actions.cosign(number=number, granted=True, by=by, now=now())


def is_approved_again(client: Client, drawn: Drawn, edition: int) -> bool:
    """Hand the same in again, as somebody would who forgot; return whether that is approved too."""
    key = f"demo-{uuid.uuid4()}"
    status, answer = client.ask("POST", PATH, body(drawn, edition), Idempotency_Key=key)
    if status not in (201, 202):
        return False
    again = Sent(drawn, drawn.case, 0.0, number=answer["number"])
    wait(client, [again])
    return again.state == "approved"
