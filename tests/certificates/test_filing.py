"""Filings (多证合一): pushed with the licence, answered, reminded; the licence never waits."""

import datetime as dt
import json
import uuid
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction

from certificates.actions import (
    cancel,
    confirm,
    issue,
    propose,
    record_receipt,
    remind,
    resend,
    suspend,
)
from certificates.models import Certificate, Filing
from exchange.models import Notice
from ledger.models import Event
from people.actors import CLOCK, ENGINE, Actor, Kind
from people.errors import ActionRejected
from tests.certificates.conftest import rulebook
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db


def item(name, receiver, applies=True):
    return SimpleNamespace(
        item=name,
        zh=f"{name}备案",
        en=f"{name} filing",
        receiver=receiver,
        basis="31号文",
        applies=applies,
        why={
            "zh": "刻制公章" if applies else "无分支机构",
            "en": "seal" if applies else "no branch",
        },
        data={"seals": "2"},
    )


@pytest.fixture
def receivers(db):
    for code in ("police", "fund"):
        PartnerFactory(code=code)


@pytest.fixture
def licence(order, receivers, now):
    plan = (item("seal", "police"), item("fund", "fund"), item("branch", "", applies=False))
    book = rulebook(filings=plan, kind="company", number="uscc:91", valid="")
    return issue([order(application="LC1", rulebook=book)], by=ENGINE, now=now)[0]


def filing(name):
    return Filing.objects.get(item=name)


def answer(name, outcome="accepted", by=None, **more):
    data = {"filing": str(filing(name).pk), "outcome": outcome, "receipt": f"R-{name}", **more}
    return data, by or Actor(Kind.AGENCY, filing(name).receiver_id)


def sent(receiver):
    return [json.loads(n.body) for n in Notice.objects.filter(partner=receiver).order_by("id")]


def test_what_applies_is_pushed_with_the_licence_and_the_rest_has_its_reason(licence):
    assert {f.item: str(f.state) for f in Filing.objects.all()} == {
        "seal": "pushed",
        "fund": "pushed",
        "branch": "not_applicable",
    }
    assert filing("branch").why_zh == "无分支机构"
    (message,) = sent("police")
    assert message["type"] == "filing.pushed"
    assert message["data"]["certificate"]["number"] == licence.number
    assert message["data"]["data"] == {"seals": "2"}
    assert Event.objects.filter(subject=filing("seal").subject, kind="pushed").count() == 1


def test_a_receipt_takes_effect_once(licence, now):
    data, by = answer("seal")
    record_receipt(data, by=by, now=now)
    record_receipt(data, by=by, now=now)
    assert (str(filing("seal").state), filing("seal").receipt) == ("accepted", "R-seal")
    assert Event.objects.filter(subject=filing("seal").subject).count() == 2
    other, by = answer("seal", "returned", reason="x")
    with pytest.raises(ActionRejected) as caught:
        record_receipt(other, by=by, now=now)
    assert caught.value.status == 409


def test_nobody_answers_for_another_department(licence, now):
    data, _ = answer("seal")
    for by in (Actor(Kind.AGENCY, "fund"), Actor(Kind.CITIZEN, "police"), CLOCK):
        with pytest.raises(ActionRejected) as caught:
            record_receipt(data, by=by, now=now)
        assert caught.value.status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "maybe"},
        {"outcome": None},
        {"outcome": "returned"},
        {"filing": "x"},
        {"filing": ["x"]},
        {"receipt": {"a": 1}},
        {"receipt": "x" * 500},
        {"reason": "a\x00b"},
    ],
)
def test_a_malformed_receipt_names_what_is_wrong(licence, now, wrong):
    data, by = answer("seal")
    with pytest.raises(ActionRejected) as caught:
        record_receipt({**data, **wrong}, by=by, now=now)
    assert caught.value.status == 422
    assert str(filing("seal").state) == "pushed"


def test_a_receipt_for_a_filing_that_is_not_there(licence, now):
    data, by = answer("seal")
    with pytest.raises(ActionRejected) as caught:
        record_receipt({**data, "filing": str(uuid.uuid4())}, by=by, now=now)
    assert caught.value.status == 404


