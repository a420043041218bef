"""Residence permits are endorsed each year: a lapse suspends, endorsing puts in force again."""

import datetime as dt

import orjson
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils.translation import override

from affairs import duties
from affairs.models import Message
from approvals import actions
from approvals.actions import endorsing
from approvals.models import Application, Decision
from certificates import actions as certificates
from certificates.models import Certificate, Endorsement
from certificates.queries import state_on, with_endorsement
from demo.city.people import Person
from exchange.models import Record
from exchange.registries import Query, query_registries
from ledger.clock import city_date, now
from ledger.models import Event
from people import identity
from people.actors import CLOCK, ENGINE, Actor, officer
from people.errors import ActionRejected
from portal import fees
from services import catalogue
from tests import officers
from tests.affairs.people import of
from tests.approvals.cases import audited, citizen, residents, submit
from tests.services.editions import published
from tests.services.packs import changed

pytestmark = pytest.mark.usefixtures("furnished")
DAY = dt.timedelta(days=1)
CONSENT: dict[str, object] = {"consent": True}


def apply_for(
    service: str, t: Person, at: dt.datetime, answers: dict[str, object] = CONSENT
) -> Application:
    applicant = actions.Applicant("person", t.number, t.name)
    return submit(service=service, applicant=applicant, answers=answers, now=at)


def decide(case: Application, at: dt.datetime) -> Application:
    claimed = actions.claim(limit=50, again=False, by=ENGINE)
    actions.decide_claimed(claimed=claimed, by=ENGINE, now=at)
    return Application.objects.get(id=case.id)


def permit(t: Person) -> Certificate:
    case = apply_for("residence_permit", t, now())
    assert decide(case, now()).state == "approved"
    return Certificate.objects.get(application=case.number)


def year_after(day: dt.date) -> dt.date:
    return day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else day + 365 * DAY


def at_noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(4), dt.UTC)


def state_of(paper: Certificate) -> str:
    return str(Certificate.objects.get(pk=paper.pk).state)


def of_holder(paper: Certificate) -> Certificate:
    return with_endorsement(Certificate.objects.filter(pk=paper.pk)).get()


def test_it_lapses_the_day_after_and_is_in_force_again_when_endorsed() -> None:
    t = residents()[0]
    paper = permit(t)
    issued = city_date(paper.issued_at)
    (first,) = Endorsement.objects.filter(certificate=paper)
    assert (first.until, first.application) == (year_after(issued), paper.application)
    assert state_on(of_holder(paper), first.until) == "valid"
    assert state_on(of_holder(paper), first.until + DAY) == "suspended"  # swept up or not
    assert certificates.lapse(by=CLOCK, now=at_noon(first.until)) == 0
    late = at_noon(first.until + 10 * DAY)
    assert certificates.lapse(by=CLOCK, now=late) == 1
    assert state_of(paper) == "suspended"
    assert certificates.lapse(by=CLOCK, now=late) == 0
    case = apply_for("residence_endorsement", t, late)
    assert decide(case, late).state == "approved"
    assert (
        state_of(paper) == "valid" and Certificate.objects.filter(holder=paper.holder).count() == 1
    )
    now_current = Endorsement.objects.get(certificate=paper, is_current=True)
    # late: the year begins anew on the day it is endorsed (居住证暂行条例 §10)
    assert now_current.until == year_after(city_date(late))
    assert now_current.application == case.number
    kinds = (
        Event.objects.filter(subject=paper.subject).order_by("seq").values_list("kind", flat=True)
    )
    assert list(kinds) == ["issued", "suspended", "endorsed", "restored"]
    assert list(audited()) == []


def test_in_time_the_next_year_follows_the_last_day_of_the_one_before() -> None:
    t = residents()[1]
    paper = permit(t)
    first = Endorsement.objects.get(certificate=paper)
    early = at_noon(first.until - 5 * DAY)
    assert decide(apply_for("residence_endorsement", t, early), early).state == "approved"
    assert state_of(paper) == "valid"
    current = Endorsement.objects.get(certificate=paper, is_current=True)
    assert current.until == year_after(first.until)
    assert certificates.lapse(by=CLOCK, now=at_noon(first.until + DAY)) == 0


def test_too_early_it_comes_back_and_without_a_permit_an_officer_decides() -> None:
    t, other = residents()[2], residents()[3]
    permit(t)
    assert decide(apply_for("residence_endorsement", t, now()), now()).state == "returned"
    assert decide(apply_for("residence_endorsement", other, now()), now()).state == "review"


def test_who_has_moved_away_is_not_endorsed_by_the_machine() -> None:
    t = residents()[4]
    paper = permit(t)
    late = at_noon(Endorsement.objects.get(certificate=paper).until + DAY)
    row = Record.objects.get(registry="residence", subject=paper.holder)
    row.data = {**row.data, "until": "2026-11-01"}
    Record.objects.filter(pk=row.pk).update(data=row.data)
    certificates.lapse(by=CLOCK, now=late)
    assert decide(apply_for("residence_endorsement", t, late), late).state == "review"
    assert state_of(paper) == "suspended"


