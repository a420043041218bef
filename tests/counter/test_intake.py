"""Applications taken at a counter: by whom, for whom, and what everybody sees of them."""

import datetime as dt
import json

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import DatabaseError

from approvals import actions, policies, queries
from approvals.actions import intakes
from approvals.actions.submission import Key
from approvals.models import Application, Decision, Document, Intake
from approvals.sampling import population
from exchange.models import Lookup
from ledger.clock import city_date, now
from ledger.models import Event
from people import actors, identity
from people.actors import CLOCK
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    submit,
)
from tests.counter.desk import ADD, Counter, arrival, enter, guardian, hidden
from tests.officers import make

pytestmark = pytest.mark.usefixtures("furnished")


def taken(entered: dict, username: str = "clerk-hrss") -> Application:
    answer = Counter(username).take(entered)
    assert answer.status_code == 302, answer.content.decode()
    return Intake.objects.latest("at").application


def test_a_clerk_takes_an_application_with_the_form_of_the_portal() -> None:
    desk = Counter()
    first = desk.arrive(arrival()).content.decode()
    assert "民事行为能力" in first and 'name="/address"' in first
    assert person("graduate").number not in first
    desk.check()
    answer = desk.submit()
    case = Application.objects.get()
    assert (case.channel, case.applicant) == ("window", identity.index(person("graduate").number))
    slip = desk.client.get(answer["Location"]).content.decode()
    assert case.number in slip and case.applicant_name in slip
    assert person("graduate").number not in slip
    (event,) = Event.objects.filter(subject=case.subject)
    assert event.by == "officer:clerk-hrss"
    recorded = json.loads(event.data)["intake"]
    assert (recorded["counter"], recorded["acting"]) == ("hrss", "self")


def test_the_look_ups_for_the_form_name_the_officer_and_the_purpose() -> None:
    Counter().arrive(arrival())
    looked = Lookup.objects.filter(by="officer:clerk-hrss")
    assert set(looked.values_list("purpose", flat=True)) == {"counter:graduate_settlement"}
    assert set(looked.values_list("subject", flat=True)) == {
        identity.index(person("graduate").number)
    }
    assert looked.count() >= 2


def test_without_consent_or_originals_nobody_is_looked_up() -> None:
    for tick in ("/seen", "/agreed"):
        entered = arrival()
        del entered[tick]
        assert Counter().arrive(entered).status_code == 422
    assert not Lookup.objects.filter(by="officer:clerk-hrss").exists()


def test_pressing_twice_makes_one_application() -> None:
    desk = Counter()
    desk.arrive(arrival())
    desk.check()
    form = {**hidden(desk.pages[-1]), "/consent": "true", "step": "submit"}
    first, second = desk.post(form), desk.post(form)
    assert first["Location"] == second["Location"]
    assert Application.objects.count() == Intake.objects.count() == 1


def test_the_applicant_sees_it_as_if_they_had_applied() -> None:
    case = taken(arrival(**guardian()))
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == "approved"
    client = enter("graduate")
    assert case.number in client.get("/cases/").content.decode()
    page = client.get(f"/cases/{case.number}/").content.decode()
    acts = person("elder")
    assert "由窗口" in page and acts.name in page and "4403051234" in page
    assert acts.number not in page
    assert client.get(f"/cases/{case.number}/receipt/").status_code == 200
    assert client.get(f"/cases/{case.number}/contest/").status_code == 200
    assert client.get("/wallet/").content.decode().count("certificates/") >= 1


def test_the_applicant_may_withdraw_what_was_taken_for_them() -> None:
    case = taken(arrival("credit_hit", **guardian()))
    answer_checks(case)
    (case,) = decide(case)
    by = citizen(person("credit_hit"))
    assert actions.withdraw(number=case.number, by=by, now=now()).state == "withdrawn"


def test_who_acted_stands_in_the_receipt_and_in_the_documents() -> None:
    case = taken(arrival(**guardian()))
    answer_checks(case)
    decide(case)
    receipt = json.loads(bytes(Decision.objects.get().receipt))
    acts = receipt["intake"]["representative"]
    assert acts["name"] == person("elder").name and acts["relation"] == "parent"
    assert acts["authority"] == "household" and acts["authority_on"] == "2020-05-06"
    assert acts["number"] == identity.mask(person("elder").number)
    desk = enter("clerk-hrss")
    slip = desk.get(f"/desk/approvals/intake/{case.intakes.get().pk}/change/").content.decode()
    address = slip.split("/documents/")[1].split("/")[0]
    paper = desk.get(f"/desk/approvals/intake/{case.intakes.get().pk}/documents/{address}/")
    assert paper.content.startswith(b"%PDF-")
    (document,) = Document.objects.filter(kind="acceptance")
    assert f"（由监护人{person('elder').name}代为）" in document.payload["body"][0]["text"]


