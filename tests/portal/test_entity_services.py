"""What a business does in the portal, by whoever represents it, with the packs that ship."""

import datetime as dt
import html
from typing import Any

import pytest

from approvals.models import Application, Cosignature
from certificates.models import Certificate
from demo.city.personas import index
from ledger.clock import city_date, now
from people import identity
from tests.approvals.cases import CITY, answer_checks, audited, decide, person
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.portal.enterprises import COMPANY, SHOP, Walk, owned, subject, write

pytestmark = pytest.mark.usefixtures("furnished", "nobody_waits")
CLEAR = {"shares_frozen": False, "shares_pledged": False, "debts": False, "end_approval": False}


def applied(walk: Walk, service: str, **answers: str) -> Application:
    path = f"/services/{service}/apply/"
    walk.get(path)
    for step in ("check", "submit"):
        ticks = {"_slash_consent": "true"} if step == "submit" else {}
        more = answers if step == "check" else {k: v for k, v in answers.items() if v == "true"}
        answer = walk.post(path, step=step, **more, **ticks)
        assert answer.status_code in (200, 302), html.unescape(walk.page[:3000])
    number = answer["Location"].strip("/").split("/")[-1]
    return Application.objects.get(number=number)


def settled(case: Application) -> Application:
    answer_checks(case)
    return decide(case)[0]


def clear(kind: str, **more: Any) -> None:
    write(subject(kind), **{**CLEAR, "state": "active", "objections": "0", **more})
    write_social = {"owed": "0", "wages_owed": False}
    from exchange.models import Record

    Record.objects.filter(subject=subject(kind), registry="social").update(data=write_social)


def test_a_representative_who_alone_invested_ends_the_company_with_no_other_signature() -> None:
    mine = identity.index(person(COMPANY).number)
    notice = city_date(now()) - dt.timedelta(days=25)
    clear(COMPANY, notice_from=notice.isoformat(), investors=[{"person": mine}])
    walk = Walk(COMPANY, COMPANY)
    ticks = {"_slash_settled": "true", "_slash_commitment": "true"}
    case = settled(applied(walk, "simplified_deregistration", **ticks))
    if CITY.standing(owned(COMPANY)).tax_owed or CITY.standing(owned(COMPANY)).invoices_open:
        pytest.skip("the city planted taxes here")
    assert case.state == "approved", case.handover
    assert not Cosignature.objects.exists()
    paper = Certificate.objects.get(application=case.number)
    assert paper.holder == subject(COMPANY)
    assert "注销" in walk.get(f"/cases/{case.number}/").content.decode()
    assert audited() == []


def test_another_investor_is_asked_to_sign() -> None:
    mine, other = identity.index(person(COMPANY).number), identity.index(person("trader").number)
    notice = city_date(now()) - dt.timedelta(days=25)
    people = [{"person": mine}, {"person": other}]
    clear(COMPANY, notice_from=notice.isoformat(), investors=people)
    ticks = {"_slash_settled": "true", "_slash_commitment": "true"}
    case = settled(applied(Walk(COMPANY, COMPANY), "simplified_deregistration", **ticks))
    assert case.state == "waiting", case.handover
    assert [c.signer for c in Cosignature.objects.all()] == [other]


def test_a_shop_files_prepackaged_food() -> None:
    clear(SHOP, scope=["F5212"])
    where = CITY.record("enterprise", owned(SHOP).uscc)["premises"]
    answers = {
        "_slash_premises": where,
        "_slash_food": "prepackaged",
        "_slash_contact_phone": "13800138000",
    }
    case = settled(applied(Walk(SHOP, SHOP), "food_filing", **answers))
    place = next(a for a in map(CITY.address, range(CITY.addresses)) if a.code == where)
    assert case.state == ("approved" if place.exists else "returned"), case.handover
    assert index(SHOP) == 36
