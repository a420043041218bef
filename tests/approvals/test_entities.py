"""What enterprises do after they exist: change, end, file, and the names that are kept for them.

Through the production code, with the packs that ship.
"""

from itertools import islice
from typing import Any

import orjson
import pytest
from django.db import IntegrityError, transaction

from approvals import actions, queries
from approvals.actions import changing
from approvals.models import Application, GuardKey
from approvals.records import replay
from approvals.states import State
from certificates.actions import succession, suspend
from certificates.models import Certificate, Filing
from exchange.models import Partner
from exchange.queries import Query
from exchange.registries import query_registries
from ledger.clock import city_date, now
from people import identity
from people.actors import Actor, Kind, agency, officer
from people.errors import ActionRejected
from services import catalogue
from tests import officers
from tests.approvals.cases import (
    CITY,
    answer_checks,
    audited,
    decide,
    places,
    submit,
    worker,
)
from tests.approvals.test_persons import FIT, company

pytestmark = pytest.mark.usefixtures("furnished")
REGISTERED = [
    e
    for e in map(CITY.enterprise, range(CITY.enterprises))
    if e.owner is not None and not CITY.standing(e).fault and e.state == "active"
]


def licensed(place: int = 0) -> Certificate:
    """A sole trader's licence, issued here."""
    applicant, answers = worker(place)
    case = submit("trader", "sole_trader", applicant=applicant, answers=answers)
    assert decide(case)[0].state == State.APPROVED
    return Certificate.objects.get(application=case.number)


def hand_in(service: str, number: str, name: str, answers: dict[str, Any], **more: Any) -> Any:
    """An enterprise applies at the one-stop hall's program."""
    hall = Partner.objects.get(code="window")
    return submit(
        service=service,
        applicant=actions.Applicant("enterprise", number, name),
        answers=answers,
        by=agency(hall),
        client=hall,
        channel="api",
        **more,
    )


def settled(service: str, number: str, name: str, answers: dict[str, Any]) -> Application:
    case = hand_in(service, number, name, answers)
    answer_checks(case)
    return decide(case)[0]


def name_of(licence: Certificate) -> str:
    found: str = orjson.loads(licence.payload)["holder"]["name"]
    return found


def changed(licence: Certificate, **answers: Any) -> dict[str, Any]:
    """Answers that change nothing but what is said."""
    case = Application.objects.get(number=licence.application)
    return {
        "entity_kind": "sole_trader",
        "trade_name": case.answers["trade_name"],
        "scope": case.answers["scope"],
        "premises": case.answers["premises"],
        "decided_on": city_date(now()).isoformat(),
        "consent": True,
        **answers,
    }


def change(licence: Certificate, **answers: Any) -> Application:
    return settled("entity_change", licence.number, name_of(licence), changed(licence, **answers))


END = {"settled": True, "commitment": True, "consent": True}


def end(licence: Certificate) -> Application:
    return settled("simplified_deregistration", licence.number, name_of(licence), END)


def ask(registry: str, subject: str, *fields: str) -> dict[str, Any]:
    query = Query("", registry, subject, "", fields, "a test", "a law")
    (answer,) = query_registries([query], by="test", now=now())
    return answer.data


def fields(certificate: Certificate) -> dict[str, Any]:
    return {f["id"]: f["value"] for f in orjson.loads(certificate.payload)["fields"]}


def held() -> list[tuple[str, str]]:
    """Who holds the names: service and trade name."""
    rows = GuardKey.objects.filter(guard="trade_name", held=True).select_related("application")
    return sorted({(r.application.service_id, r.application.answers["trade_name"]) for r in rows})


def test_a_change_is_the_next_version_with_the_same_number() -> None:
    old = licensed()
    case = change(old, scope=["F5299", "I6513"])
    assert case.state == State.APPROVED, case.handover
    new = Certificate.objects.get(application=case.number)
    old = Certificate.objects.get(pk=old.pk)
    assert (old.state, new.state, new.version) == ("superseded", "valid", 2)
    assert new.number == old.number and new.previous_id == old.pk
    before, after = old.identifier.split("."), new.identifier.split(".")
    assert before[:-2] == after[:-2] and (before[-2], after[-2]) == ("001", "002")
    kept, printed = fields(old), fields(new)
    assert printed["scope"] == ["其他零售业", "应用软件开发"] != kept["scope"]
    assert {k: v for k, v in printed.items() if k != "scope"} == {
        k: v for k, v in kept.items() if k != "scope"
    }
    register = ask("enterprise", identity.index(new.number), "scope", "name", "state", "debts")
    assert register["scope"] == ["F5299", "I6513"] and register["state"] == "active"
    assert register["debts"] is False
    owner = Application.objects.get(number=old.application).applicant
    trades = ask("enterprise", owner, "trades")["trades"]
    assert [t["uscc"] for t in trades].count(new.number) == 1
    assert replay.fault(queries.latest_decision(case)) == ""
    assert audited() == []