def test_the_notice_of_acceptance_comes_with_the_acceptance() -> None:
    """With an officer it may still be returned; after five working days it counts as accepted."""
    case = taken(arrival("credit_hit"))
    answer_checks(case)
    (case,) = decide(case)
    slip, desk = f"/desk/approvals/intake/{case.intakes.get().pk}/change/", enter("clerk-hrss")
    assert case.state == "review"
    assert "最迟自收件之日起五个工作日" in desk.get(slip).content.decode()
    later = settings.CITY.calendar.deadline(case.received_on, 5, "working").at
    assert actions.accept(by=CLOCK, now=later + dt.timedelta(hours=1)) == 1
    page = desk.get(slip).content.decode()
    assert "受理通知书（PDF）" in page and "最迟自收件之日起" not in page


def test_a_receipt_of_the_portal_says_nothing_of_counters() -> None:
    case = submit()
    answer_checks(case)
    decide(case)
    assert "intake" not in json.loads(bytes(Decision.objects.get().receipt))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"/acting": "agent"}, "代办人"),  # nobody named
        ({"/name": "张3"}, "姓名"),
        ({"/number": "440305199001011234"}, "校验"),
        ({"/paper": "licence"}, "证件"),
        ({**guardian(), "/acting": "self"}, "本人办理"),
        ({**guardian(), "/representative/relation": ""}, "关系"),
        ({**guardian(), "/representative/authority": "mandate"}, "证明"),
        ({**guardian(), "/acting": "agent", "/representative/relation": ""}, "证明"),
        ({**guardian(), "/representative/on": "2999-01-01"}, "日期"),
        ({**guardian(), "/representative/on": "29 February"}, "日期"),
        ({**guardian("trader_minor")}, "十八周岁"),
        ({**guardian("graduate")}, "同一人"),
        ({"/service": "sole_trader"}, "请"),  # another office's
        ({"/counter": "market"}, "请"),
    ],
)
def test_what_does_not_fit_is_said_and_nobody_is_looked_up(changes: dict, words: str) -> None:
    answer = Counter().arrive(arrival(**changes))
    assert answer.status_code == 422
    assert words in answer.content.decode().split('id="problems"')[1].split("</div>")[0]
    assert not Lookup.objects.filter(by="officer:clerk-hrss").exists()


def test_for_a_child_a_guardian_acts() -> None:
    minor = {"/service": "sole_trader", "/counter": "market"}
    answer = Counter("clerk-market").arrive(arrival("trader_minor", **minor))
    number = person("trader_minor").number
    age = intakes.age(number, city_date(now()))
    assert answer.status_code == (422 if age < 16 else 200)


def test_a_page_of_another_officer_or_a_forged_one_leads_to_the_beginning() -> None:
    desk = Counter()
    desk.arrive(arrival())
    form = hidden(desk.pages[-1])
    for other, fields in (
        ("clerk-market", form),
        ("clerk-hrss", {**form, "arrival": "x"}),
        ("clerk-hrss", {**form, "arrival": form["arrival"][0][:-1] + "_"}),
        ("clerk-hrss", {}),
    ):
        answer = Counter(other).post({**fields, "step": "check"})
        assert answer.status_code == 302 and answer["Location"] == ADD
    assert not Application.objects.exists()


def test_only_clerks_take_and_sight_ends_at_the_office() -> None:
    case = taken(arrival())
    slip = f"/desk/approvals/intake/{case.intakes.get().pk}/change/"
    for username, opens, takes in (
        ("clerk-hrss", {200}, 200),
        ("clerk-market", {302, 404}, 200),
        ("auditor", {200}, 403),
        ("operator", {403}, 403),
        ("policy", {403}, 403),
    ):
        client = enter(username)
        assert client.get(ADD).status_code == takes, username
        assert client.get(slip).status_code in opens, username
    masked = enter("auditor").get(slip).content.decode()
    assert case.applicant_name not in masked and identity.mask_name(case.applicant_name) in masked


def presence(**changes: object) -> actions.Presence:
    plain = {"counter": "hrss", "acting": "self", "paper": "id_card", "consented_at": now()}
    return actions.Presence(**{**plain, **changes})  # type: ignore[arg-type]


def hand_in(by: actors.Actor, seen: actions.Presence | None, channel: str = "window") -> None:
    actions.submit(
        new=actions.NewApplication(
            service="graduate_settlement",
            applicant=person("graduate"),
            answers=graduate_answers(),
            channel=channel,
            key=Key("k" * 32, b"h" * 32),
            presence=seen,
        ),
        by=by,
        now=now(),
    )


def test_an_officer_hands_in_nothing_but_what_came_to_a_counter() -> None:
    clerk = actors.officer(User.objects.get(username="clerk-hrss"))
    elsewhere = actors.officer(User.objects.get(username="clerk-market"))
    own = citizen(person("graduate"))
    for by, seen, channel in (
        (clerk, None, "window"),
        (clerk, None, "portal"),
        (clerk, presence(), "portal"),
        (clerk, presence(counter="market"), "window"),
        (clerk, presence(counter="nowhere"), "window"),
        (elsewhere, presence(), "window"),
        (own, presence(), "window"),
        (own, None, "window"),
    ):
        with pytest.raises(ActionRejected) as refused:
            hand_in(by, seen, channel)
        assert refused.value.status == 404
    assert not Application.objects.exists()