def test_what_an_officer_suspended_stays_so_when_it_is_endorsed() -> None:
    t = residents()[5]
    paper = permit(t)
    clerk = of("clerk-police")
    certificates.suspend(public_id=paper.public_id, reason="核实居住情况", by=clerk, now=now())
    soon = at_noon(Endorsement.objects.get(certificate=paper).until - DAY)
    assert decide(apply_for("residence_endorsement", t, soon), soon).state == "approved"
    assert state_of(paper) == "suspended"


def test_its_holder_has_a_message_before_it_lapses_once_and_when_it_has() -> None:
    paper = permit(residents()[6])
    first = Endorsement.objects.get(certificate=paper)
    mine = Message.objects.filter(subject=paper.holder)
    duties.note_endings(at_noon(first.notice_on - DAY))
    assert not mine.filter(kind="endorsement_due").exists()
    for later in (0, 1, 2):
        duties.note_endings(at_noon(first.notice_on + later * DAY))
    assert mine.filter(kind="endorsement_due").count() == 1
    assert first.until - first.notice_on == 30 * DAY
    certificates.lapse(by=CLOCK, now=at_noon(first.until + DAY))
    assert mine.filter(kind="certificate_changed").count() == 1


def test_whoever_verifies_it_reads_why_it_is_suspended_and_its_holder_what_to_do() -> None:
    t = residents()[7]
    paper = permit(t)
    until = Endorsement.objects.get(certificate=paper).until
    page = Client().get(f"/verify/{paper.public_id}").content.decode()
    assert "签注有效期至" in page and 'id="ending"' not in page
    certificates.lapse(by=CLOCK, now=at_noon(until + DAY))
    page = Client().get(f"/verify/{paper.public_id}").content.decode()
    for part in ("暂停", "签注已过期", "居住证暂行条例"):
        assert part in page, part
    english = Client(headers={"accept-language": "en"}).get(f"/verify/{paper.public_id}")
    assert "its endorsement has lapsed" in english.content.decode()


def test_nothing_to_endorse_is_said_so_and_a_reopened_permit_waits() -> None:
    t, clerk = residents()[8], of("clerk-police")
    paper = permit(t)
    late = at_noon(Endorsement.objects.get(certificate=paper).until + DAY)
    certificates.lapse(by=CLOCK, now=late)
    case = apply_for("residence_endorsement", t, late)
    book = catalogue.rulebook(case.edition_id)
    order = certificates.Endorsing(case.number, book, case.applicant, {})
    issuing = Application.objects.get(number=paper.application)
    with transaction.atomic():
        actions.reopen(number=issuing.number, reason="有人举报", by=clerk, now=now())
        with pytest.raises(ActionRejected) as caught:
            endorsing.endorse([order], by=ENGINE, now=late)
        assert caught.value.code == "reopened"
        transaction.set_rollback(True)
    # given up after it was read, before the decision is written
    certificates.cancel(public_id=paper.public_id, reason="本人交回", by=clerk, now=late)
    with pytest.raises(ActionRejected) as caught:
        endorsing.endorse([order], by=ENGINE, now=late)
    assert caught.value.code == "nothing_to_endorse"
    assert Endorsement.objects.filter(certificate=paper).count() == 1


def test_what_a_second_decision_has_refused_is_not_put_in_force_by_an_endorsement() -> None:
    """It had lapsed before, so that reopening its case had nothing to suspend."""
    t, clerk = residents()[12], of("clerk-police")
    paper = permit(t)
    late = at_noon(Endorsement.objects.get(certificate=paper).until + DAY)
    certificates.lapse(by=CLOCK, now=late)
    case = apply_for("residence_endorsement", t, late)
    order = certificates.Endorsing(
        case.number, catalogue.rulebook(case.edition_id), case.applicant, {}
    )
    actions.reopen(number=paper.application, reason="有人举报", by=clerk, now=now())
    user = officers.enrol(username="clerk-p2", name="李敏", role="clerk", office="police")
    other = officer(user)
    actions.take(number=paper.application, by=other, now=now())
    actions.refuse(
        number=paper.application, reason="住所不实，居住证暂行条例第九条。", by=other, now=now()
    )
    with pytest.raises(ActionRejected) as caught:
        endorsing.endorse([order], by=ENGINE, now=late)
    assert caught.value.code == "reopened"
    assert state_of(paper) == "suspended"


