"""The term of the law is extended once, by the head, with a reason (行政许可法 §42)."""

import datetime as dt

import orjson
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from approvals import actions
from approvals.admin.casefile import casefile
from approvals.models import Application, Document, TermExtension
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from portal.results import result
from portal.templatetags.portal import day as shown
from tests.approvals import counting
from tests.approvals.cases import audited, citizen, person, settled
from tests.approvals.returns import BACKEND
from tests.factories import UserFactory
from tests.services.editions import published
from tests.services.packs import changed, text

pytestmark = pytest.mark.usefixtures("furnished")
WHY = "需核对外地学籍档案"
ROLE = User.Role.HEAD
TRADERS = text("sole_trader")
OF_3 = "{days: 3, unit: working, law: 市场主体登记管理条例 §19}"


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


@pytest.fixture
def joint(furnished: None) -> Application:
    """A case of a service that several agencies decide together, within 45 working days."""
    source = changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now())}", TRADERS)
    source = changed(OF_3, "{days: 45, unit: working, law: 行政许可法 §42}", source)
    published(changed("extension: 3", "joint: 联合办理", source), now(), file="sole_trader.yaml")
    return settled("trader", "sole_trader", by_person=True)


def jointly(case: Application, by: Actor, number: str, on: str) -> Application:
    approval = actions.GovernmentApproval(number, on)
    actions.extend(number=case.number, reason=WHY, by=by, now=now(), approval=approval)
    return Application.objects.get(id=case.id)


def test_a_joint_handling_is_extended_by_fifteen_days_as_the_government_approved(
    joint: Application,
) -> None:
    """行政许可法 §42 para 2: 45 working days, and 15 more."""
    chief = officer(UserFactory(clerk=True, username="chief", office__code="market", role=ROLE))
    today = city_date(now())
    for number, on, code in (
        ("", str(today), "government_required"),
        ("示府批〔2026〕18号", "", "approval_day_required"),
        ("示府批〔2026〕18号", str(today + dt.timedelta(days=1)), "approval_day_required"),
        ("示府批〔2026〕18号", str(today - dt.timedelta(days=1)), "approval_day_required"),
    ):
        with pytest.raises(ActionRejected) as caught:
            jointly(joint, chief, number, on)
        assert (caught.value.code, caught.value.status) == (code, 422)
    with pytest.raises(ActionRejected) as caught:  # the office alone
        extend(joint, chief, now())
    assert caught.value.code == "government_required"
    case = jointly(joint, chief, "示府批〔2026〕18号", str(today))
    days = [counting.last_day(today, n, "working") for n in (45, 60)]
    ends = [city_date(at - dt.timedelta(seconds=1)) for at in (joint.due_at, case.due_at)]
    assert ends == days
    event = Event.objects.filter(subject=case.subject).latest("seq")
    assert orjson.loads(event.data)["government"] == {
        "number": "示府批〔2026〕18号", "on": str(today),
    }  # fmt: skip
    (notice,) = [n for n in result(case, now=now()).notices if WHY in n]
    assert "示府批〔2026〕18号" in notice and all(shown(day) in notice for day in days)
    paper = Document.objects.get(application=case, kind="extension").payload["body"]
    text = "".join(part["text"] for part in paper)
    assert "第四十二条第二款" in text and "经本级人民政府负责人批准（示府批〔2026〕18号" in text
    assert "延长15个工作日" in text
    assert audited() == []


def test_at_the_desk_the_head_names_the_governments_document(joint: Application) -> None:
    desk = Client()
    desk.force_login(
        UserFactory(clerk=True, username="chief", office__code="market", role=ROLE), BACKEND
    )
    address = f"/desk/approvals/application/{joint.pk}/"
    assert 'name="document"' in desk.get(f"{address}change/?move=extend").content.decode()
    form = {"action": "extend", "version": joint.version, "reason": WHY}
    assert desk.post(f"{address}do/", form).status_code == 422
    form |= {"document": "示府批〔2026〕18号", "approved_on": str(city_date(now()))}
    assert desk.post(f"{address}do/", form).status_code == 302
    assert TermExtension.objects.get(application=joint).approval_number == "示府批〔2026〕18号"


def test_a_registration_is_extended_by_three_days_as_its_regulation_says(
    furnished: None,
) -> None:
    """市场主体登记管理条例 §19: three working days, and once three more."""
    case = settled("trader", "sole_trader", by_person=True)
    chief = officer(UserFactory(clerk=True, username="chief", office__code="market", role=ROLE))
    case = extend(case, chief, now())
    last = counting.last_day(city_date(now()), 6, "working")
    assert city_date(case.due_at - dt.timedelta(seconds=1)) == last
    assert audited() == []


# --- past Django


def test_postgresql_keeps_once_and_by_whom(
    case: Application, clerk: Actor, head: Actor, stranger: Actor
) -> None:
    def row(by: str, **more: object) -> TermExtension:
        plain = {
            "application": case,
            "version": Application.objects.get(id=case.id).version,
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
    own = UserFactory(  # the head's own application is extended by nobody but another head
        clerk=True, username="own-head", office__code="hrss", role=ROLE, person=case.applicant
    )
    with pytest.raises(IntegrityError, match="not by its head"):
        write(row(own.username))
    with pytest.raises(IntegrityError, match="too late"):
        write(row("head", at=case.due_at))
    for days_, match in ((30, "not by its head or days"), (15, "or days"), (9, "or days")):
        with pytest.raises(IntegrityError, match=match):
            write(row("head", days=days_))
    with pytest.raises(IntegrityError, match="extension_is_longer"):
        write(row("head", due_at=case.due_at))
    with pytest.raises(IntegrityError, match="extension_by_government"):
        write(row("head", approval_number="示府批〔2026〕18号", approved_on=city_date(now())))
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


def test_postgresql_wants_the_governments_approval_of_fifteen_days(joint: Application) -> None:
    chief = UserFactory(clerk=True, username="chief", office__code="market", role=ROLE)
    at = now()
    plain = {
        "application": joint, "version": joint.version, "days": 15, "reason": WHY, "by": chief,
        "at": at, "was_due_at": joint.due_at, "due_at": joint.due_at + dt.timedelta(days=21),
    }  # fmt: skip
    for more, match in (
        ({}, "extension_by_government"),
        ({"approved_on": city_date(at)}, "extension_by_government"),
        ({"approval_number": "示府批〔2026〕18号"}, "extension_by_government"),
        ({"days": 10}, "or days"),
        (
            {"approval_number": "1号", "approved_on": city_date(at) + dt.timedelta(days=1)},
            "too late",
        ),
    ):
        with pytest.raises(IntegrityError, match=match), transaction.atomic():
            TermExtension(**{**plain, **more}).save(force_insert=True)
