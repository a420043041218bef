"""Cases on which something was signed in place of files, made as the entry points make them."""

from typing import Any

import orjson

from approvals import actions, queries
from approvals.models import Application
from approvals.records import replay
from ledger.clock import now
from ledger.models import Event
from materials.actions import Upload, keep
from people.actors import Actor, officer
from people.models import User
from tests.approvals.cases import citizen, person, places, settled, trader_answers
from tests.factories import UserFactory
from tests.materials.files import GOOD

FILES = "owners_consent"


def me() -> Actor:
    return citizen(person("trader"))


def home(**more: Any) -> dict[str, Any]:
    return trader_answers(premises=next(places("residential")).code, **more)


def committed(**more: Any) -> Application:
    return settled("trader", "sole_trader", answers=home(owners_committed=True), **more)


def promised(**more: Any) -> Application:
    return settled("trader", "sole_trader", answers=home(owners_consent_later=True), **more)


def again(case: Application) -> Application:
    return Application.objects.get(pk=case.pk)


def receipt_of(case: Application) -> dict[str, Any]:
    decision = queries.latest_decision(case)
    assert decision is not None and replay.fault(decision) == ""
    found: dict[str, Any] = orjson.loads(bytes(decision.receipt))
    return found


def lines_of(receipt: dict[str, Any]) -> dict[str, Any]:
    return {line["id"]: line for line in receipt["verdict"]["requirements"]}


def paper() -> str:
    upload = Upload(GOOD["a PDF"], "同意书.pdf", ("pdf",))
    return keep(upload=upload, by=me(), now=now()).sha256


def clerk(name: str = "clerk-market") -> Actor:
    return officer(User.objects.get(username=name))


def colleague() -> Actor:
    return officer(UserFactory(clerk=True, username="clerk-other", office__code="market"))


def hand_in(case: Application, *digests: str, at: Any = None) -> Application:
    return actions.hand_in(
        number=case.number, question=FILES, files=digests, by=me(), now=at or now()
    )


def kinds(case: Application) -> list[str]:
    return list(
        Event.objects.filter(subject=case.subject).order_by("seq").values_list("kind", flat=True)
    )