def test_every_version_shows_on_the_verification_page_of_each(client: Any) -> None:
    old = licensed()
    case = change(old, scope=["F5299", "I6513"])
    new = Certificate.objects.get(application=case.number)
    for one, states in ((old, ["valid", "superseded"]), (new, ["valid", "superseded"])):
        shown = client.get(f"/api/v1/certificates/{one.public_id}").json()
        assert [v["state"] for v in shown["versions"]] == states
        assert [v["version"] for v in shown["versions"] if v["is_this"]] == [str(one.version)]
        page = client.get(f"/verify/{one.public_id}").content.decode()
        other = old if one is new else new
        assert "第 1 版" in page and "第 2 版" in page
        assert other.public_id not in page and other.identifier not in page


def test_another_name_frees_the_old_one_after_a_year_and_keeps_the_new() -> None:
    old = licensed()
    former = Application.objects.get(number=old.application).answers["trade_name"]
    case = change(old, trade_name="栖云清河")
    assert case.state == State.APPROVED, case.handover
    new = Certificate.objects.get(application=case.number)
    assert former in name_of(old) and name_of(new) == name_of(old).replace(former, "栖云清河")
    assert held() == [("entity_change", "栖云清河")]
    released = ask("names", identity.index(former), "released", "industries")
    assert [r["how"] for r in released["released"]] == ["renamed"]
    assert released["industries"] is None
    assert ask("names", identity.index("栖云清河"), "industries")["industries"] == ["F52"]
    applicant, answers = worker(1)
    second = submit(
        "trader", "sole_trader", applicant=applicant, answers={**answers, "trade_name": former}
    )
    assert decide(second)[0].state == State.RETURNED
    receipt = orjson.loads(bytes(queries.latest_decision(second).receipt))
    unmet = [r["id"] for r in receipt["verdict"]["requirements"] if r["result"] == "unmet"]
    assert unmet == ["name_rested"]
    assert audited() == []


def test_what_a_change_does_not_claim_stays_with_the_first_case_until_the_end() -> None:
    old = licensed()
    first = change(old, scope=["F5299", "M7492"])
    second = change(
        Certificate.objects.get(application=first.number),
        scope=["F5299"],
        trade_name=changed(old)["trade_name"],
    )
    assert second.state == State.APPROVED, second.handover
    new = Certificate.objects.get(application=second.number)
    assert new.version == 3
    premises = GuardKey.objects.filter(guard="same_premises", held=True)
    assert [k.application.number for k in premises] == [old.application]
    assert audited() == []
    gone = end(new)
    assert gone.state == State.APPROVED, gone.handover
    names = GuardKey.objects.filter(held=True).values_list("application__service_id", "guard")
    assert sorted(names) == [("simplified_deregistration", "ended")]
    assert audited() == []


def test_a_deregistration_ends_the_licence_and_what_it_entered() -> None:
    licence = licensed()
    owner = Application.objects.get(number=licence.application).applicant
    name = Application.objects.get(number=licence.application).answers["trade_name"]
    case = end(licence)
    assert case.state == State.APPROVED, case.handover
    licence = Certificate.objects.get(pk=licence.pk)
    notice = Certificate.objects.get(application=case.number)
    assert (licence.state, notice.kind, notice.state) == (
        "cancelled",
        "deregistration_notice",
        "valid",
    )
    assert notice.number.startswith("ZX") and name_of(notice) == name_of(licence)
    register = ask("enterprise", identity.index(licence.number), "state", "name")
    assert register == {"state": "deregistered", "name": name_of(licence)}
    (trade,) = [
        t for t in ask("enterprise", owner, "trades")["trades"] if t["uscc"] == licence.number
    ]
    assert (trade["state"], trade["ended"]) == ("deregistered", city_date(now()).isoformat())
    released = ask("names", identity.index(name), "released")["released"]
    assert [(r["industry"], r["how"]) for r in released] == [("F52", "deregistered")]
    assert held() == []
    with pytest.raises(ActionRejected, match="deregistered"):
        hand_in("simplified_deregistration", licence.number, name_of(licence), END)
    later = hand_in("entity_change", licence.number, name_of(licence), changed(licence))
    assert decide(later)[0].state == State.REVIEW
    assert audited() == []


def test_no_change_while_a_deregistration_is_in_hand() -> None:
    licence = licensed()
    first = hand_in("simplified_deregistration", licence.number, name_of(licence), END)
    with pytest.raises(ActionRejected) as caught:
        hand_in("entity_change", licence.number, name_of(licence), changed(licence))
    assert caught.value.members == {"application": first.number}
    assert first.number in caught.value.zh and "补正或撤回" in caught.value.zh


def test_of_a_licence_that_is_suspended_nothing_changes_by_itself_nor_by_an_officer() -> None:
    licence = licensed()
    by = officer(officers.enrol(username="clerk-m", name="李敏", role="clerk", office="market"))
    suspend(public_id=licence.public_id, reason="核查", by=by, now=now())
    case = change(licence, scope=["F5299", "I6513"])
    assert (case.state, case.handover) == (State.REVIEW, "certificate_not_live")
    assert replay.fault(queries.latest_decision(case)) == ""
    actions.take(number=case.number, by=by, now=now())
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="同意变更", by=by, now=now())
    assert caught.value.code == "certificate_not_live"
    assert Certificate.objects.filter(number=licence.number).count() == 1


