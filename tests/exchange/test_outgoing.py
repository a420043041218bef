"""No ID number leaves us in a message, however it is written into what is sent."""

import datetime as dt
from typing import Any

import orjson
import pytest

from approvals.actions import notices
from approvals.models import Application
from exchange.models import Partner
from exchange.outbox import notice
from exchange.outgoing import outgoing
from people import identity, protection
from services import catalogue
from services.models import Edition, Service

NUMBER = "11010519491231002X"  # the example of GB 11643


def sent(data: dict[str, Any], now: dt.datetime) -> Any:
    body = notice("food", "approval.requested", "application:MP1", data, now).body
    assert NUMBER not in body
    assert "idn:" not in body
    return orjson.loads(body)["data"]


def test_a_stored_number_is_masked_wherever_it_stands(keys: None, now: dt.datetime) -> None:
    stored, mask = protection.protect(NUMBER), identity.mask(NUMBER)
    data = {"one": stored, "list": [stored, {"in": stored}], stored: "key", "text": f"为{stored}办"}
    assert sent(data, now) == {
        "one": mask,
        "list": [mask, {"in": mask}],
        mask: "key",
        "text": f"为{mask}办",
    }


@pytest.mark.parametrize(
    "text", [NUMBER, NUMBER.lower(), f"身份证{NUMBER}。", f"{NUMBER},{NUMBER}"]
)
def test_a_plain_number_is_masked_too(keys: None, now: dt.datetime, text: str) -> None:
    assert NUMBER.lower() not in str(sent({"reason": text}, now)).lower()


def test_what_is_no_number_stays(now: dt.datetime) -> None:
    # a USCC (GB 32100), a case number, a wrong check digit, a longer digit run
    for text in ("91440300MA5EXAMPL0", "MP202611280000000123", "110105194912310021", NUMBER + "0"):
        assert outgoing(text) == text
    assert outgoing({"n": 3, "x": 1.5, "yes": True, "none": None}) == {
        "n": "3",
        "x": "1.5",
        "yes": True,
        "none": None,
    }


def test_the_consent_request_of_every_service_is_masked(furnished: None, now: dt.datetime) -> None:
    stored, asked = protection.protect(NUMBER), 0
    partners = set(Partner.objects.values_list("code", flat=True))
    for service in Service.objects.all():
        edition = Edition.objects.filter(service=service).latest("in_force_from")
        book = catalogue.rulebook(edition.id)
        application = Application(
            number="MP1",
            service=service,
            applicant_name="张三",
            applicant=identity.index(NUMBER),
            applicant_number=identity.encrypt(NUMBER),
            answers={
                "directors": [{"name": "李四", "number": stored}],
                "capital": 5,
                "note": NUMBER,
            },
        )
        consents, made = notices.consent_requests(application, book, list(book.consents), now)
        asked += len(made)
        for row in made:
            assert row.partner_id in partners
            assert NUMBER not in row.body
            assert "idn:" not in row.body
            assert identity.mask(NUMBER) in row.body
        assert len(consents) == len(book.consents)
    assert asked > 0
