"""What may be in nothing that leaves us, and one application of each kind to search for it."""

import base64
import datetime
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson

from approvals import actions
from approvals.models import Application, Consent
from benchmarks.cases import FOOD_SCOPE
from certificates.actions import confirm, propose, rely, remind
from certificates.models import Certificate, Filing
from exchange.models import Partner
from ledger.clock import now
from people import identity
from people.actors import CLOCK, Actor, agency, officer
from tests.approvals.cases import (
    CITY,
    answer_checks,
    decide,
    graduate_answers,
    person,
    submit,
    trader_answers,
)
from tests.approvals.test_signing import company
from tests.factories import UserFactory

PHONE, AMOUNT = "13912345678", "13912345670"  # an amount has eleven digits too
CONTACT, CONTACT_PHONE = "令狐报关", "13800138000"  # asked for by the customs' own form
OWN = {"customs": {CONTACT, CONTACT_PHONE}}  # receiver: what its own form asked


@dataclass
class Secrets:
    """``forms``: text that may be nowhere, and what it is. ``names``: only for whom they concern.

    ``indices``: keyed hashes, by which a person is found again.
    """

    forms: dict[str, str] = field(default_factory=lambda: {"idn:": "a stored number"})
    names: set[str] = field(default_factory=set)
    indices: set[str] = field(default_factory=set)

    def add(self, application: Application) -> None:
        """The applicant, and everybody in the answers."""
        stored = list(_texts(application.answers))
        blobs = [bytes(application.applicant_number)]
        numbers = [identity.decrypt(application.applicant_number)]
        self.names.add(application.applicant_name)
        for before, text in pairwise(["", *stored]):
            if text.startswith("idn:"):
                _, _, _, encrypted = text.split(":")
                self.forms[encrypted] = "an encrypted number"
                blobs.append(base64.urlsafe_b64decode(encrypted))
                numbers.append(identity.decrypt(blobs[-1]))
                self.names.add(before)  # the name stands before the number
        for blob in blobs:
            for form in (blob.hex(), base64.b64encode(blob).decode()):
                self.forms[form] = "an encrypted number"
        for number in numbers:
            self.forms |= {number: "an ID number", number.lower(): "an ID number"}
            self.indices.add(identity.index(number))

    def found(
        self, body: bytes | str, *, names: set[str], receiver: str = "", index: bool = False
    ) -> list[str]:
        """Return what is in ``body`` and may not be. ``names`` may; with ``index``, hashes too."""
        text = decoded(body)
        found = [what for form, what in self.forms.items() if form in text]
        found += [f"the name {name}" for name in self.names - names if name in text]
        found += ["an index" for one in self.indices if not index and one in text]
        others = {PHONE, CONTACT, CONTACT_PHONE} - OWN.get(receiver, set()) - names
        return found + [one for one in others if one in text]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if item is not value and isinstance(item, str | dict | list):
            yield from _texts(item) if not isinstance(item, str) else (item,)


def decoded(body: bytes | str) -> str:
    """The body, and beside it what its JSON escapes and the parts of a JWS say."""
    text = body.decode() if isinstance(body, bytes) else body
    parts = [text]
    for piece in text.split("."):
        try:
            parts.append(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)).decode())
        except ValueError:
            continue
    with suppress(orjson.JSONDecodeError):
        parts.append(orjson.dumps(orjson.loads(text)).decode())
    return "\n".join(parts)


def applications() -> Iterator[Application]:
    """Submitted by the service hall's program: granted, returned, handed over and waiting ones
    of each shipped service, with telephones, other people, and what a filing's form asks."""
    yield _submit("graduate_settlement", "graduate", graduate_answers(phone=PHONE))
    yield _submit("graduate_settlement", "degree_missing", graduate_answers(phone=PHONE))
    yield _submit("graduate_settlement", "criminal", graduate_answers(phone=PHONE))
    food = trader_answers(phone=PHONE, scope=[FOOD_SCOPE])
    yield _submit("sole_trader", "trader_food", food)
    yield _submit("sole_trader", "trader", trader_answers(phone=PHONE, trade_name="澄川"))
    nowhere = trader_answers(phone=PHONE, trade_name="采辰", premises=CITY.missing_address(1))
    yield _submit("sole_trader", "trader_unknown_address", nowhere)
    one, other = person("trader"), person("trader_ban_over")
    filings = {"customs": {"contact": CONTACT, "phone": CONTACT_PHONE}}
    abroad = {"trade_abroad": True, "seal": True, "filings": filings}
    waits = company((one, other), scope=[FOOD_SCOPE], **abroad)
    yield _submit("limited_company", "trader", waits)
    alone = [{"name": other.name, "number": other.number, "capital": AMOUNT}]
    granted = company((one, other), investors=alone, capital=AMOUNT, trade_name="栖云", **abroad)
    yield _submit("limited_company", "trader_ban_over", granted)


def _submit(service: str, kind: str, answers: dict[str, Any]) -> Application:
    hall = Partner.objects.get(code="window")
    return submit(kind, service, answers=answers, by=agency(hall), client=hall, channel="api")


def decided(application: Application) -> Application:
    answer_checks(application)
    return decide(application)[0]


def dispute_everything() -> None:
    """Agencies are reminded of approvals; each open case has a record called wrong, and its keeper
    is told, reminded, and let off."""
    for consent in Consent.objects.filter(state="asked"):
        actions.remind_agencies(by=CLOCK, now=consent.due_at - datetime.timedelta(hours=1))
    hall = agency(Partner.objects.get(code="window"))
    claim = actions.Claim("alive", "是", "登记有误")
    for case in Application.objects.filter(state__in=("review", "waiting")):
        actions.open_dispute(number=case.number, claim=claim, by=hall, now=now())
    actions.remind(by=CLOCK, now=now() + datetime.timedelta(days=60))
    for case in Application.objects.filter(disputes=1):
        actions.withdraw_dispute(number=case.number, dispute=1, by=hall, now=now())


def end_everything() -> None:
    """Receivers are reminded of filings, a part of each licence is revoked, then all of it."""
    remind(by=CLOCK, now=now() + datetime.timedelta(days=400))
    hospital = Partner.objects.get(code="health")
    for certificate in Certificate.objects.all():
        rely(certificate, hospital, "an assessment", now=now())
        codes = (f"{certificate.office_id}-{n}-{certificate.public_id[:6]}" for n in "ab")
        officers = [
            officer(UserFactory(clerk=True, username=c, office__code=certificate.office_id))
            for c in codes
        ]
        if Filing.objects.filter(certificate=certificate, item="seal", state="overdue").exists():
            _revoke(certificate, officers, "seal")
        _revoke(certificate, officers, "")


def _revoke(certificate: Certificate, officers: list[Actor], item: str) -> None:
    one, other = officers
    proposed = propose(
        public_id=certificate.public_id,
        ground="unqualified",
        reason="不符合条件",
        by=one,
        now=now(),
        item=item,
    )
    confirm(revocation=proposed.pk, by=other, now=now())