def test_a_certificate_has_one_successor() -> None:
    old = licensed()
    change(old, scope=["F5299", "I6513"])
    new = Certificate.objects.get(version=2)
    new.pk, new.identifier, new.public_id, new.application = None, "x", "x", "another"
    with pytest.raises(IntegrityError, match="certificate_one_successor"), transaction.atomic():
        new.save(force_insert=True)


def test_who_was_registered_before_us_gets_the_first_electronic_licence() -> None:
    entity = next(e for e in REGISTERED if e.kind == "sole_trader")
    where = CITY.record("enterprise", entity.uscc)["premises"]
    answers = {
        "entity_kind": "sole_trader",
        "trade_name": entity.trade_name,
        "scope": [*entity.scope, "M7492"],
        "premises": where,
        "decided_on": city_date(now()).isoformat(),
        "consent": True,
    }
    case = settled("entity_change", entity.uscc, entity.name, answers)
    assert case.state == State.APPROVED, case.handover
    licence = Certificate.objects.get(application=case.number)
    assert (licence.number, licence.version, licence.previous_id) == (entity.uscc, 1, None)
    assert name_of(licence) == entity.name
    register = ask("enterprise", identity.index(entity.uscc), "scope", "name", "representative")
    assert register["scope"] == answers["scope"] and register["name"] == entity.name
    owner = identity.index(CITY.person(entity.owner).number)
    assert register["representative"] == owner
    trades = ask("enterprise", owner, "trades")["trades"]
    assert [t["uscc"] for t in trades] == [entity.uscc]
    assert audited() == []


def test_a_company_changes_who_represents_it_and_its_filings_are_sent_again() -> None:
    case = company(FIT[0], investors=(FIT[0],))
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == State.APPROVED, case.handover
    old = Certificate.objects.get(application=case.number)
    sent = set(Filing.objects.filter(certificate=old, state="pushed").values_list("id", flat=True))
    assert sent
    answers = {
        **changed(old, entity_kind="company"),
        "representatives": [{"name": FIT[1].name, "number": FIT[1].number}],
    }
    done = settled("entity_change", old.number, name_of(old), answers)
    assert done.state == State.WAITING, done.handover
    signer = Actor(Kind.CITIZEN, identity.index(FIT[1].number))
    actions.cosign(number=done.number, granted=True, by=signer, now=now())
    answer_checks(done)
    (done,) = decide(done)
    assert done.state == State.APPROVED, done.handover
    new = Certificate.objects.get(application=done.number)
    assert fields(new)["representative"] in (FIT[1].name, [FIT[1].name])
    again = Filing.objects.filter(certificate=new, state="pushed")
    assert set(again.values_list("id", flat=True)) == sent
    assert {f.cause for f in again} == {"changed"} and {f.attempts for f in again} == {2}
    assert not Filing.objects.filter(certificate=old).exists()
    roles = {
        t.number: [
            x["role"] for x in ask("enterprise", identity.index(t.number), "trades")["trades"]
        ]
        for t in FIT[:2]
    }
    assert roles == {FIT[0].number: ["原法定代表人"], FIT[1].number: ["法定代表人"]}
    register = ask(
        "enterprise", identity.index(new.number), "representative", "legal_representative"
    )
    assert register == {
        "representative": identity.index(FIT[1].number),
        "legal_representative": FIT[1].name,
    }
    assert audited() == []


def test_what_is_suspended_between_judging_and_writing_is_not_changed() -> None:
    licence = licensed()
    case = hand_in("entity_change", licence.number, name_of(licence), changed(licence))
    book = catalogue.rulebook(case.edition_id)
    (subject,) = changing.subjects([(case, book)]).values()
    assert subject.fault(city_date(now())) == ""
    by = officer(officers.enrol(username="clerk-m", name="李敏", role="clerk", office="market"))
    suspend(public_id=licence.public_id, reason="核查", by=by, now=now())
    with pytest.raises(ActionRejected) as caught:
        succession.lock([subject], city_date(now()))
    assert caught.value.code == "certificate_not_live"


def test_food_is_filed_once_for_the_same_premises() -> None:
    licence = licensed()
    change(licence, scope=["F5212"])
    where = next(islice(places("commercial"), 5, 6)).code
    answers = {
        "premises": where,
        "food": "prepackaged",
        "contact_phone": "13800138000",
        "consent": True,
    }
    case = settled("food_filing", licence.number, name_of(licence), answers)
    assert case.state == State.APPROVED, case.handover
    filed = Certificate.objects.get(application=case.number)
    assert filed.number.startswith("YB" + where[:6]) and len(filed.number) == 16
    assert filed.number[2:].isdecimal()
    again = settled("food_filing", licence.number, name_of(licence), answers)
    assert (again.state, again.handover) == (State.REVIEW, "duplicate")
