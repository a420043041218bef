"""A disputed record, from its applicant to its keeper and back: the record alone settles it."""

import datetime
import json
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import Error, connection, transaction
from django.test import Client

from affairs.models import Message
from approvals import actions
from approvals.actions.submission import Key
from approvals.models import Application, Decision, Dispute
from approvals.records.replay import fault
from approvals.rows.disputes import CHANGING, FIXED
from approvals.workers import changes
from exchange import webhook_client
from exchange.models import Notice
from exchange.queries import Answer
from ledger import canonical
from ledger.clock import now
from people.actors import CLOCK, Actor, Kind
from people.errors import ActionRejected
from tests.approvals.cases import (
    CITY,
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    settled,
    submit,
)
from tests.approvals.program import Reply, assert_problem, secret
from tests.approvals.returns import again
from tests.certificates.test_recheck import change

pytestmark = pytest.mark.usefixtures("furnished")
MOVED = actions.Claim("hukou_city", "4401", "我的户口从未迁入本市，仍在广州")


def local() -> Application:
    """A graduate whom the population registry has as a resident already."""
    case = settled("already_local")
    assert case.state == "review"
    return case


def dispute(
    case: Application, claim: actions.Claim = MOVED, kind: str = "already_local"
) -> Dispute:
    me = citizen(person(kind))
    actions.open_dispute(number=case.number, claim=claim, by=me, now=now())
    return Dispute.objects.filter(application=case).latest("number")


def answer(row: Dispute, corrected: bool, reason: str = "", **more: Any) -> Reply:
    partner = more.get("partner", "police")
    message = webhook_client.dispute_answered(str(row.pk), corrected, reason)
    raw = json.dumps(message).encode()
    headers = webhook_client.sign(secret(partner), more.get("id", f"d-{row.pk}"), raw, at=now())
    response = Client(headers=headers).post(
        f"/webhooks/{partner}/", raw, content_type="application/json"
    )
    return Reply(response.status_code, response.headers, response.content)


def receipt(case: Application) -> dict[str, Any]:
    decision = Decision.objects.filter(application=case).latest("at", "id")
    assert fault(decision) == ""
    found: dict[str, Any] = canonical.loads(bytes(decision.receipt))
    return found


def looked_after() -> None:
    """Let the worker take what has changed, until nothing is left."""
    for _ in range(5):
        changes.run(now=now() + datetime.timedelta(hours=1))


def messages(case: Application) -> list[str]:
    rows = Message.objects.filter(case=case.number).order_by("at", "id")
    return list(rows.values_list("kind", flat=True))


def test_a_corrected_record_is_judged_and_its_receipt_names_both_versions() -> None:
    case = local()
    row = dispute(case)
    assert (row.state, row.record_value, row.value) == ("notified", '"4403"', '"4401"')
    assert again(case).handover.startswith("disputed,")
    told = Notice.objects.get(kind="dispute.opened")
    sent = json.loads(told.body)["data"]
    assert (told.partner_id, sent["field"], sent["record_value"]) == (
        "police",
        "hukou_city",
        "4403",
    )
    assert (sent["claim"], sent["value"], sent["reason"]) == ("4401", "4401", MOVED.reason)
    assert person("already_local").number not in told.body
    assert answer(row, corrected=True).status == 204
    decide(*answered(case))
    assert again(case).state == "review"  # nothing has changed in what we read
    assert receipt(case)["disputes"][0]["state"] == "correcting"
    change("population", case.applicant, hukou_city="4401", hukou_region="440104")
    looked_after()
    assert again(case).state == "submitted"
    decide(*answered(case))
    made = again(case)
    assert made.state == "approved"
    (said,) = receipt(made)["disputes"]
    row.refresh_from_db()
    assert (said["state"], said["claim"]) == ("corrected", "4401")
    assert said["record"]["version"] != said["corrected_record"]["version"]
    assert (
        said["record"]["sha256"]
        != said["corrected_record"]["sha256"]
        == bytes(row.corrected_hash or b"").hex()
    )
    assert said["corrected_record"]["sha256"] in {e["sha256"] for e in receipt(made)["evidence"]}
    assert (row.record_value, row.corrected_value) == ('"4403"', '"4401"')
    assert {"with_officer", "dispute_opened", "dispute_answered", "decided"} <= set(messages(case))
    assert audited() == []


def answered(case: Application) -> list[Application]:
    answer_checks(case)
    return [case]


def test_a_record_that_stands_goes_to_the_officer_with_the_keepers_words() -> None:
    case = local()
    row = dispute(case)
    assert answer(row, corrected=False, reason="户籍档案显示 2025 年已迁入").status == 204
    row.refresh_from_db()
    assert (row.state, row.answer) == ("stands", "户籍档案显示 2025 年已迁入")
    assert again(case).state == "review"
    assert messages(case)[-1] == "dispute_answered"
    assert audited() == []


