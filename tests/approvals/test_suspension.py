"""Suspending automatic approval: what stops, what goes on, and who lets it go on again."""

import orjson
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils.translation import override

import bulk
from approvals import actions
from approvals.models import Application, Decision
from approvals.records.replay import fault
from approvals.words import reasons
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import CLOCK, ENGINE, Actor, officer
from people.errors import ActionRejected
from services import catalogue, switches
from services.models import Rate, Suspension
from tests import officers
from tests.approvals.cases import answer_checks, audited, graduates, settled, submit
from tests.factories import UserFactory

SERVICE = "graduate_settlement"


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


def somebody(role: str = "policy") -> Actor:
    return officer(UserFactory(**{role: True}))


def another(place: int) -> actions.Applicant:
    found = graduates()[place]
    return actions.Applicant("person", found.number, found.name)


def suspended(scope: str = "service", code: str = SERVICE, by: Actor | None = None) -> Suspension:
    return switches.suspend(
        scope=scope, code=code, reason="规则可能有误", by=by or somebody(), now=now()
    )


def released(row: Suspension) -> None:
    switches.propose_release(suspension=row.pk, reason="核查无误", by=somebody(), now=now())
    switches.release(suspension=row.pk, by=somebody("head"), now=now())


def receipt(case: Application) -> dict:
    return orjson.loads(bytes(Decision.objects.filter(application=case).latest("at").receipt))


def test_a_suspended_service_goes_to_officers_until_two_have_released_it() -> None:
    row = suspended()
    case = settled("graduate")
    assert (case.state, case.handover) == ("review", "automatic_off")
    released(row)
    assert settled(applicant=another(0)).state == "approved"
    case = Application.objects.get(pk=case.pk)
    assert case.state == "review", "what officers have by then stays with them"
    assert not audited()
    chain = Event.objects.filter(subject=f"suspension:service:{SERVICE}").order_by("seq")
    assert [e.kind for e in chain] == ["suspended", "release_proposed", "released"]


def test_what_rests_on_a_suspended_registry_goes_to_an_officer_in_words() -> None:
    row = suspended("registry", "education")
    case = settled("graduate")
    assert (case.state, case.handover) == ("review", "registry_suspended:education")
    said = receipt(case)
    assert (said["verdict"]["outcome"], said["suspended"]) == ("approve", ["education"])
    book = catalogue.rulebook(case.edition_id)
    for language, name in (("zh-hans", "高等教育学历信息库"), ("en", "Higher education registry")):
        with override(language):
            (words,) = reasons(case.handover, book, city_date(now()))
            assert name in words
    assert not fault(Decision.objects.get(application=case))  # it replays to the byte
    other = settled("trader", "sole_trader")
    assert other.state == "approved", "it asks no such registry"
    released(row)
    assert settled(applicant=another(0)).state == "approved"


@pytest.mark.parametrize(("scope", "code"), [("service", SERVICE), ("registry", "education")])
def test_what_was_judged_before_is_not_written_after_the_suspension(scope: str, code: str) -> None:
    """The batch is claimed, the suspension commits, and only then the decision is written."""
    case = submit()
    answer_checks(case)
    claimed = actions.claim(limit=10, again=False, by=ENGINE)
    suspended(scope, code)
    with pytest.raises(bulk.Conflict), transaction.atomic():
        actions.decide_claimed(claimed=claimed, by=ENGINE, now=now())
    assert not Decision.objects.filter(application=case).exists()
    actions.decide(ids=[case.id], by=ENGINE, now=now())  # as the engine does then
    case = Application.objects.get(pk=case.pk)
    assert case.state == "review"


def test_the_database_refuses_an_automatic_approval_of_whoever_writes_it() -> None:
    case = settled("graduate")
    row = Decision.objects.get(application=case)
    suspended()
    row.id, row.live = None, False
    with pytest.raises(DatabaseError, match="is suspended"), transaction.atomic():
        again = bulk.new(Decision, **{f.attname: getattr(row, f.attname) for f in row._meta.fields})
        again.id = Decision._meta.pk.get_default()
        bulk.insert(Decision, [again])


def test_an_officer_approves_what_is_suspended(clerk: Actor) -> None:
    suspended()
    case = settled("graduate")
    actions.take(number=case.number, by=clerk, now=now())
    actions.approve(number=case.number, reason="核验无误", by=clerk, now=now())
    case = Application.objects.get(pk=case.pk)
    assert case.state == "approved"