def test_a_replaced_permit_keeps_number_and_endorsement_and_costs_what_a_card_costs() -> None:
    t = residents()[11]
    paper = permit(t)
    first = Endorsement.objects.get(certificate=paper)
    answers = {"permit": paper.number, "reason": "lost", "consent": True}
    case = decide(apply_for("residence_card", t, now(), answers), now())
    assert case.state == "approved", case.handover
    new = Certificate.objects.get(application=case.number)
    assert (new.number, new.version, state_of(paper)) == (paper.number, 2, "superseded")
    assert Endorsement.objects.get(certificate=new).until == first.until
    receipt = orjson.loads(bytes(Decision.objects.get(application=case).receipt))
    assert receipt["verdict"]["fee"] == "20"
    book = catalogue.rulebook(case.edition_id)
    with override("zh-hans"):
        due = fees.due(book, case.answers, case.as_of)
        free = fees.due(book, {**case.answers, "reason": "error"}, case.as_of)
    assert due is not None and due.amount == "20 元" and "派出所" in due.pay
    assert free is not None and (free.amount, free.pay) == ("无需缴费", "")
    guide = Client().get("/services/residence_card/").content.decode()
    assert "派出所窗口缴纳" in guide and "本系统不收款" in guide
    # who holds the next version holds a permit: there is no second first one
    with pytest.raises(ActionRejected) as caught:
        apply_for("residence_permit", t, now())
    assert caught.value.code == "duplicate"


def test_a_permit_is_replaced_on_the_last_day_of_its_endorsement_and_not_the_day_after() -> None:
    """Nobody has swept: the day alone says that it is suspended."""
    t, clerk = residents()[0], of("clerk-police")
    paper = permit(t)
    until = Endorsement.objects.get(certificate=paper).until
    answers = {"permit": paper.number, "reason": "lost", "consent": True}
    late = at_noon(until + DAY)
    case = decide(apply_for("residence_card", t, late, answers), late)
    assert (case.state, case.handover) == ("review", "certificate_not_live")
    receipt = orjson.loads(bytes(Decision.objects.get(application=case).receipt))
    assert receipt["subject"]["state"] == "suspended"
    actions.take(number=case.number, by=clerk, now=late)
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="同意换领", by=clerk, now=late)
    assert caught.value.code == "certificate_not_live"
    actions.withdraw(number=case.number, by=of_person(t), now=late)
    last = at_noon(until)
    case = decide(apply_for("residence_card", t, last, answers), last)
    assert case.state == "approved", case.handover
    assert audited() == []


def with_last_day() -> None:
    """Permits are of a kind that expires from now on, two weeks before they are to be endorsed."""
    source = (settings.CITY.folder / "services" / "residence_permit.yaml").read_text("utf-8")
    source = changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now())}", source)
    published(changed("  valid: none", "  valid: P350D", source), now(), "residence_permit.yaml")


@pytest.mark.parametrize(
    ("service", "handover"),
    [("residence_card", "certificate_not_live"), ("residence_endorsement", "holds:unmet")],
)
@pytest.mark.parametrize("days", [0, 1])
def test_what_has_expired_is_neither_replaced_nor_endorsed_though_nobody_has_swept(
    service: str, handover: str, days: int
) -> None:
    t = residents()[1]
    with_last_day()
    paper = permit(t)
    assert paper.expires_on is not None
    at = at_noon(paper.expires_on + days * DAY)
    answers = {"permit": paper.number, "reason": "lost"} if service == "residence_card" else {}
    case = decide(apply_for(service, t, at, {**answers, "consent": True}), at)
    if days == 0:
        assert case.state == "approved", case.handover
    else:
        assert case.state == "review" and handover in (case.handover or "")
    order = certificates.Endorsing(
        case.number, catalogue.rulebook(case.edition_id), case.applicant, {}
    )
    if service == "residence_endorsement" and days:  # or where it ended after it was judged
        with pytest.raises(ActionRejected) as caught:
            endorsing.endorse([order], by=ENGINE, now=at)
        assert caught.value.code == "nothing_to_endorse"


def of_person(t: Person) -> Actor:
    return citizen(actions.Applicant("person", t.number, t.name))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE certificates_endorsement SET until = until + 400",
        "UPDATE certificates_endorsement SET application = 'X'",
        "DELETE FROM certificates_endorsement",
        "INSERT INTO certificates_endorsement (id, certificate_id, application, until, notice_on,"
        " is_current, at) SELECT gen_random_uuid(), certificate_id, 'X', until - 1, notice_on - 1,"
        " false, at FROM certificates_endorsement",
    ],
)
def test_nobody_lengthens_an_endorsement_in_the_database(statement: str) -> None:
    permit(residents()[9])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_registry_of_certificates_says_until_when() -> None:
    t = residents()[10]
    paper = permit(t)
    query = Query("", "certificates", identity.index(t.number), "", ("held",), "a test", "a law")
    (answer,) = query_registries([query], by="test", now=now())
    until = Endorsement.objects.get(certificate=paper).until
    assert answer.data["held"][0]["endorsed"] == until.isoformat()
