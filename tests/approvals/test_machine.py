"""What the machine does with a case: it approves, sends back, waits or hands over."""

import orjson
import pytest
from django.db import IntegrityError, connection, transaction

from approvals import actions
from approvals.models import Application, Check, Decision, Evidence
from approvals.records.replay import fault
from certificates.models import Certificate
from exchange.models import Lookup
from ledger.clock import now
from ledger.models import Event
from people.actors import CHECKER, ENGINE
from tests.approvals.cases import (
    answer_checks,
    citizen,
    decide,
    graduate_answers,
    person,
    settled,
    submit,
)


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


def receipt(application: Application) -> dict:
    decision = Decision.objects.filter(application=application).latest("at")
    return orjson.loads(bytes(decision.receipt))


def test_an_eligible_graduate_is_approved_with_a_certificate_and_a_receipt() -> None:
    case = settled("graduate")
    assert case.state == "approved"
    assert Certificate.objects.get(application=case.number).state == "valid"
    said = receipt(case)
    assert said["outcome"] == "approve"
    assert {r["result"] for r in said["verdict"]["requirements"]} == {"met"}
    assert said["contest"]["zh"]
    events = Event.objects.filter(subject=case.subject).order_by("seq")
    assert [e.kind for e in events] == ["submitted", "approved"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("degree_missing", "degree:unmet"),
        ("name_mismatch", "same_name:unmet"),
        ("criminal", "no_crime:unmet"),
        ("credit_hit", "credit:unmet"),
        ("already_local", "not_local:unmet"),
        ("graduated_long_ago", "recent:unmet"),
        ("part_time", "full_time:unmet"),
        ("below_level", "level:unmet"),
        ("degree_revoked", "valid_degree:unmet"),
        ("capacity_limited", "capacity:unmet"),
    ],
)
def test_whoever_does_not_qualify_reaches_an_officer_with_the_reason(
    kind: str, reason: str
) -> None:
    case = settled(kind)
    assert case.state == "review"
    assert reason in case.handover.split(",")
    assert not Certificate.objects.filter(application=case.number).exists()


def test_a_silent_registry_hands_over_and_never_approves() -> None:
    case = submit("graduate")
    answer_checks(case, criminal="timeout")
    (case,) = decide(case)
    assert case.state == "review"
    assert "no_crime:unknown" in case.handover
    row = Evidence.objects.get(application=case, registry="criminal")
    assert (row.outcome, row.reason) == ("failed", "timeout")


def test_what_the_citizen_can_mend_is_returned_once_with_everything_listed() -> None:
    case = settled("graduate", answers=graduate_answers(address="440305-9999999"))
    assert case.state == "returned"
    assert case.correct_by is not None
    assert receipt(case)["reasons"] == ["address:unmet"]


def test_a_corrected_application_is_checked_anew_and_approved() -> None:
    case = settled("graduate", answers=graduate_answers(address="440305-9999999"))
    applicant = person("graduate")
    actions.resubmit(
        number=case.number, answers=graduate_answers(), by=citizen(applicant), now=now()
    )
    case = Application.objects.get(id=case.id)
    assert (case.round, case.checks_due) == (2, 3)
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == "approved"
    assert Evidence.objects.filter(application=case).count() == 10


def test_whoever_asks_for_a_person_gets_one() -> None:
    case = settled("graduate", by_person=True)
    assert (case.state, case.handover) == ("review", "person_requested")
    assert receipt(case)["verdict"]["outcome"] == "approve"


def test_nothing_is_decided_while_a_check_is_due() -> None:
    case = submit("graduate")
    (case,) = decide(case)
    assert case.state == "submitted"
    actions.decide(ids=[case.id], by=ENGINE, now=now())
    assert not Decision.objects.filter(application=case).exists()


def test_an_answer_that_comes_twice_counts_once() -> None:
    case = submit("graduate")
    checks = list(Check.objects.filter(application=case))
    answer_checks(case)
    late = [(c.id, None, "late", now()) for c in checks]
    assert actions.record_checks(answers=late, by=CHECKER, now=now()) == 0
    assert Application.objects.get(id=case.id).checks_due == 0


def test_every_read_leaves_a_lookup_with_purpose_and_law() -> None:
    case = settled("graduate")
    reads = Lookup.objects.filter(case=case.number)
    assert set(reads.values_list("registry", flat=True)) == {"population", "address"}
    assert all(r.purpose and r.basis and r.by == "machine:engine" for r in reads)


def test_every_receipt_replays_to_the_byte() -> None:
    for kind in ("graduate", "criminal", "credit_hit"):
        settled(kind)
    decisions = list(Decision.objects.select_related("application", "edition"))
    assert len(decisions) == 3
    assert [fault(d) for d in decisions] == ["", "", ""]


def test_a_changed_byte_of_a_receipt_is_named() -> None:
    settled("graduate")
    decision = Decision.objects.select_related("application", "edition").get()
    decision.receipt = bytes(decision.receipt).replace(b'"approve"', b'"refusal"', 1)
    assert "signature" in fault(decision)


def test_postgresql_refuses_what_is_not_an_edge() -> None:
    case = submit("graduate")
    with pytest.raises(IntegrityError, match="no edge"), transaction.atomic():
        Application.objects.filter(id=case.id).update(state="refused")
    with pytest.raises(IntegrityError, match="no event"), transaction.atomic():
        Application.objects.filter(id=case.id).update(state="approved")


def test_history_cannot_be_changed_in_the_applications_role() -> None:
    settled("graduate")
    for statement in (
        "UPDATE ledger_event SET kind = 'x'",
        "DELETE FROM approvals_evidence",
        "UPDATE approvals_decision SET outcome = 'refuse'",
        "TRUNCATE ledger_event CASCADE",
    ):
        with (
            pytest.raises(Exception, match=r"permission denied|only grows|must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_no_identity_number_stands_in_clear_text_anywhere() -> None:
    case = settled("graduate")
    number = person("graduate").number
    with connection.cursor() as cursor:
        for table in (
            "approvals_application",
            "approvals_decision",
            "approvals_evidence",
            "certificates_certificate",
            "ledger_event",
            "exchange_lookup",
        ):
            cursor.execute(f"SELECT t::text FROM {table} t")
            text = " ".join(row[0] for row in cursor.fetchall())
            assert number not in text, table
            assert number.encode().hex() not in text, table
    assert case.state == "approved"