def test_the_term_runs_while_a_record_is_disputed() -> None:
    case = local()
    dispute(case)
    assert (again(case).due_at, again(case).pauses) == (case.due_at, [])


def test_nothing_is_approved_that_rests_on_a_disputed_record() -> None:
    """An application that would be approved, disputed with it, goes to an officer."""
    applicant = person("graduate")
    claim = actions.Claim("school", "鹏湾理工大学", "毕业院校登记成了另一所学校")
    case = submit(
        claims=(claim,),
        key=Key("k" * 32, b"0" * 32),
    )
    assert case.disputes == 1
    answer_checks(case)
    (made,) = decide(case)
    assert (made.state, made.handover) == ("review", "disputed")
    row = Dispute.objects.get(application=case)
    assert (row.state, row.partner_id) == ("notified", "education")
    assert Notice.objects.filter(kind="dispute.opened", partner="education").count() == 1
    assert receipt(case)["reasons"] == ["disputed"]
    # whatever writes it, PostgreSQL refuses it of the machine
    approved = (
        "UPDATE approvals_application SET state = 'approved', events = events + 1, head ="
        " (SELECT hash FROM ledger_event WHERE subject NOT LIKE 'application:%%' LIMIT 1)"
        " WHERE id = %s"
    )
    refused = pytest.raises(Error, match="a record is disputed")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(approved, [case.id])
    # corrected, as another agency's registry answers
    assert answer(row, corrected=True, partner="education").status == 204
    data = (CITY.record("education", applicant.number) or {}) | {"school": "鹏湾理工大学"}
    fresh = Answer("education", case.applicant, "found", data, version="2", at=now())
    answer_checks(case, education=fresh)
    (made,) = decide(case)
    assert made.state == "approved"
    (said,) = receipt(made)["disputes"]
    assert (said["record"]["version"], said["corrected_record"]["version"]) == ("1", "2")
    assert audited() == []


def test_no_record_at_all_may_be_disputed() -> None:
    case = settled("degree_missing")
    assert case.state == "review"
    row = dispute(
        case, actions.Claim("level", "本科", "我 2026 年毕业，学历未上网"), "degree_missing"
    )
    assert (row.record_value, row.state, row.partner_id) == ("null", "notified", "education")
    assert row.value == '"本科"'


def test_a_case_that_another_reason_keeps_stays_with_its_officer() -> None:
    case = local()
    Application.objects.filter(id=case.id).update(handover="term_over")
    row = dispute(case)
    assert answer(row, corrected=True).status == 204
    change("population", case.applicant, hukou_city="4401")
    looked_after()
    assert again(case).state == "review"


def test_taken_back_it_is_judged_again_and_the_keeper_is_told() -> None:
    case = local()
    row = dispute(case)
    me = citizen(person("already_local"))
    actions.withdraw_dispute(number=case.number, dispute=1, by=me, now=now())
    assert again(case).state == "submitted"
    assert Notice.objects.filter(kind="dispute.withdrawn", partner="police").count() == 1
    assert_problem(answer(row, corrected=True), 409, "answered")
    with pytest.raises(ActionRejected, match="settled"):
        actions.withdraw_dispute(number=case.number, dispute=1, by=me, now=now())
    decide(*answered(case))
    assert receipt(case)["disputes"][0]["state"] == "withdrawn"
    assert audited() == []


def test_an_application_taken_back_takes_its_disputes_with_it() -> None:
    case = local()
    row = dispute(case)
    actions.withdraw(number=case.number, by=citizen(person("already_local")), now=now())
    row.refresh_from_db()
    assert row.state == "withdrawn"
    assert audited() == []


def test_a_returned_case_goes_to_an_officer_as_it_was() -> None:
    answers = graduate_answers()
    answers["address"] = answers["address"][:7] + "9999999"
    case = settled("graduate", answers=answers)
    assert case.state == "returned"
    row = dispute(case, actions.Claim("school", "另一所大学", "学校名称登记有误"), "graduate")
    assert (again(case).state, row.state) == ("submitted", "open")
    decide(*answered(case))
    row.refresh_from_db()
    assert (again(case).state, row.state) == ("review", "notified")
    assert again(case).answers == case.answers
    assert audited() == []


