"""Booking a time at a counter: who gets a seat, what PostgreSQL refuses, what everybody sees."""

import datetime as dt
import re
import uuid

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError

from counter import actions
from counter.models import Appointment
from counter.slots import Slot
from ledger.clock import now
from people import actors
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import audited, settled
from tests.counter.desk import enter
from tests.officers import make

pytestmark = pytest.mark.usefixtures("furnished")
PLACE, SERVICE = "hrss", "graduate_settlement"


def slot(place: int = 0, counter: str = PLACE) -> Slot:
    """Return one of the times of the next working days that are offered now."""
    found = actions.offered(settings.CITY.counters[counter], now())
    return [one for day in found[1:] for one in day.slots][place]


def of(username: str) -> Actor:
    return actors.citizen(User.objects.get(username=username))


def book(by: Actor, place: int = 0, **more: object) -> Appointment:
    values = {"counter": PLACE, "starts_at": slot(place).starts_at, "service": SERVICE, **more}
    return actions.book(**values, by=by, now=now())  # type: ignore[arg-type]


def code(error: pytest.ExceptionInfo[ActionRejected]) -> str:
    return error.value.code


def test_seats_are_given_up_to_the_capacity_and_no_further() -> None:
    first, second = book(of("graduate")), book(of("criminal"))
    assert {first.seat, second.seat} == {1, 2} and first.capacity == 2
    with pytest.raises(ActionRejected) as full:
        book(of("credit_hit"))
    assert code(full) == "full"
    free = [
        s.free for d in actions.offered(settings.CITY.counters[PLACE], now())[1:] for s in d.slots
    ]
    assert free[0] == 0 and free[1] == 2


def test_one_has_one_appointment_for_a_service() -> None:
    book(of("graduate"))
    with pytest.raises(ActionRejected) as again:
        book(of("graduate"), 3)
    assert code(again) == "booked_before"
    book(
        of("graduate"),
        3,
        counter="hall",
        service="sole_trader",
        starts_at=slot(3, "hall").starts_at,
    )


def test_a_cancelled_seat_is_free_at_once() -> None:
    row = book(of("graduate"))
    book(of("criminal"))
    actions.cancel(appointment=row.pk, by=of("graduate"), now=now())
    assert book(of("credit_hit")).seat == row.seat
    assert book(of("graduate"), 1).seat == 1


def test_moving_gives_up_the_old_seat_only_for_a_new_one() -> None:
    row = book(of("graduate"))
    book(of("criminal"), 1)
    book(of("credit_hit"), 1)
    with pytest.raises(ActionRejected) as full:
        actions.move(
            appointment=row.pk, counter=PLACE, starts_at=slot(1).starts_at,
            by=of("graduate"), now=now(),
        )  # fmt: skip
    row.refresh_from_db()
    assert code(full) == "full" and row.starts_at == slot(0).starts_at
    moved = actions.move(
        appointment=row.pk, counter="hall", starts_at=slot(2, "hall").starts_at,
        by=of("graduate"), now=now(),
    )  # fmt: skip
    assert (moved.counter, moved.capacity, moved.seat) == ("hall", 4, 1)
    assert book(of("degree_missing")).seat == 1


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"counter": "nowhere"}, "not_found"),
        ({"counter": "market"}, "not_found"),  # does not take the service
        ({"service": "nothing"}, "not_found"),
        ({"starts_at": dt.datetime(2026, 1, 1, 1, 7, tzinfo=dt.UTC)}, "no_such_time"),
    ],
)
def test_what_is_not_offered_is_not_booked(changes: dict, wanted: str) -> None:
    with pytest.raises(ActionRejected) as refused:
        book(of("graduate"), **changes)
    assert code(refused) == wanted


def test_appointments_are_ones_own() -> None:
    row = book(of("graduate"))
    for by in (of("criminal"), actors.officer(User.objects.get(username="clerk-hrss"))):
        for do in (
            lambda by=by: actions.of_citizen(row.pk, by),
            lambda by=by: actions.cancel(appointment=row.pk, by=by, now=now()),
        ):
            with pytest.raises(ActionRejected) as refused:
                do()
            assert refused.value.status == 404
    case = settled("credit_hit")
    with pytest.raises(ActionRejected):
        book(of("criminal"), application=case)
    at = slot(3, "hall").starts_at
    with pytest.raises(ActionRejected) as refused:  # a case of another service
        book(of("credit_hit"), counter="hall", service="sole_trader", starts_at=at,
             application=case)  # fmt: skip
    assert refused.value.status == 404