def test_a_returned_filing_is_a_clerks_task_and_the_licence_stands(licence, officer, now):
    data, by = answer("fund", "returned", reason="人数有误")
    record_receipt(data, by=by, now=now)
    assert Certificate.objects.get().state == "valid"
    assert filing("fund").reason == "人数有误"
    resend(filing=filing("fund").pk, note="已更正为 3 人", by=officer, now=now)
    assert (str(filing("fund").state), filing("fund").attempts) == ("pushed", 2)
    assert sorted(len(m["data"]["data"]) for m in sent("fund")) == [1, 2]
    with pytest.raises(ActionRejected):
        resend(filing=filing("fund").pk, note="again", by=officer, now=now)
    with pytest.raises(ActionRejected):
        resend(
            filing=filing("fund").pk,
            note="x",
            by=Actor(Kind.OFFICER, "z", "", "tax", "", "clerk"),
            now=now,
        )


def test_silence_is_reminded_and_then_left_to_the_desk(licence, settings, now):
    data, by = answer("seal")
    record_receipt(data, by=by, now=now)
    later = now
    for expected in (1, 1, 1, 0, 0):
        assert remind(by=CLOCK, now=later) == 0  # nothing is sent twice without need
        later += dt.timedelta(seconds=settings.FILING_ANSWER_SECONDS + 1)
        assert remind(by=CLOCK, now=later) == expected
    assert str(filing("fund").state) == "overdue"
    kinds = [m["type"] for m in sent("fund")]
    assert sorted(kinds) == ["filing.pushed"] + ["filing.reminded"] * 3
    assert [m["type"] for m in sent("police")] == ["filing.pushed"]
    data, by = answer("fund")
    record_receipt(data, by=by, now=later)  # late, but an answer
    assert str(filing("fund").state) == "accepted"


def test_the_end_of_the_licence_is_pushed_once_to_each_receiver(licence, officer, now):
    data, by = answer("seal")
    record_receipt(data, by=by, now=now)
    cancel(public_id=licence.public_id, reason="注销", by=officer, now=now)
    for receiver in ("police", "fund"):
        kinds = sorted((m["type"], m["data"].get("cause", "")) for m in sent(receiver))
        assert kinds == [("filing.pushed", "cancelled"), ("filing.pushed", "issued")]
    assert str(filing("seal").state) == "pushed"


def test_suspension_is_told_without_asking_for_a_new_receipt(licence, officer, now):
    suspend(public_id=licence.public_id, reason="x", by=officer, now=now)
    assert sorted(m["type"] for m in sent("fund")) == ["certificate.changed", "filing.pushed"]
    assert str(filing("fund").state) == "pushed"


def test_one_part_is_revoked_and_only_that_part_fails(client, licence, officer, second, now):
    found = propose(
        public_id=licence.public_id,
        ground="unqualified",
        reason="x",
        by=officer,
        now=now,
        item="seal",
    )
    confirm(revocation=found.pk, by=second, now=now)
    shown = client.get(f"/api/v1/certificates/{licence.public_id}").json()
    assert shown["state"] == "valid"
    assert {p["item"]: p["state"] for p in shown["parts"]} == {"seal": "revoked", "fund": "pushed"}
    assert sorted(m["type"] for m in sent("police")) == ["filing.pushed", "filing.revoked"]


def test_a_part_is_not_revoked_in_sql_without_two_officers(licence, now):
    part = filing("seal")
    with pytest.raises(IntegrityError, match="second officer"), transaction.atomic():
        Filing.objects.filter(pk=part.pk).update(
            state="revoked", events=part.events + 1, head=b"y" * 32
        )


def test_fifty_licences_cost_as_many_statements_as_one(
    order, receivers, now, django_assert_max_num_queries
):
    plan = (item("seal", "police"), item("fund", "fund"))
    book = rulebook(filings=plan, kind="company", number="uscc:91", valid="")
    with django_assert_max_num_queries(10):
        issue([order(rulebook=book) for _ in range(50)], by=ENGINE, now=now)
    assert Notice.objects.count() == 100


def test_a_receiver_that_is_no_partner_yet_stops_no_licence(order, receivers, now, client):
    plan = (item("seal", "police"), item("grain", "granary"))
    book = rulebook(filings=plan, kind="company", number="uscc:91", valid="")
    (made,) = issue([order(rulebook=book)], by=ENGINE, now=now)
    assert (made.state, str(filing("grain").state)) == ("valid", "due")
    assert remind(by=CLOCK, now=now) == 0
    assert str(filing("grain").state) == "due"
    PartnerFactory(code="granary")
    remind(by=CLOCK, now=now)
    remind(by=CLOCK, now=now)
    assert str(filing("grain").state) == "pushed"
    assert [m["type"] for m in sent("granary")] == ["filing.pushed"]
