"""A decision is delivered within ten working days: recorded, or here by agreement (§44)."""

import datetime as dt
import random
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client

from approvals import actions, queries, terms
from approvals.actions.submission import Key
from approvals.admin.casefile import casefile
from approvals.admin.escalated import escalated
from approvals.models import Application, Delivery, Escalation
from approvals.rows.deliveries import DeliveryWay
from approvals.workers import reconciler
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from people.models import User
from portal.results import result
from portal.templatetags.portal import day as shown
from tests.approvals import counting
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    settled,
)
from tests.approvals.returns import BACKEND, again, me
from tests.factories import UserFactory
from tests.officers import make

DATE, DAY = dt.date.fromisoformat, dt.timedelta(days=1)
WHY = "失信记录已由征信机构书面更正，原件核对无误"


def refused(case: Application, by: Actor) -> Application:
    """``case`` is a credit hit in the hands of ``by``: not granted, so refused here."""
    actions.refuse(number=case.number, reason=WHY, by=by, now=now())
    return again(case)


def sent(on: dt.date | None = None, **more: str) -> actions.DeliveryRecord:
    plain = {"way": "in_person", "recipient": "申请人之母 王女士", "note": ""}
    return actions.DeliveryRecord(**{**plain, "on": str(on or city_date(now())), **more})


def record(case: Application, by: Actor, at: dt.datetime, **more: str) -> Application:
    on = more.pop("on", str(city_date(at)))
    plain = {"number": case.number, "by": by, "now": at}
    return actions.record_delivery(delivery=sent(**{"on": on, **more}), **plain)  # type: ignore[arg-type]


def at_counter(by: Actor, **more: Any) -> Application:
    """Return a graduate's application that an officer took at a counter, decided."""
    seen: dict[str, Any] = {
        "counter": "hrss",
        "acting": "self",
        "paper": "id_card",
        "consented_at": now(),
    }
    more |= {"presence": actions.Presence(**seen), "key": Key("k" * 32, b"h" * 32)}
    return settled("graduate", channel="window", by=by, **more)


def code(*arguments: object, **more: object) -> str:
    with pytest.raises(ActionRejected) as caught:
        record(*arguments, **more)  # type: ignore[arg-type]
    return caught.value.code


@pytest.mark.parametrize(
    ("decided", "last"),
    [  # counted by hand: 国庆 2025 (1 to 8 October; 28 September, 11 October worked), 春节 2026
        ("2025-09-26", "2025-10-16"),
        ("2026-02-11", "2026-03-03"),
        ("2026-03-02", "2026-03-16"),
    ],
)
def test_ten_working_days_from_the_decision(decided: str, last: str) -> None:
    assert terms.deliver_by(settings.CITY.calendar, DATE(decided)) == DATE(last)


def test_a_thousand_days_agree_with_a_counter_of_days() -> None:
    draw = random.Random(44)
    for _ in range(1_000):
        decided = DATE("2024-01-01") + draw.randrange(365 * 5) * DAY
        last = counting.last_day(decided, 10, "working")
        assert terms.deliver_by(settings.CITY.calendar, decided) == last, decided


def test_what_the_machine_grants_in_the_portal_is_delivered_when_issued(furnished: None) -> None:
    case = settled("graduate")
    assert case.state == "approved" and not Delivery.objects.exists()
    assert case.side_events == 0
    page = result(case, now=now())
    assert shown(city_date(case.settled_at)) in page.delivery and not page.can["deliver"]
    reader = UserFactory(clerk=True, username="reader", office__code="hrss")
    file = casefile(case, officer=reader, now=now())
    assert file.is_delivered_at_issue and "record_delivery" not in file.may


def test_what_the_machine_grants_at_the_counter_is_handed_over(
    furnished: None, clerk: Actor
) -> None:
    case = at_counter(clerk)
    row = Delivery.objects.get(application=case)
    assert (case.state, row.recorded_at, row.decision.live) == ("approved", None, True)
    record(case, clerk, now())
    assert audited() == []


def test_who_agreed_before_the_machine_granted_has_it_in_the_portal(
    furnished: None, clerk: Actor
) -> None:
    wrong = graduate_answers(address="440305-9999999")
    case, me_ = at_counter(clerk, answers=wrong), me("graduate")
    assert case.state == "returned"
    actions.agree_delivery(number=case.number, by=me_, now=now())
    actions.resubmit(number=case.number, answers=graduate_answers(), by=me_, now=now())
    answer_checks(again(case))
    (case,) = decide(case)
    assert case.state == "approved" and not Delivery.objects.exists()
    page = result(case, now=now())
    assert shown(city_date(case.settled_at)) in page.delivery and not page.can["deliver"]
    assert audited() == []


