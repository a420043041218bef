"""Who acts for whom in tests: relations, mandates, and a walk through the pages for another."""

import datetime as dt
from typing import Any

from approvals import actions
from approvals.actions import NewApplication, Represents
from approvals.actions.submission import Key
from approvals.models import Application, Mandate
from exchange import kinship
from exchange.models import Record
from ledger.clock import city_date, now
from people import identity
from tests.approvals.cases import (
    citizen,
    graduate_answers,
    person,
)
from tests.counter.desk import enter, hidden

WARD, GUARDIAN, STRANGER = "graduate", "elder", "trader"
SERVICE = "graduate_settlement"
FOR, FORM = f"/services/{SERVICE}/for/", f"/services/{SERVICE}/for/form/"


def related(ward: str, guardian: str | None, relation: str = "grandparent") -> None:
    """Let the registry of kinship have this guardian, or none."""
    index = identity.index(person(guardian).number) if guardian else ""
    found = [{"person": index, "relation": relation}]
    Record.objects.update_or_create(
        subject=identity.index(person(ward).number),
        registry=kinship.REGISTRY,
        defaults={"data": {"guardians": found if guardian else []}, "updated_at": now()},
    )


def mandate(principal: str = WARD, agent: str = STRANGER, service: str = SERVICE) -> Mandate:
    named = person(agent)
    return actions.give_mandate(
        number=named.number,
        name=named.name,
        service=service,
        until=city_date(now()) + dt.timedelta(days=30),
        by=citizen(person(principal)),
        now=now(),
    )


class Walk:
    """Somebody's pages from for whom to the end, as a browser posts them."""

    def __init__(self, who: str) -> None:
        self.client, self.page = enter(who), ""

    def begin(self, **chosen: str) -> Any:
        return self._keep(self.client.post(FOR, chosen))

    def for_ward(self, ward: str = WARD) -> Any:
        who = person(ward)
        return self.begin(**{"/name": who.name, "/number": who.number, "/agreed": "true"})

    def check(self) -> Any:
        answers = {f"/{k}": v for k, v in graduate_answers().items() if k != "consent"}
        return self._keep(self.client.post(FORM, {**hidden(self.page), **answers, "step": "check"}))

    def submit(self, **more: str) -> Any:
        sent = {**hidden(self.page), "/consent": "true", "step": "submit", **more}
        return self._keep(self.client.post(FORM, sent))

    def _keep(self, answer: Any) -> Any:
        self.page = answer.content.decode()
        return answer


def handed_in(walk: Walk) -> Application:
    for answer in (walk.check(), walk.submit()):
        assert answer.status_code in (200, 302), walk.page[:3000]
    return Application.objects.get()


def by_action(who: str, ward: str, represents: Represents, service: str = SERVICE) -> Application:
    new = NewApplication(
        service=service,
        applicant=person(ward),
        answers=graduate_answers(),
        channel=represents.acting,
        key=Key("k" * 32, b"0" * 32),
        represents=represents,
    )
    return actions.submit(new=new, by=citizen(person(who)), now=now())