def test_after_its_time_it_holds_nothing_up() -> None:
    row = book(of("graduate"))
    later = row.ends_at + dt.timedelta(days=1)
    with pytest.raises(ActionRejected) as refused:
        actions.cancel(appointment=row.pk, by=of("graduate"), now=row.starts_at)
    assert code(refused) == "appointment_closed"
    days = actions.offered(settings.CITY.counters[PLACE], later)
    actions.book(
        counter=PLACE, starts_at=days[1].slots[0].starts_at, service=SERVICE,
        by=of("graduate"), now=later,
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.changed_by) == ("ended", str(actors.CLOCK))
    clerk = actors.officer(User.objects.get(username="clerk-hrss"))
    assert actions.mark(appointment=row.pk, state="came", by=clerk, now=later).state == "came"
    assert audited() == []


def test_an_officer_of_the_counter_says_who_came() -> None:
    row = book(of("graduate"))
    clerk = actors.officer(User.objects.get(username="clerk-hrss"))
    other = actors.officer(User.objects.get(username="clerk-market"))
    for by, at, wanted in (
        (other, row.starts_at, "not_found"),
        (of("graduate"), row.starts_at, "not_found"),
        (clerk, row.starts_at - dt.timedelta(days=1), "too_early"),
    ):
        with pytest.raises(ActionRejected) as refused:
            actions.mark(appointment=row.pk, state="came", by=by, now=at)
        assert code(refused) == wanted
    assert actions.mark(appointment=row.pk, state="came", by=clerk, now=row.starts_at)
    with pytest.raises(ActionRejected) as again:
        actions.mark(appointment=row.pk, state="missed", by=clerk, now=row.ends_at)
    assert code(again) == "appointment_closed"


def test_the_audit_finds_an_appointment_that_history_does_not_know() -> None:
    book(of("graduate"))
    assert audited() == []


def test_a_listed_debtor_reads_what_to_bring_and_books() -> None:
    case = settled("credit_hit")
    assert case.state == "review"
    client = enter("credit_hit")
    page = client.get(f"/cases/{case.number}/").content.decode()
    assert "请到窗口办理" in page and "执行法院" in page
    address = f"/services/{SERVICE}/appointment/"
    assert f"{address}?case={case.number}" in page
    choose = client.get(f"{address}?case={case.number}").content.decode()
    assert "执行法院" in choose and "监护" not in choose  # what this case needs, and no more
    wanted = re.findall(r'name="slot" value="(hrss@[^"]*)"', choose)[-1]
    answer = client.post(address, {"slot": wanted, "case": case.number})
    assert answer.status_code == 302
    row = Appointment.objects.get()
    assert row.application_id == case.id and row.state == "booked"
    assert case.number in client.get(answer["Location"]).content.decode()
    assert str(row.pk) in client.get("/appointments/").content.decode()
    again = client.post(address, {"slot": wanted, "case": case.number})
    assert again.status_code == 409 and "已预约" in again.content.decode()


