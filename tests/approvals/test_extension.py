"""The term of the law is extended once, by the head, with a reason (行政许可法 §42)."""

import dataclasses
import datetime as dt

import orjson
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from approvals import actions
from approvals.actions import extension
from approvals.admin.casefile import casefile
from approvals.models import Application, TermExtension
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from portal.results import result
from portal.templatetags.portal import day as shown
from services import catalogue
from services.pack.model import Limit
from tests.approvals import counting
from tests.approvals.cases import audited, citizen, person, settled
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished")
WHY = "需核对外地学籍档案"
ROLE = User.Role.HEAD


@pytest.fixture
def case(furnished: None) -> Application:
    return settled("graduate", by_person=True)


@pytest.fixture
def head(furnished: None) -> Actor:
    return officer(UserFactory(clerk=True, username="head", office__code="hrss", role=ROLE))


def extend(case: Application, by: Actor, at: dt.datetime, reason: str = WHY) -> Application:
    actions.extend(number=case.number, reason=reason, by=by, now=at)
    return Application.objects.get(id=case.id)


def test_the_head_extends_the_term_once_and_the_applicant_reads_both_days_and_why(
    case: Application, head: Actor
) -> None:
    before, promised = case.due_at, case.promised_at
    user = User.objects.get(username="head")
    assert "extend" in casefile(case, officer=user, now=now()).may
    case = extend(case, head, now())
    days = [counting.last_day(city_date(now()), n, "working") for n in (20, 30)]
    assert [city_date(at - dt.timedelta(seconds=1)) for at in (before, case.due_at)] == days
    assert case.promised_at == promised
    event = Event.objects.filter(subject=case.subject).latest("seq")
    data = orjson.loads(event.data)
    assert (event.kind, event.by, data["reason"]) == ("extended", "officer:head", WHY)
    assert data["term"]["extended"] == "10"
    (notice,) = [n for n in result(case, now=now()).notices if WHY in n]
    assert [shown(day) in notice for day in days] == [True, True], notice
    assert "extend" not in casefile(case, officer=user, now=now()).may
    with pytest.raises(ActionRejected) as caught:
        extend(case, head, now())
    assert caught.value.code == "extended_before"
    assert audited() == []


def test_nobody_else_extends_and_not_without_a_reason_or_too_late(
    case: Application, clerk: Actor, stranger: Actor, head: Actor
) -> None:
    for by, at, reason, code in (
        (clerk, now(), WHY, "not_found"),
        (stranger, now(), WHY, "not_found"),
        (head, now(), " ", "reason_required"),
        (head, case.due_at, WHY, "overdue"),
    ):
        with pytest.raises(ActionRejected) as caught:
            extend(case, by, at, reason)
        assert caught.value.code == code
    assert Application.objects.get(id=case.id).events == case.events
    clerks = User.objects.get(username="clerk-a")
    assert "extend" not in casefile(case, officer=clerks, now=now()).may


def test_what_is_decided_is_not_extended(head: Actor) -> None:
    with pytest.raises(ActionRejected) as caught:
        extend(settled("graduate"), head, now())
    assert caught.value.status == 409


def test_a_contested_decision_has_a_term_of_its_own_to_extend(
    case: Application, clerk: Actor, head: Actor
) -> None:
    extend(case, head, now())
    actions.take(number=case.number, by=clerk, now=now())
    actions.refuse(number=case.number, reason="学籍无法核实", by=clerk, now=now())
    me = citizen(person("graduate"))
    actions.reopen(number=case.number, reason="请再核实一次", by=me, now=now())
    case = Application.objects.get(id=case.id)
    assert case.extended_days == 0
    assert extend(case, head, now()).extended_days == 10
    assert TermExtension.objects.filter(application=case).count() == 2
    assert audited() == []


def test_the_fifteen_days_of_a_joint_handling_are_not_the_offices(
    case: Application, head: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = catalogue.rulebook(case.edition_id)
    joint = dataclasses.replace(book.pack.clock, statutory=Limit(45, "working"), extension=15)
    pack = dataclasses.replace(book.pack, clock=joint)
    monkeypatch.setattr(
        extension.catalogue, "rulebook", lambda edition: dataclasses.replace(book, pack=pack)
    )
    with pytest.raises(ActionRejected) as caught:
        extend(case, head, now())
    assert (caught.value.code, caught.value.status) == ("government_required", 409)
    assert not TermExtension.objects.filter(application=case).exists()
    assert Application.objects.get(id=case.id).events == case.events


# --- past Django


def test_postgresql_keeps_once_and_by_whom(
    case: Application, clerk: Actor, head: Actor, stranger: Actor
) -> None:
    def row(by: str, **more: object) -> TermExtension:
        plain = {
            "application": case,
            "version": Application.objects.get(id=case.id).events,
            "days": 10,
            "reason": WHY,
            "by": User.objects.get(username=by),
            "at": now(),
            "was_due_at": case.due_at,
            "due_at": case.due_at + dt.timedelta(days=14),
        }
        return TermExtension(**{**plain, **more})

    def write(made: TermExtension) -> None:
        with transaction.atomic():
            made.save(force_insert=True)

    def days(number: int) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE approvals_application SET extended_days = %s WHERE id = %s",
                [number, case.id],
            )

    other = UserFactory(clerk=True, username="other-head", office__code="market", role=ROLE)
    for by in ("clerk-a", other.username):
        with pytest.raises(IntegrityError, match="not by its head"):
            write(row(by))
    with pytest.raises(IntegrityError, match="too late"):
        write(row("head", at=case.due_at))
    with pytest.raises(IntegrityError, match="extension_is_longer"):
        write(row("head", days=30))
    with pytest.raises(IntegrityError, match="without an extension"):
        days(10)
    case = extend(case, head, now())
    with pytest.raises(IntegrityError, match="second time"):
        write(row("head"))
    for number in (0, 20):
        with pytest.raises(IntegrityError, match="without an extension"):
            days(number)
    with pytest.raises(ProgrammingError), transaction.atomic():
        TermExtension.objects.filter(application=case).update(reason="别的理由")
    with pytest.raises(ProgrammingError), transaction.atomic():
        TermExtension.objects.filter(application=case).delete()
