"""A hearing, expert review, inspection or test stops the clock, with a row (行政许可法 §45)."""

import datetime as dt

import orjson
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from approvals import actions
from approvals.admin.casefile import casefile
from approvals.models import Application, Procedure
from approvals.states import State
from ledger.clock import city_date, now
from ledger.models import Event
from people import identity
from people.actors import CLOCK, Actor
from people.errors import ActionRejected
from people.models import User
from portal.results import result
from portal.templatetags.portal import day as shown
from tests.approvals import counting
from tests.approvals.cases import audited, citizen, person, settled
from tests.approvals.test_traces import enter

pytestmark = pytest.mark.usefixtures("furnished")
DAY = dt.timedelta(days=1)
WORDS = "请携带毕业证书原件于下周二上午到场"
PLAN = actions.ProcedurePlan("hearing", "7", "行政许可法 §46", WORDS)


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    made = settled("graduate", by_person=True)
    actions.take(number=made.number, by=clerk, now=now())
    return Application.objects.get(id=made.id)


def opened(case: Application, by: Actor, at: dt.datetime | None = None) -> Application:
    actions.open_procedure(number=case.number, plan=PLAN, by=by, now=at or now())
    return Application.objects.get(id=case.id)


def test_who_is_away_ends_no_procedure(case: Application, clerk: Actor, colleague: Actor) -> None:
    """Whoever ends it has the case from then on, as whoever takes one."""
    case = opened(case, clerk)
    until = city_date(now()) + 3 * DAY
    actions.mark_away(officer="clerk-a", until=until, release=False, by=clerk, now=now())
    assert rejected(actions.end_procedure, number=case.number, reason="x", by=clerk) == "away"
    assert ended(case, colleague, now()).state == "review"


def ended(case: Application, by: Actor, at: dt.datetime) -> Application:
    actions.end_procedure(number=case.number, reason="听证已举行", by=by, now=at)
    return Application.objects.get(id=case.id)


def rejected(action: object, **arguments: object) -> str:
    with pytest.raises(ActionRejected) as caught:
        action(now=now(), **arguments)  # type: ignore[operator]
    return caught.value.code


def test_the_clock_stands_still_and_goes_on_with_the_days_that_were_left(
    case: Application, clerk: Actor
) -> None:
    at = now()
    was = case.due_at
    case = opened(case, clerk, at)
    assert (case.state, case.taken_by.username) == (State.PROCEDURE, "clerk-a")
    page = result(case, now=at)
    until = counting.last_day(city_date(at), 7, "working")
    (notice,) = [n for n in page.notices if WORDS in n]
    assert shown(until) in notice and "《行政许可法》第四十六条" in notice
    assert page.due is None and page.left
    # past the day of the law nothing happens: it stands still
    late = was + 5 * DAY
    assert actions.stop_waiting(by=CLOCK, now=late) == 0
    assert Application.objects.get(id=case.id).state == State.PROCEDURE
    case = ended(case, clerk, late)
    begun = case.term_from
    pause = (city_date(at), city_date(late))
    last = counting.last_day(begun, 20, "working", [pause])
    assert city_date(case.due_at - dt.timedelta(seconds=1)) == last
    assert case.state == State.REVIEW and case.due_at > was
    assert any("听证已举行" in n and shown(last) in n for n in result(case, now=late).notices)
    kinds = [e.kind for e in Event.objects.filter(subject=case.subject).order_by("seq")][-2:]
    assert kinds == ["procedure_opened", "procedure_ended"]
    data = orjson.loads(Event.objects.get(subject=case.subject, kind="procedure_opened").data)
    assert data["term"]["pauses"][-1] == [city_date(at).isoformat(), ""]
    row = Procedure.objects.get(application=case)
    assert (row.kind, row.result, row.until) == ("hearing", "听证已举行", until)
    actions.approve(number=case.number, reason="听证后核实无误", by=clerk, now=late)
    assert audited() == []


