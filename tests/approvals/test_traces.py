"""Who reads a case, certificate or person leaves a trace; auditors read everything, masked."""

import datetime as dt

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client

from approvals import actions
from approvals.models import Application
from certificates.models import Certificate
from exchange.models import Lookup
from ledger.clock import now
from ledger.models import Event
from people import identity, rights, traces
from people.actors import Actor, officer
from people.models import Reading, User
from tests.approvals.cases import audited, citizen, person, settled
from tests.approvals.program import PATH, Program, another_body
from tests.factories import UserFactory

CASE = "/desk/approvals/application/{}/change/"


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    made = settled("credit_hit")
    actions.take(number=made.number, by=clerk, now=now())
    return Application.objects.get(id=made.id)


def enter(username: str, role: str = "", **more: object) -> Client:
    """Log in as an officer, made first where ``role`` is told."""
    if role:
        rights.write_groups()
        user = UserFactory(username=username, role=role, is_staff=True, **more)
        from django.contrib.auth.models import Group

        user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(
        User.objects.get(username=username), "django.contrib.auth.backends.ModelBackend"
    )
    return client


def found() -> list[tuple[str, str, str, str, str]]:
    rows = Reading.objects.order_by("at", "id")
    return list(rows.values_list("by", "role", "kind", "subject", "purpose"))


def mistyped(number: str) -> str:
    """Return an ID number with another check character: a right one is taken in no text."""
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def staff(username: str) -> Client:
    return enter(username)


def test_opening_a_case_leaves_who_what_why_and_when(case: Application) -> None:
    client, before = staff("clerk-a"), now()
    client.get("/desk/approvals/application/")
    assert found() == []  # a list leaves none
    assert client.get(CASE.format(case.pk)).status_code == 200
    assert found() == [("officer:clerk-a", "clerk", "case", case.number, "handling")]
    row = Reading.objects.get()
    assert row.office == "hrss" and before <= row.at <= now()
    client.get(CASE.format(case.pk))
    assert len(found()) == 1  # the same page within a minute
    event = Event.objects.get(subject__startswith="rows:people_reading:")
    assert str(row.pk) in event.data
    assert audited() == []


def test_a_page_that_is_not_shown_leaves_none(case: Application, stranger: Actor) -> None:
    assert staff(stranger.code).get(CASE.format(case.pk)).status_code == 404
    assert found() == []


def test_the_same_page_an_hour_later_is_another_reading(case: Application) -> None:
    by, at = officer(User.objects.get(username="clerk-a")), now()
    for minutes in (0, 0.5, 61, 61.5):
        traces.record(by, "case", case.number, at + dt.timedelta(minutes=minutes))
    assert len(found()) == 2


def test_a_program_that_asks_for_a_case_leaves_a_trace(furnished: None) -> None:
    window = Program("window")
    number = window.post(another_body()).json["number"]
    assert found() == []
    for path in (f"{PATH}/{number}", f"{PATH}/{number}/receipt"):
        window.get(path)
    Program("university").get(f"{PATH}/{number}")  # somebody else's: not shown, no trace
    assert found() == [("agency:window", "agency", "case", number, "program")]


def test_certificates_and_people_leave_traces(case: Application) -> None:
    made = settled("graduate")
    certificate = Certificate.objects.get(application=made.number)
    client = staff("clerk-a")
    page = f"/desk/certificates/certificate/{certificate.pk}/change/"
    assert client.get(page).status_code == 200
    assert found()[-1][2:4] == ("certificate", certificate.public_id)
    keeper = enter("keeper", "administrator")
    person_ = User.objects.get(username="graduate")
    assert keeper.get(f"/desk/people/user/{person_.pk}/change/").status_code == 200
    assert found()[-1] == ("officer:keeper", "administrator", "person", "graduate", "accounts")


@pytest.mark.parametrize("suffix", ["/", ".jws", "/filings/"])
def test_the_holders_pages_leave_one_for_an_officer_and_none_for_the_holder(
    case: Application, suffix: str
) -> None:
    made = settled("graduate")
    certificate = Certificate.objects.get(application=made.number)
    address = f"/certificates/{certificate.public_id}{suffix}"
    assert enter("graduate").get(address).status_code == 200
    assert found() == []
    assert staff("clerk-a").get(address).status_code == 200
    assert found()[-1][:4] == ("officer:clerk-a", "clerk", "certificate", certificate.public_id)


def test_a_search_by_a_persons_number_keeps_the_keyed_index_alone(case: Application) -> None:
    number = identity.decrypt(bytes(User.objects.get(username="graduate").number))
    auditor = enter("aud", "auditor")
    for term, kept in ((number, identity.index(number)), (case.applicant, case.applicant)):
        auditor.get("/desk/exchange/lookup/", {"q": term}, follow=True)
        assert found()[-1] == ("officer:aud", "auditor", "search", kept, "audit")
    assert not Reading.objects.filter(subject=number).exists()
    lookup = Lookup.objects.filter(case=case.number).first()
    assert lookup is not None
    assert auditor.get(f"/desk/exchange/lookup/{lookup.pk}/change/").status_code == 200
    assert found()[-1][2:4] == ("lookup", case.number)
    event = Event.objects.filter(subject=case.subject).first()
    assert event is not None
    assert auditor.get(f"/desk/ledger/event/{event.pk}/change/").status_code == 200
    assert found()[-1][2:4] == ("event", case.subject)


def test_auditors_read_a_name_that_was_searched_masked(case: Application) -> None:
    name = case.applicant_name
    searched = enter("clerk-a").get("/desk/approvals/application/", {"q": name}, follow=True)
    assert searched.status_code == 200
    trace = Reading.objects.get(kind="search")
    assert trace.subject == name  # kept as it was typed
    auditor = enter("aud", "auditor")
    for page in ("/desk/people/reading/", f"/desk/people/reading/{trace.pk}/change/"):
        shown = auditor.get(page).content.decode()
        assert name not in shown and identity.mask_name(name) in shown, page