def test_one_tap_without_a_reason_and_one_person_alone_are_refused() -> None:
    with pytest.raises(ActionRejected, match="Give a reason"):
        switches.suspend(scope="service", code=SERVICE, reason=" ", by=somebody(), now=now())
    for role in ("clerk", "supervisor", "legal", "technical", "auditor", "administrator"):
        with pytest.raises(ActionRejected, match="role"):
            suspended(by=somebody(role))
    for scope, code in (("service", "none"), ("registry", "none"), ("city", "sample")):
        with pytest.raises(ActionRejected, match="no such"):
            suspended(scope, code)
    row, me = suspended(by=somebody("operator")), somebody()
    with pytest.raises(ActionRejected, match="already"):
        suspended()
    with pytest.raises(ActionRejected, match="propose"):
        switches.release(suspension=row.pk, by=me, now=now())
    switches.propose_release(suspension=row.pk, reason="核查无误", by=me, now=now())
    with pytest.raises(ActionRejected, match="cannot confirm"):
        switches.release(suspension=row.pk, by=me, now=now())
    with pytest.raises(ActionRejected, match="role"):
        switches.release(suspension=row.pk, by=somebody("operator"), now=now())
    assert switches.live("service", [SERVICE]) == {SERVICE}
    switches.release(suspension=row.pk, by=somebody(), now=now())
    with pytest.raises(ActionRejected, match="goes on already"):
        switches.propose_release(suspension=row.pk, reason="再次", by=me, now=now())


def nobody(role: str = "policy") -> Actor:
    """An account from the time before each had its person."""
    return officer(officers.change(UserFactory(**{role: True}).username, person=""))


def test_two_accounts_of_nobody_known_are_not_two_officers() -> None:
    row = suspended(by=nobody())  # stopping needs no second one
    known = somebody()
    with pytest.raises(ActionRejected, match="whose account"):
        switches.propose_release(suspension=row.pk, reason="核查无误", by=nobody(), now=now())
    switches.propose_release(suspension=row.pk, reason="核查无误", by=known, now=now())
    with pytest.raises(ActionRejected, match="whose account"):
        switches.release(suspension=row.pk, by=nobody("head"), now=now())
    assert switches.live("service", [SERVICE]) == {SERVICE}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_postgresql_counts_persons_and_not_accounts(first: bool, second: bool) -> None:
    a = somebody() if first else nobody()
    b = somebody("head") if second else nobody("head")
    suspended()
    with connection.cursor() as cursor:
        cursor.execute(PROPOSE.format(a=a.code))
        if first and second:
            cursor.execute(RELEASE.format(b=b.code))
        else:
            with pytest.raises(DatabaseError, match="fewer than two"), transaction.atomic():
                cursor.execute(RELEASE.format(b=b.code))


def test_a_second_account_of_the_same_person_confirms_nothing() -> None:
    row, me = suspended(), somebody()
    again = officer(UserFactory(head=True, person=me.person, is_active=False))
    switches.propose_release(suspension=row.pk, reason="核查无误", by=me, now=now())
    with pytest.raises(ActionRejected, match="under no account"):
        switches.release(suspension=row.pk, by=again, now=now())


RELEASE = "UPDATE services_suspension SET released_at = now(), released_by = 'officer:{b}'"
PROPOSE = (
    "UPDATE services_suspension SET release_proposed_at = now(), release_reason = 'x',"
    " release_proposed_by = 'officer:{a}'"
)


@pytest.mark.parametrize(
    "statements",
    [
        [RELEASE],
        [PROPOSE, RELEASE.replace("{b}", "{a}")],
        [PROPOSE, RELEASE.replace("{b}", "clerk")],
        [PROPOSE.replace("{a}", "clerk")],
        [RELEASE + ", " + PROPOSE.partition("SET ")[2]],
        ["DELETE FROM services_suspension"],
        ["UPDATE services_suspension SET reason = 'other'"],
        [
            "INSERT INTO services_suspension (scope, code, cause, measured, reason, by, at,"
            " release_reason, release_proposed_by, released_by) VALUES ('registry', 'education',"
            " 'person', '{{}}', 'x', 'officer:clerk', now(), '', '', '')"
        ],
    ],
)
def test_postgresql_refuses_a_release_by_fewer_than_two(statements: list[str]) -> None:
    a, b = somebody(), somebody()
    UserFactory(clerk=True, username="clerk")
    suspended()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.format(a=a.code, b=b.code))
    assert switches.live("service", [SERVICE]) == {SERVICE}


def test_a_released_suspension_never_changes_again() -> None:
    row = suspended()
    released(row)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE services_suspension SET released_at = NULL, released_by = ''")


def test_a_band_suspends_once_and_says_what_was_measured() -> None:
    made = switches.suspend_measured(
        scope="service",
        code=SERVICE,
        reason="批准率超出区间",
        measured={"n": "40"},
        by=CLOCK,
        now=now(),
    )
    assert made is not None and made.measured == {"n": "40"}
    again = switches.suspend_measured(
        scope="service",
        code=SERVICE,
        reason="批准率超出区间",
        measured={"n": "41"},
        by=CLOCK,
        now=now(),
    )
    assert again is None
    assert not audited()


def test_guides_do_not_promise_seconds_while_it_is_suspended() -> None:
    book = catalogue.rulebook(catalogue.current(SERVICE, city_date(now())))
    assert catalogue.automatic([book]) == {SERVICE: True}
    row = suspended("registry", "education")
    assert catalogue.automatic([book]) == {SERVICE: False}
    released(row)
    suspended()
    assert catalogue.automatic([book]) == {SERVICE: False}


def test_what_spoke_for_an_alarm_is_forgotten_with_a_suspension() -> None:
    Rate.objects.create(
        scope="service", code=SERVICE, measure="approved", side="above", since=now(), cases=9
    )
    suspended()
    assert not Rate.objects.exists()