def test_while_it_is_open_nobody_decides(case: Application, clerk: Actor, colleague: Actor) -> None:
    case = opened(case, clerk)
    user = User.objects.get(username="clerk-a")
    assert set(casefile(case, officer=user, now=now()).may) == {"end_procedure"}
    plain = {"number": case.number, "by": clerk}
    for action in (actions.approve, actions.refuse, actions.return_):
        assert rejected(action, **plain, reason="已经核实清楚") == "illegal_move"
    assert rejected(actions.open_procedure, **plain, plan=PLAN) == "illegal_move"
    assert rejected(actions.take, number=case.number, by=colleague) == "not_in_review"
    assert actions.release_absent(by=CLOCK, now=now() + 9 * DAY, after=DAY) == 0
    assert Application.objects.get(id=case.id).events == case.events


def test_a_colleague_ends_it_where_the_officer_is_away_and_nobody_of_elsewhere(
    case: Application, clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    case = opened(case, clerk)
    assert rejected(actions.end_procedure, number=case.number, reason="x", by=stranger) == (
        "not_found"
    )
    assert rejected(actions.end_procedure, number=case.number, reason=" ", by=colleague) == (
        "reason_required"
    )
    case = ended(case, colleague, now())
    assert case.taken_by.username == "clerk-b"
    assert rejected(actions.end_procedure, number=case.number, reason="x", by=colleague) == (
        "no_procedure"
    )


def test_the_applicant_takes_it_back_meanwhile(case: Application, clerk: Actor) -> None:
    case = opened(case, clerk)
    actions.withdraw(number=case.number, by=citizen(person("graduate")), now=now())
    row = Procedure.objects.get(application=case)
    assert row.ended_at and row.ended_by is None
    assert Application.objects.get(id=case.id).state == State.WITHDRAWN
    assert audited() == []


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (("party", "7", "§46", WORDS), "no_such_kind"),
        (("hearing", "0", "§46", WORDS), "days_required"),
        (("hearing", "181", "§46", WORDS), "days_required"),
        (("hearing", "²", "§46", WORDS), "days_required"),
        (("hearing", "-3", "§46", WORDS), "days_required"),
        (("hearing", "7", " ", WORDS), "law_required"),
        (("hearing", "7", "§\x0046", WORDS), "text_unsafe"),
        (("hearing", "7", "§46", ""), "reason_required"),
        # 行政许可法 §45 lists hearing, tender, auction, inspection of goods, testing, quarantine,
        # appraisal and expert review; what is looked at on site is of §34
        (("inspection", "7", "行政许可法 §45", WORDS), "law_of_inspection"),
        (("inspection", "7", "《中华人民共和国行政许可法》第四十五条", WORDS), "law_of_inspection"),
    ],
)
def test_what_is_missing_is_named_and_nothing_written(
    case: Application, clerk: Actor, plan: tuple[str, str, str, str], code: str
) -> None:
    found = rejected(
        actions.open_procedure, number=case.number, plan=actions.ProcedurePlan(*plan), by=clerk
    )
    assert found == code
    assert Application.objects.get(id=case.id).events == case.events
    assert not Procedure.objects.exists()


def test_only_who_has_the_case_opens_one(
    case: Application, colleague: Actor, stranger: Actor
) -> None:
    for by, code in ((colleague, "not_taken"), (stranger, "not_found")):
        assert rejected(actions.open_procedure, number=case.number, plan=PLAN, by=by) == code