def test_traces_only_grow(case: Application) -> None:
    traces.record(officer(User.objects.get(username="clerk-a")), "case", case.number, now())
    with pytest.raises(ProgrammingError), transaction.atomic():
        Reading.objects.update(subject="x")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Reading.objects.all().delete()


def test_auditors_open_every_case_masked_and_change_nothing(
    case: Application, clerk: Actor
) -> None:
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    me = person("credit_hit")
    wrong = mistyped(me.number)
    why = f"我是{me.name}，电话 13800138000，证号 {wrong}，记录有误"
    actions.reopen(number=case.number, reason=why, by=citizen(me), now=now())
    auditor = enter("aud", "auditor")  # of no office and no region
    listed = auditor.get("/desk/approvals/application/?state=all").content.decode()
    assert case.number in listed and "记录有误" in listed
    page = auditor.get(CASE.format(case.pk)).content.decode()
    assert "记录有误" in page and identity.mask(wrong) in page
    for body in (listed, page):
        assert me.name not in body and wrong not in body and "13800138000" not in body
    assert found()[-1] == ("officer:aud", "auditor", "case", case.number, "audit")
    assert '<button name="action"' not in page
    version = str(Application.objects.get(id=case.id).events)
    for action in ("take", "approve", "release_for", "reassign", "refuse", "confirm_approval"):
        form = {"action": action, "version": version, "reason": "理由", "law": "法"}
        answer = auditor.post(f"/desk/approvals/application/{case.pk}/do/", form)
        assert answer.status_code in (404, 409), action
    assert Application.objects.get(id=case.id).events == int(version)


def test_auditors_read_a_citizens_own_words_masked_in_an_event(
    case: Application, clerk: Actor
) -> None:
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    me = person("credit_hit")
    wrong = mistyped(me.number)
    why = f"我是{me.name}，电话 13800138000，证号 {wrong}，记录有误"
    actions.reopen(number=case.number, reason=why, by=citizen(me), now=now())
    event = Event.objects.get(subject=case.subject, data__contains="记录有误")
    assert me.name in event.data  # what was written stays in history
    page = f"/desk/ledger/event/{event.pk}/change/"
    body = enter("aud", "auditor").get(page).content.decode()
    assert "记录有误" in body and identity.mask_name(me.name) in body
    assert me.name not in body and wrong not in body and "13800138000" not in body
    assert found()[-1][2:4] == ("event", case.subject)
    assert Event.objects.get(pk=event.pk).data == event.data


def test_auditors_read_certificates_masked(case: Application) -> None:
    certificate = Certificate.objects.get(application=settled("graduate").number)
    auditor, name = enter("aud", "auditor"), person("graduate").name
    for page in ("", f"{certificate.pk}/change/"):
        body = auditor.get(f"/desk/certificates/certificate/{page}").content.decode()
        assert name not in body and identity.mask_name(name) in body
    for page in ("/", ".pdf", ".svg", ".png", ".jws"):  # these are the holder's, name and all
        assert auditor.get(f"/certificates/{certificate.public_id}{page}").status_code == 404


# --- an auditor sees one page unmasked, and says why

WHY = "群众举报该件申请人与经办人员系亲属，须核对姓名"


def test_an_auditor_sees_names_for_one_page_and_says_why(case: Application) -> None:
    client, page = enter("au", "auditor"), CASE.format(case.pk)
    place = page.replace("/change/", "/unmask/")
    name = case.applicant_name
    for nothing in ("", " ", "查", "看看看看看看看看看看看看"):
        answer = client.post(place, {"reason": nothing})
        assert answer.status_code == 422 and name not in answer.content.decode()
    assert not Reading.objects.filter(purpose="unmasking").exists()
    for _ in range(2):
        answer = client.post(place, {"reason": WHY})
        shown = answer.content.decode()
        assert answer.status_code == 200 and name in shown
        assert "no-store" in answer["Cache-Control"]
        assert identity.decrypt(bytes(case.applicant_number)) not in shown
        assert name not in client.get(page).content.decode()  # that page alone
        assert name not in client.get(place, follow=True).content.decode()
    rows = list(Reading.objects.filter(purpose="unmasking"))
    assert [(r.by, r.kind, r.subject, r.reason) for r in rows] == [
        ("officer:au", "case", case.number, WHY)
    ] * 2
    for row in rows:  # each is an Event of its own
        assert Event.objects.filter(
            subject__startswith="rows:people_reading:", data__contains=str(row.pk)
        ).exists()
    assert WHY in client.get("/desk/people/reading/").content.decode()
    assert audited() == []


@pytest.mark.parametrize("role", ["clerk", "supervisor", "head", "operator", "administrator"])
def test_nobody_else_unmasks_anything(role: str, case: Application) -> None:
    client = enter("x", role, **({"office_id": "market"} if role != "operator" else {}))
    place = CASE.format(case.pk).replace("/change/", "/unmask/")
    answer = client.post(place, {"reason": WHY})
    assert answer.status_code == 404 and case.applicant_name not in answer.content.decode()
    own = enter("clerk-a").post(place, {"reason": WHY})
    assert own.status_code == 403  # nothing is masked for them
    assert not Reading.objects.filter(purpose="unmasking").exists()


def test_no_unmasking_without_a_reason_in_sql(case: Application) -> None:
    with pytest.raises(IntegrityError, match="unmasking_has_a_reason"), transaction.atomic():
        Reading.objects.create(
            at=now(), by="officer:x", role="auditor", kind="case", subject="1", purpose="unmasking"
        )