def test_moving_and_cancelling_in_the_portal() -> None:
    row = book(of("graduate"))
    client = enter("graduate")
    page = client.get(f"/appointments/{row.pk}/move/").content.decode()
    wanted = re.findall(r'name="slot" value="(hall@[^"]*)"', page)[5]
    assert client.post(f"/appointments/{row.pk}/move/", {"slot": wanted}).status_code == 302
    row.refresh_from_db()
    assert row.counter == "hall"
    assert client.post(f"/appointments/{row.pk}/", {"action": "cancel"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert client.post(f"/appointments/{row.pk}/", {"action": "cancel"}).status_code == 409
    other = enter("criminal")
    for path in (f"/appointments/{row.pk}/", f"/appointments/{row.pk}/move/"):
        assert other.get(path).status_code == 404 and other.post(path).status_code == 404


def test_odd_times_are_refused_with_a_sentence() -> None:
    client = enter("graduate")
    for text, status in (
        ("", 404), ("hrss@", 422), ("hrss@x", 422), ("@2026-01-01", 404),
        ("hrss@9999-12-31T23:59:59", 422), ("nowhere@x", 404),
    ):  # fmt: skip
        answer = client.post(f"/services/{SERVICE}/appointment/", {"slot": text})
        assert answer.status_code == status and 'id="problems"' in answer.content.decode(), text
    assert not Appointment.objects.exists()


def test_of_others_cases_nothing_is_booked() -> None:
    case = settled("credit_hit")
    for number in (case.number, "x"):
        path = f"/services/{SERVICE}/appointment/"
        assert enter("graduate").get(f"{path}?case={number}").status_code == 404


def test_the_service_page_says_for_whom_a_counter_is() -> None:
    page = enter("graduate").get(f"/services/{SERVICE}/").content.decode()
    assert "需到窗口办理的情形" in page and "监护关系证明" in page
    assert (
        "需到窗口办理的情形" not in enter("trader").get("/services/sole_trader/").content.decode()
    )


def test_the_desk_lists_whom_its_own_counters_expect() -> None:
    row = book(of("graduate"))
    path = "/desk/counter/appointment/?day=next"
    name = User.objects.get(username="graduate").name
    desk = enter("clerk-hrss")
    page = desk.get(path).content.decode()
    assert name in page and str(row.pk) in page
    assert 'data-label="时间"' in page and "选择此件" not in page  # what the first column is called
    today = desk.get("/desk/counter/appointment/").content.decode()
    assert name not in today and re.search(r"以后 <b>1</b>", today)  # they are not lost from sight
    assert name not in enter("clerk-market").get(path).content.decode()
    assert name not in enter("auditor").get(path).content.decode()
    form = desk.get(f"/desk/approvals/intake/add/?appointment={row.pk}").content.decode()
    assert name in form
    elsewhere = enter("clerk-market").get(f"/desk/approvals/intake/add/?appointment={row.pk}")
    assert name not in elsewhere.content.decode()
    mark = f"/desk/counter/appointment/{row.pk}/mark/"
    assert enter("clerk-market").post(mark, {"state": "came"}).status_code == 404
    assert enter("supervisor-hrss").post(mark, {"state": "came"}).status_code == 404
    assert desk.post(mark, {"state": ["missed", "came"]}).status_code == 302
    assert "多个值" in desk.get(path).content.decode()
    assert desk.post(mark, {"state": "came"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "booked"  # the day has not come


def test_no_officer_sees_or_marks_their_own() -> None:
    row, citizen = book(of("graduate")), User.objects.get(username="graduate")
    own = make("clerk-own", "clerk", office_id="hrss", person=citizen.subject)
    desk, by = enter("clerk-own"), actors.officer(own)
    assert str(row.pk) not in desk.get("/desk/counter/appointment/?day=next").content.decode()
    form = desk.get(f"/desk/approvals/intake/add/?appointment={row.pk}").content.decode()
    assert citizen.name not in form
    with pytest.raises(ActionRejected) as refusal:
        actions.mark(appointment=row.pk, state="came", by=by, now=row.starts_at)
    assert code(refusal) == "not_found"


# what PostgreSQL refuses by itself


def refused(statement: str, *parameters: object) -> str:
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as error:  # noqa: SIM117
        with transaction.atomic():
            cursor.execute(statement, parameters)
    return str(error.value)


COPY = (
    "INSERT INTO counter_appointment SELECT (jsonb_populate_record(a, jsonb_build_object("
    "'id', gen_random_uuid(), {}))).* FROM counter_appointment a LIMIT 1"
)


def test_postgresql_keeps_the_seats() -> None:
    book(of("graduate"))
    other = User.objects.get(username="criminal").pk
    assert "appointment_one_seat" in refused(COPY.format(f"'citizen_id', {other}"))
    assert "appointment_one_open" in refused(COPY.format("'seat', 2"))
    assert "appointment_seat_exists" in refused(COPY.format(f"'citizen_id', {other}, 'seat', 3"))
    assert "not ahead" in refused(COPY.format(f"'citizen_id', {other}, 'seat', 2, 'state', 'came'"))
    others = f"'citizen_id', {other}, 'seat', 2, 'application_id', '{settled('graduate').id}'"
    assert "another service or person" in refused(COPY.format(others))
    for change in (
        "citizen_id = citizen_id + 1",
        "service_id = 'sole_trader'",
        "booked_at = now()",
    ):
        refused(f"UPDATE counter_appointment SET {change}")
    refused("DELETE FROM counter_appointment")
    row = Appointment.objects.get()
    actions.cancel(appointment=row.pk, by=of("graduate"), now=now())
    assert "it is cancelled" in refused("UPDATE counter_appointment SET state = 'booked'")


def test_nothing_of_nobodys() -> None:
    with pytest.raises(ActionRejected):
        actions.of_citizen(uuid.uuid4(), of("graduate"))
    assert actions.open_of(Actor(actors.Kind.CITIZEN, ""), now()) == []