def test_at_the_desk_it_is_opened_and_ended_by_forms(case: Application, clerk: Actor) -> None:
    client = Client()
    client.force_login(
        User.objects.get(username="clerk-a"), "django.contrib.auth.backends.ModelBackend"
    )
    page = f"/desk/approvals/application/{case.pk}/"
    form = client.get(f"{page}change/?move=open_procedure").content.decode()
    assert 'name="kind"' in form and 'name="days"' in form and 'name="basis"' in form
    sent = {"action": "open_procedure", "version": case.events, "kind": "inspection"}
    bad = client.post(f"{page}do/", {**sent, "days": "x", "basis": "§45", "reason": WORDS})
    assert bad.status_code == 422 and WORDS in bad.content.decode()
    of_45 = client.post(f"{page}do/", {**sent, "days": "3", "basis": "§45", "reason": WORDS})
    assert of_45.status_code == 422 and "§45" in of_45.content.decode()
    client.post(f"{page}do/", {**sent, "days": "3", "basis": "专门法规 §9", "reason": WORDS})
    case = Application.objects.get(id=case.id)
    assert case.state == State.PROCEDURE
    assert WORDS in client.get(f"{page}change/").content.decode()
    sent = {"action": "end_procedure", "version": case.events, "reason": "勘验合格"}
    client.post(f"{page}do/", sent)
    assert Application.objects.get(id=case.id).state == State.REVIEW


# --- past Django


def state(case: Application, to: str, pauses: str) -> None:
    """Move the case by SQL alone, as an officer's program might that leaves out the actions."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_application SET state = %s, pauses = %s, events = events + 1,"
            " head = (SELECT hash FROM ledger_event WHERE hash <> head LIMIT 1) WHERE id = %s",
            [to, pauses, case.id],
        )


def test_postgresql_keeps_state_and_row_together(
    case: Application, clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    still, goes_on = '[["2026-03-02", null]]', '[["2026-03-02", "2026-03-03"]]'
    with pytest.raises(IntegrityError, match="special procedure"):
        state(case, "procedure", still)
    by = User.objects.get(username=colleague.code)
    with pytest.raises(IntegrityError, match="in its officer's hands"), transaction.atomic():
        Procedure.objects.create(
            application=case, kind="hearing", law="§46", words=WORDS, until=city_date(now()),
            opened_by=by, opened_at=now(),
        )  # fmt: skip
    case = opened(case, clerk)
    for to, pauses in (("review", goes_on), ("withdrawn", goes_on)):
        with pytest.raises(IntegrityError, match="special procedure"):
            state(case, to, pauses)
    with pytest.raises(IntegrityError, match=r"no edge leads|special procedure"):
        state(case, "approved", goes_on)
    row = Procedure.objects.filter(application=case)
    end = {"ended_at": now(), "result": "合格"}
    with pytest.raises(IntegrityError, match="elsewhere"), transaction.atomic():
        row.update(ended_by=User.objects.get(username=stranger.code), **end)
    with pytest.raises(IntegrityError, match="procedure_ended_whole"), transaction.atomic():
        row.update(ended_by=by, ended_at=now())
    with pytest.raises(ProgrammingError), transaction.atomic():
        row.update(words="别的")
    with pytest.raises(ProgrammingError), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError, match="special procedure"), transaction.atomic():
        row.update(ended_at=now())  # as if the applicant had taken the application back
        state(case, "review", goes_on)
    case = ended(case, clerk, now())
    with pytest.raises(IntegrityError, match="ended before"), transaction.atomic():
        row.update(result="不合格")


def test_an_auditor_reads_what_officers_wrote_of_a_case_masked(
    case: Application, clerk: Actor
) -> None:
    words = f"请{case.applicant_name}持毕业证书原件到场，联系电话 13800138000"
    plan = actions.ProcedurePlan("hearing", "7", "行政许可法 §46", words)
    actions.open_procedure(number=case.number, plan=plan, by=clerk, now=now())
    address = f"/desk/approvals/application/{case.pk}/change/"
    shown = enter("aud", "auditor").get(address).content.decode()
    assert identity.mask_name(case.applicant_name) in shown and "毕业证书原件" in shown
    assert case.applicant_name not in shown and "13800138000" not in shown
    assert words in enter("clerk-a").get(address).content.decode()
    assert Procedure.objects.get(application=case).words == words  # nothing but the page differs
