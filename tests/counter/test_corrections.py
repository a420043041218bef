"""A returned application is corrected at a counter: only what was opened, and it says with whom."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from approvals import actions
from approvals.actions import corrections
from approvals.models import Application, Intake
from approvals.records import correction
from bulk import Batch
from ledger.clock import now
from ledger.models import Event
from people import actors, identity
from people.actors import Actor
from people.models import Reading, User
from services import catalogue
from tests.approvals.cases import answer_checks, audited, decide, person, settled
from tests.approvals.returns import again, elsewhere, enter, give_back, rejected
from tests.counter.desk import guardian, hidden
from tests.officers import make

pytestmark = pytest.mark.usefixtures("furnished")
PAGE = "/desk/approvals/intake/correct/"


def by(username: str) -> Actor:
    return actors.officer(User.objects.get(username=username))


@pytest.fixture
def returned() -> Application:
    """Applied for in the portal, returned with the address opened and nothing else."""
    case = settled("credit_hit")
    actions.take(number=case.number, by=by("clerk-hrss"), now=now())
    return give_back(case, by("clerk-hrss"), ["/address"])


def entered(case: Application, **changes: str) -> dict[str, str]:
    plain = {
        "/case": case.number,
        "/counter": "hrss",
        "/number": person("credit_hit").number,
        "/paper": "id_card",
        "/acting": "self",
        "/seen": "true",
        "/agreed": "true",
    }
    return {**plain, **changes}


def presence(**changes: object) -> actions.Presence:
    plain = {"counter": "hrss", "acting": "self", "paper": "id_card", "consented_at": now()}
    return actions.Presence(**{**plain, **changes})  # type: ignore[arg-type]


def corrected(case: Application, **form: str) -> Client:
    """Walk to the end at the counter; returns the clerk's browser."""
    desk = enter("clerk-hrss")
    page = desk.post(PAGE, entered(case))
    assert page.status_code == 200, page.content.decode()
    fields = {**hidden(page.content.decode()), "/address": elsewhere()["address"], **form}
    done = desk.post(f"{PAGE}{case.number}/", fields)
    assert done.status_code == 302, done.content.decode()
    desk.slip = desk.get(done["Location"]).content.decode()  # type: ignore[attr-defined]
    return desk


def test_a_clerk_corrects_with_the_applicant_what_the_return_opened(
    returned: Application,
) -> None:
    desk = enter("clerk-hrss")
    case = desk.get(f"/desk/approvals/application/{returned.pk}/change/").content.decode()
    assert f"{PAGE}?case={returned.number}" in case
    assert returned.number in desk.get(f"{PAGE}?case={returned.number}").content.decode()
    form = desk.post(PAGE, entered(returned)).content.decode()
    opened = [n for n in returned.answers if f'name="/{n}"' in form]
    assert opened == ["address"]
    assert person("credit_hit").number not in form
    slip = corrected(returned).slip  # type: ignore[attr-defined]
    assert "补正" in slip and returned.number in slip
    row, event = (
        Intake.objects.get(),
        Event.objects.get(subject=returned.subject, kind="resubmitted"),
    )
    assert (row.round, row.acting, row.officer.username) == (2, "self", "clerk-hrss")
    assert event.by == "officer:clerk-hrss"
    assert json.loads(event.data)["intake"]["round"] == "2"
    assert again(returned).answers["address"] == elsewhere()["address"]
    read = Reading.objects.filter(subject=returned.number, by="officer:clerk-hrss")
    assert read.exists()
    mine = enter("credit_hit").get(f"/cases/{returned.number}/").content.decode()
    assert "在窗口补正" in mine
    assert audited() == []


def test_what_was_not_opened_is_rejected_at_a_counter_too(returned: Application) -> None:
    desk = enter("clerk-hrss")
    page = desk.post(PAGE, entered(returned)).content.decode()
    closed = next(
        p for p in correction.closed(_form(returned), returned.answers, ["/address"])
        if isinstance(returned.answers.get(p[1:]), str)
    )  # fmt: skip
    forged = {**hidden(page), "/address": elsewhere()["address"], closed: "其他内容"}
    answer = desk.post(f"{PAGE}{returned.number}/", forged)
    assert answer.status_code == 422 and again(returned).state == "returned"
    assert not Intake.objects.exists()