def test_a_keeper_who_is_late_is_reminded_once() -> None:
    case = local()
    row = dispute(case)
    assert row.due_at is not None and case.due_at is not None
    assert now() < row.due_at <= case.due_at
    assert actions.remind(by=CLOCK, now=now()) == 0
    late = row.due_at + datetime.timedelta(seconds=1)
    assert actions.remind(by=CLOCK, now=late) == 1
    assert actions.remind(by=CLOCK, now=late) == 0
    assert Notice.objects.filter(kind="dispute.reminded", partner="police").count() == 1
    assert audited() == []


def test_a_case_that_is_settled_is_contested_instead() -> None:
    case = settled("graduate")
    assert case.state == "approved"
    with pytest.raises(ActionRejected, match="settled") as refused:
        dispute(case, actions.Claim("school", "另一所", "学校登记有误"), "graduate")
    assert refused.value.code == "decided"


@pytest.mark.parametrize(
    ("claim", "code", "status"),
    [
        (actions.Claim("no_such_fact", "4401", "x"), "no_such_fact", 404),
        (actions.Claim("district", "440305", "x"), "no_such_fact", 404),  # an answer
        (actions.Claim("address_use", "residential", "x"), "no_such_fact", 404),  # of an address
        (actions.Claim("hukou_city", "", "x"), "words_required", 422),
        (actions.Claim("hukou_city", "4401", " "), "words_required", 422),
        (actions.Claim("hukou_city", "44\x0001", "x"), "text_unsafe", 422),
        (actions.Claim("hukou_city", "4" * 201, "x"), "text_too_long", 422),
        (
            actions.Claim("hukou_city", "4401", "身份证 110101199003070038"),
            "id_number_in_text",
            422,
        ),
    ],
)
def test_what_is_no_dispute_is_said_and_nothing_written(
    claim: actions.Claim, code: str, status: int
) -> None:
    case = local()
    with pytest.raises(ActionRejected) as refused:
        dispute(case, claim)
    assert (refused.value.code, refused.value.status) == (code, status)
    assert (again(case).events, Dispute.objects.count()) == (case.events, 0)


def test_a_fact_is_disputed_once_at_a_time() -> None:
    case = local()
    dispute(case)
    with pytest.raises(ActionRejected) as refused:
        dispute(case)
    assert refused.value.code == "disputed_before"


def test_nobody_disputes_in_another_persons_case() -> None:
    case = local()
    for by in (
        citizen(person("graduate")),
        Actor(Kind.AGENCY, "university"),
        Actor(Kind.CITIZEN, ""),
    ):
        with pytest.raises(ActionRejected) as refused:
            actions.open_dispute(number=case.number, claim=MOVED, by=by, now=now())
        assert refused.value.status == 404


def test_a_fact_that_was_never_shown_cannot_be_disputed() -> None:
    """Convictions are read after submission; a condition met by them shows them in the trace."""
    claim = actions.Claim("crime", "否", "x")
    with pytest.raises(ActionRejected) as refused:
        submit(claims=(claim,))
    assert refused.value.status == 404


def test_what_is_forged_replayed_or_anothers_has_no_effect() -> None:
    case = local()
    row = dispute(case)
    before = again(case).events
    assert_problem(answer(row, True, partner="education"), 404, "not_found")
    assert_problem(answer(row, False), 422, "bad_message")  # no reason
    other = Dispute(pk="00000000-0000-7000-8000-000000000000")
    assert_problem(answer(other, True), 404, "not_found")
    assert again(case).events == before
    assert answer(row, False, "登记无误").status == 204
    assert answer(row, False, "登记无误").status == 204  # the same message again
    assert_problem(answer(row, True, id="another"), 409, "answered")
    row.refresh_from_db()
    assert row.state == "stands"


def test_a_registry_without_an_agency_is_the_officers_to_ask() -> None:
    case = local()
    with pytest.MonkeyPatch.context() as patch:
        registries = dict(settings.CITY.registries)
        registries["population"] = replace(registries["population"], partner="")
        patch.setattr(settings, "CITY", replace(settings.CITY, registries=registries))
        row = dispute(case)
    assert (row.state, row.partner_id) == ("open", None)
    assert not Notice.objects.filter(kind__startswith="dispute").exists()


@pytest.mark.parametrize(
    "edit",
    [
        "state = 'stands'",
        "claim = 'x'",
        "said = 'null'",
        "state = 'corrected', ended_at = now()",
        "number = 2",
    ],
)
def test_postgresql_keeps_what_was_disputed(edit: str) -> None:
    case = local()
    row = dispute(case)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_dispute SET {edit} WHERE id = %s", [row.pk])


def test_each_column_of_a_dispute_is_bound_or_said_not_to_be() -> None:
    columns = {column.attname for column in Dispute._meta.concrete_fields}
    assert columns == {*FIXED, *CHANGING, "reminded_at"}