def test_a_clerk_records_to_whom_how_and_when_and_the_applicant_reads_it(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    user, at = User.objects.get(username="clerk-a"), now()
    assert "record_delivery" not in casefile(case, officer=user, now=at).may
    case = refused(case, clerk)
    row = Delivery.objects.get(application=case)
    last = counting.last_day(city_date(at), 10, "working")
    assert city_date(row.due_at - dt.timedelta(seconds=1)) == last
    assert shown(last) in result(case, now=at).delivery
    assert "record_delivery" in casefile(case, officer=user, now=at).may
    for wrong, expected in (
        ({"way": "electronic"}, "no_such_way"),
        ({"way": "dove"}, "no_such_way"),
        ({"recipient": "  "}, "recipient_required"),
        ({"way": "left"}, "note_required"),
        ({"on": str(city_date(at) + DAY)}, "day_required"),
        ({"on": str(city_date(at) - DAY)}, "day_required"),
        ({"on": "昨天"}, "day_required"),
    ):
        assert code(case, clerk, at, **wrong) == expected
    assert code(case, stranger, at) == "not_found"
    shown_version = case.version
    record(case, clerk, at, way="post", note="EMS 1234567890123")
    case, row = again(case), Delivery.objects.get(application=case)
    assert case.version == shown_version  # whoever has the page open may still act
    assert (row.way, row.by.username, row.delivered_on) == ("post", "clerk-a", city_date(at))
    event = queries.timeline(case)[-1]
    assert (event.kind, event.by) == ("delivered", "officer:clerk-a")
    assert orjson.loads(event.data) == {
        "delivery": str(row.pk), "decision": str(row.decision_id), "way": "post",
        "on": str(city_date(at)),
    }  # fmt: skip
    page = result(case, now=at).delivery
    assert "王女士" in page and shown(city_date(at)) in page
    assert code(case, clerk, at) == "nothing_to_deliver"
    assert audited() == []


def test_by_agreement_before_the_decision_it_is_delivered_with_it(
    case: Application, clerk: Actor
) -> None:
    browser = Client()
    browser.force_login(User.objects.get(username="credit_hit"), BACKEND)
    address = f"/cases/{case.number}/deliver/"
    page = browser.get(f"/cases/{case.number}/").content.decode()
    assert address in page
    assert browser.get(address).status_code == 200
    assert browser.post(address, {"version": case.version}).status_code == 302
    page = browser.get(f"/cases/{case.number}/state/").content.decode()
    assert address not in page and "按您的同意" in page
    assert Event.objects.filter(subject=case.subject, kind="delivery_agreed").count() == 1
    case = refused(case, clerk)
    row = Delivery.objects.get(application=case)
    assert (row.way, row.by, row.delivered_on) == ("electronic", None, city_date(now()))
    event = queries.timeline(case)[-1]
    assert (event.kind, event.by) == ("delivered", str(CLOCK))
    assert audited() == []


def test_by_agreement_after_the_decision_it_is_delivered_then(
    case: Application, clerk: Actor
) -> None:
    plain = {"number": case.number, "now": now()}
    case = refused(case, clerk)
    assert result(case, now=now()).can["deliver"]
    for by in (citizen(person("graduate")), clerk):
        with pytest.raises(ActionRejected) as caught:
            actions.agree_delivery(by=by, **plain)
        assert caught.value.status == 404
    actions.agree_delivery(by=me(), **plain)
    assert Delivery.objects.get(application=case).way == DeliveryWay.ELECTRONIC
    assert not result(again(case), now=now()).can["deliver"]
    with pytest.raises(ActionRejected) as caught:
        actions.agree_delivery(by=me(), **plain)
    assert caught.value.code == "nothing_to_deliver"
    assert audited() == []


def test_who_decides_again_delivers_again(
    case: Application, clerk: Actor, colleague: Actor
) -> None:
    case = refused(case, clerk)
    actions.reopen(number=case.number, reason="请再核实一次", by=me(), now=now())
    assert code(case, clerk, now()) == "nothing_to_deliver"  # it does not stand
    actions.take(number=case.number, by=colleague, now=now())
    refused(case, colleague)
    assert Delivery.objects.filter(application=case, recorded_at=None).count() == 2
    record(case, clerk, now())
    (row,) = Delivery.objects.filter(application=case).exclude(recorded_at=None)
    assert row.decision.live
    assert audited() == []


def test_before_the_day_and_after_it_those_who_supervise_are_shown_it(
    case: Application, clerk: Actor
) -> None:
    supervisor, head = (
        UserFactory(clerk=True, username=f"r-{role}", office__code="hrss", role=role)
        for role in ("supervisor", "head")
    )
    case = refused(case, clerk)
    due = Delivery.objects.get(application=case).due_at
    assert actions.escalate(by=CLOCK, now=now()) == 0
    near = due - dt.timedelta(hours=1)
    assert reconciler.escalate(near) is False and actions.escalate(by=CLOCK, now=near) == 0
    (row,) = escalated(supervisor, near)
    assert (row.number, row.tone) == (case.number, "wait") and escalated(head, near) == []
    assert actions.escalate(by=CLOCK, now=due) == 1
    assert [r.tone for r in escalated(head, due)] == ["bad"]
    stages = Escalation.objects.filter(application=case, of_delivery=True).order_by("at")
    assert list(stages.values_list("stage", flat=True)) == ["soon", "over"]
    desk = Client()
    desk.force_login(User.objects.get(username="clerk-a"), BACKEND)
    listed = "/desk/approvals/application/?state=settled&delivery="
    assert case.number in desk.get(f"{listed}open").content.decode()
    assert case.number not in desk.get(f"{listed}over").content.decode()
    record(case, clerk, due)
    assert escalated(head, due) == escalated(supervisor, due) == []
    assert case.number not in desk.get(f"{listed}open").content.decode()
    assert actions.escalate(by=CLOCK, now=due + 9 * DAY) == 0
    assert audited() == []


def test_at_the_desk_it_is_recorded_on_the_page_of_the_case(
    case: Application, clerk: Actor
) -> None:
    case = refused(case, clerk)
    desk = Client()
    desk.force_login(User.objects.get(username="clerk-a"), BACKEND)
    address = f"/desk/approvals/application/{case.pk}/"
    page = desk.get(f"{address}change/?move=record_delivery").content.decode()
    assert 'name="way"' in page and 'id="delivery"' in page
    form = {
        "action": "record_delivery", "version": str(case.version), "way": "post",
        "recipient": "本人", "on": str(city_date(now())), "note": "",
    }  # fmt: skip
    assert desk.post(f"{address}do/", {**form, "recipient": ""}).status_code == 422
    assert desk.post(f"{address}do/", form).status_code == 302
    assert Delivery.objects.get(application=case).way == "post"


# --- past Django


def test_postgresql_refuses_what_was_not_delivered_so(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    case = refused(case, clerk)
    row, at = Delivery.objects.get(application=case), now()
    whole = {
        "way": "post", "recipient": "本人", "delivered_on": city_date(at), "recorded_at": at,
        "by": User.objects.get(username="clerk-a"),
    }  # fmt: skip
    other = User.objects.get(username="clerk-c")
    for wrong, match in (
        ({"by": other}, "somebody of elsewhere"),
        ({"way": "electronic", "by": None}, "not agreed to"),
        ({"delivered_on": city_date(at) - 2 * DAY}, "cannot be"),
        ({"delivered_on": city_date(at) + 2 * DAY}, "cannot be"),
        ({"recipient": ""}, "delivery_recorded_whole"),
        ({"by": None}, "delivered|recorded"),
        ({"recorded_at": None}, "delivery_recorded_whole"),
    ):
        with pytest.raises(IntegrityError, match=match), transaction.atomic():
            Delivery.objects.filter(pk=row.pk).update(**{**whole, **wrong})
    Delivery.objects.filter(pk=row.pk).update(**whole)
    with pytest.raises(IntegrityError, match="recorded before"), transaction.atomic():
        Delivery.objects.filter(pk=row.pk).update(recipient="别人")
    for change in (
        Delivery.objects.all().delete,
        lambda: Delivery.objects.update(due_at=at + 99 * DAY),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()
    assert any("delivery" in line and case.number in line for line in audited())  # no event


def test_no_clerk_records_the_delivery_of_their_own(case: Application, clerk: Actor) -> None:
    case, at = refused(case, clerk), now()
    own = make("clerk-own", "clerk", office_id=case.office_id, person=case.applicant)
    assert code(case, officer(own), at) == "not_found"
    whole = {"way": "in_person", "recipient": "本人", "delivered_on": city_date(at), "by": own}
    with pytest.raises(IntegrityError, match="by somebody of elsewhere"), transaction.atomic():
        Delivery.objects.filter(application=case).update(**whole, recorded_at=at)