def _form(case: Application) -> dict:
    return dict(catalogue.rulebook(case.edition_id).form)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"/number": "11010519491231002X"}, "不是该申请人"),
        ({"/case": "MP20260101AAAAAAAAA"}, "不是该申请人"),
        ({"/agreed": ""}, "请"),
        ({"/counter": "market"}, "请"),
        ({"/acting": "agent"}, "代办人"),
        ({"/paper": "licence"}, "证件"),
    ],
)
def test_who_does_not_fit_sees_nothing_of_the_case(
    changes: dict[str, str], words: str, returned: Application
) -> None:
    answer = enter("clerk-hrss").post(PAGE, entered(returned, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422 and words in page.split('id="problems"')[1].split("</div>")[0]
    assert returned.applicant_name not in page and 'name="/address"' not in page


def test_a_case_that_is_not_returned_is_not_corrected(returned: Application) -> None:
    corrected(returned)
    answer = enter("clerk-hrss").post(PAGE, entered(returned))
    assert answer.status_code == 422 and "不在补正" in answer.content.decode()


def test_only_clerks_of_a_counter_that_takes_the_service(returned: Application) -> None:
    for username in ("auditor", "supervisor-hrss", "policy"):
        assert enter(username).get(PAGE).status_code == 403, username
    market = entered(returned, **{"/counter": "market"})
    assert enter("clerk-market").post(PAGE, market).status_code == 422
    page = enter("clerk-hrss").post(PAGE, entered(returned)).content.decode()
    stolen = {**hidden(page), "/address": elsewhere()["address"]}
    answer = enter("clerk-market").post(f"{PAGE}{returned.number}/", stolen)
    assert answer.status_code == 302 and again(returned).state == "returned"
    for seen in (None, presence(counter="market"), presence(counter="nowhere")):
        error = rejected(
            actions.resubmit, number=returned.number, answers=elsewhere(),
            by=by("clerk-hrss"), presence=seen,
        )  # fmt: skip
        assert error.status == 404


def test_who_acted_is_a_party_from_then_on(returned: Application) -> None:
    """Even of a case of the portal: what a clerk handed in for another is not theirs to decide."""
    acts = guardian()
    desk = enter("clerk-hrss")
    page = desk.post(PAGE, entered(returned, **acts)).content.decode()
    fields = {**hidden(page), "/address": elsewhere()["address"]}
    assert desk.post(f"{PAGE}{returned.number}/", fields).status_code == 302
    answer_checks(again(returned))
    (case,) = decide(again(returned))
    assert case.state == "review"
    own = make(
        "clerk-own", "clerk", office_id="hrss", person=identity.index(person("elder").number)
    )
    assert rejected(actions.take, number=case.number, by=actors.officer(own)).status == 404
    with pytest.raises(DatabaseError, match="of elsewhere"), transaction.atomic():
        Application.objects.filter(pk=case.pk).update(taken_by=own, taken_at=now())
    shown = desk.get(f"/desk/approvals/application/{case.pk}/change/").content.decode()
    assert person("elder").name in shown
    assert audited() == []


# what PostgreSQL refuses by itself


def test_postgresql_wants_who_came_with_what_an_officer_corrects(
    returned: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections.intakes, "row", lambda *_: None)
    monkeypatch.setattr(corrections.binding, "of_intakes", lambda _: {})
    monkeypatch.setattr("bulk.Batch.insert", _without(Intake))
    with pytest.raises(DatabaseError, match="nobody came"), transaction.atomic():
        actions.resubmit(
            number=returned.number, answers=elsewhere(), by=by("clerk-hrss"), now=now(),
            presence=presence(),
        )  # fmt: skip


def _without(model: type) -> object:
    insert = Batch.insert
    return lambda batch, kind, rows: 0 if kind is model else insert(batch, kind, rows)


COPY = (
    "INSERT INTO approvals_intake SELECT (jsonb_populate_record(i, jsonb_build_object("
    "'id', gen_random_uuid(), {}))).* FROM approvals_intake i LIMIT 1"
)


def test_postgresql_adds_no_correction_that_did_not_happen(returned: Application) -> None:
    corrected(returned)
    for change, why in (
        ("'round', 2", "intake_once_a_round"),
        ("'round', 3", "not by a clerk of its office"),
        ("'round', 1", "not by a clerk of its office"),
    ):
        with (
            pytest.raises(DatabaseError, match=why),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(COPY.format(change))