def clerk_who_is(kind: str) -> User:
    """A clerk who has an account as a citizen too, as most have."""
    number = person(kind).number
    return make("clerk-own", "clerk", office_id="hrss", person=identity.index(number))


@pytest.mark.parametrize(
    ("own", "acts"), [("graduate", {}), ("elder", guardian())], ids=["applicant", "representative"]
)
def test_nobody_takes_an_application_of_their_own(own: str, acts: dict) -> None:
    clerk_who_is(own)
    answer = Counter("clerk-own").arrive(arrival(**acts))
    assert answer.status_code == 422 and "其他工作人员" in answer.content.decode()
    assert not Lookup.objects.filter(by="officer:clerk-own").exists()


@pytest.fixture
def represented() -> Application:
    """A case with an officer, handed in at the counter by a parent."""
    case = taken(arrival("credit_hit", **guardian()))
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == "review"
    return case


@pytest.mark.parametrize("own", ["credit_hit", "elder"])
def test_a_party_sees_handles_and_is_given_nothing_of_it(
    own: str, represented: Application
) -> None:
    case, user = represented, clerk_who_is(own)
    by, desk = actors.officer(user), enter("clerk-own")
    assert not queries.visible_to(by).filter(pk=case.pk).exists()
    assert desk.get(f"/desk/approvals/application/{case.pk}/change/").status_code == 404
    with pytest.raises(ActionRejected) as rejected:
        actions.take(number=case.number, by=by, now=now())
    assert rejected.value.status == 404
    with pytest.raises(DatabaseError, match="of elsewhere"), transaction.atomic():
        Application.objects.filter(pk=case.pk).update(taken_by=user, taken_at=now())
    offered = set(policies.handlers(case).values_list("username", flat=True))
    assert "clerk-hrss" in offered and "clerk-own" not in offered
    assert population.touched([case.number])[case.number] >= {"clerk-own"}


@pytest.mark.parametrize("own", ["credit_hit", "elder"])
def test_a_party_reads_no_slip_of_it_at_the_desk(own: str, represented: Application) -> None:
    clerk_who_is(own)
    slip = f"/desk/approvals/intake/{represented.intakes.get().pk}/change/"
    for username, sees in (("clerk-hrss", True), ("clerk-own", False)):
        desk = enter(username)
        listed = desk.get("/desk/approvals/intake/").content.decode()
        assert (represented.number in listed) == sees
        assert (desk.get(slip).status_code == 200) == sees


# what PostgreSQL refuses by itself


def refused(statement: str, *parameters: object) -> str:
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as error:  # noqa: SIM117
        with transaction.atomic():
            cursor.execute(statement, parameters)
    return str(error.value)


def test_postgresql_wants_an_intake_with_what_came_to_a_counter() -> None:
    case = submit()
    text = refused("UPDATE approvals_application SET channel = 'window' WHERE id = %s", case.id)
    assert "taken at a counter, by nobody" in text


COPY = (
    "INSERT INTO approvals_intake SELECT (jsonb_populate_record(i, jsonb_build_object("
    "'id', gen_random_uuid(), 'application_id', %s::text, {}))).* FROM approvals_intake i LIMIT 1"
)


def test_postgresql_adds_no_intake_to_another_application() -> None:
    taken(arrival())
    other = submit("graduate_23")
    text = refused(COPY.format("'counter', 'hrss'"), str(other.id))
    assert "not by a clerk of its office" in text


@pytest.mark.parametrize("own", ["graduate", "elder"])
def test_postgresql_lets_no_clerk_take_their_own(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk_who_is(own)
    monkeypatch.setattr(intakes, "_require_no_interest", lambda *_: None)
    with pytest.raises(DatabaseError, match="of an application of their own"):
        Counter("clerk-own").take(arrival(**guardian()))


@pytest.mark.parametrize(
    "change",
    ["counter = 'hall'", "officer_id = officer_id + 1", "acting = 'agent'", "at = now()"],
)
def test_an_intake_is_never_changed(change: str) -> None:
    taken(arrival(**guardian()))
    refused(f"UPDATE approvals_intake SET {change}")
    refused("DELETE FROM approvals_intake")


def test_a_representative_is_whole_or_not_there() -> None:
    case = taken(arrival(**guardian()))
    row = Intake.objects.get(application=case)
    for change in ({"representative": ""}, {"acting": "self"}, {"authority": "mandate"}):
        for name, value in change.items():
            setattr(row, name, value)
        with pytest.raises(Exception, match="intake_representative_whole"):
            row.validate_constraints()
        row = Intake.objects.get(application=case)


def test_the_audit_holds_it_against_history() -> None:
    taken(arrival(**guardian()))
    assert audited() == []
