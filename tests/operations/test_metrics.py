"""The page that Prometheus reads: equal to the rows, never twice, and said when it cannot be."""

import datetime as dt
import time

import pytest
import redis
from django.db import OperationalError, connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from approvals import actions
from approvals.models import Application, Decision, Heartbeat
from exchange import breaker
from exchange.models import Endpoint
from ledger.clock import now
from ledger.models import Event
from operations import history, metrics, present
from people.actors import officer
from tests.approvals.cases import answer_checks, decide, settled, submit
from tests.factories import (
    EndpointFactory,
    NoticeFactory,
    PartnerFactory,
    UserFactory,
    WebhookDeliveryFactory,
)

pytestmark = pytest.mark.usefixtures("furnished")
WHY = "失信记录未经修复，不符合条件"


class Page:
    """The page as Prometheus reads it: numbers by name and labels."""

    def __init__(self, made: CollectorRegistry) -> None:
        self.made = made
        self.numbers: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    def read(self) -> "Page":
        time.sleep(0.002)  # keys are cut off at milliseconds
        found = Page(self.made)
        for family in text_string_to_metric_families(generate_latest(self.made).decode()):
            for sample in family.samples:
                found.numbers[sample.name, frozenset(sample.labels.items())] = sample.value
        return found

    def at(self, name: str, **labels: str) -> float | None:
        return self.numbers.get((name, frozenset(labels.items())))

    def all(self, name: str) -> dict[frozenset[tuple[str, str]], float]:
        return {labels: value for (one, labels), value in self.numbers.items() if one == name}


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    """Return the page of a process that began now.

    A test is one transaction, which holds no reading back here, and its rows are of this moment.
    """
    monkeypatch.setattr(history, "_HORIZON", "SELECT clock_timestamp(), clock_timestamp()")
    monkeypatch.setattr(connection, "close", lambda: None)
    made = CollectorRegistry()
    made.register(metrics.Everything(history.History(dt.timedelta())))
    return Page(made)


def test_what_is_decided_is_counted_once_and_equals_the_rows(page: Page) -> None:
    before, earlier = page.read(), Event.objects.count()  # it counts from its own start on
    assert not before.all("miaopi_decisions_total")
    granted = settled("graduate")
    with_officer = submit("degree_missing")
    answer_checks(with_officer)
    decide(with_officer)
    found, again = page.read(), page.read()
    labels = {"service": granted.service_id, "outcome": "approve", "by": "machine"}
    assert found.at("miaopi_decisions_total", **labels) == 1
    decided = found.all("miaopi_decisions_total")
    assert sum(decided.values()) == Decision.objects.count() == 2
    events = found.all("miaopi_events_total")
    assert sum(events.values()) == Event.objects.count() - earlier
    for name in ("miaopi_decisions_total", "miaopi_events_total", "miaopi_registry_answers_total"):
        assert again.all(name) == found.all(name) != {}


def test_the_seconds_to_a_decision_are_a_histogram(page: Page) -> None:
    case = settled("graduate")
    found = page.read()
    row, labels = Decision.objects.get(), {"service": case.service_id}
    seconds = max(0.0, (row.at - Application.objects.get().submitted_at).total_seconds())
    assert found.at("miaopi_decision_seconds_sum", **labels) == pytest.approx(seconds)
    assert found.at("miaopi_decision_seconds_count", **labels) == 1
    for cut in (*map(float, history.TO_DECISION), float("inf")):
        le = "+Inf" if cut == float("inf") else str(cut)
        assert found.at("miaopi_decision_seconds_bucket", le=le, **labels) == (seconds < cut)


def test_a_decision_of_an_officer_is_not_the_machines(page: Page) -> None:
    case = settled("credit_hit")
    labels = {"service": case.service_id, "outcome": "refuse", "by": "officer"}
    assert page.read().at("miaopi_decisions_total", **labels) is None
    by = officer(UserFactory(clerk=True, username="clerk-m", office__code=case.office.code))
    actions.take(number=case.number, by=by, now=now())
    actions.refuse(number=case.number, reason=WHY, by=by, now=now())
    assert page.read().at("miaopi_decisions_total", **labels) == 1


def test_what_waits_is_said_by_state_and_age(page: Page) -> None:
    case = submit("graduate")
    found = page.read()
    assert found.at("miaopi_cases_open", state="submitted", service=case.service_id) == 1
    assert (found.at("miaopi_queue_oldest_seconds", queue="checks") or -1) >= 0
    assert found.at("miaopi_queue_oldest_seconds", queue="officers") == 0
    answer_checks(case)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_application SET submitted_at = submitted_at - interval '90 s'"
        )
    found = page.read()
    assert 90 <= (found.at("miaopi_queue_oldest_seconds", queue="engine") or 0) < 100
    assert found.at("miaopi_worker_ok", part="engine") == 0


def test_what_waits_for_an_agency_alone_is_no_queue_of_ours(page: Page) -> None:
    hour = now() - dt.timedelta(hours=1)
    delivery = WebhookDeliveryFactory(
        endpoint=EndpointFactory(partner=PartnerFactory()), next_at=hour
    )
    NoticeFactory(partner=PartnerFactory(code="without"), created_at=hour)
    found = page.read()
    assert 3600 <= (found.at("miaopi_queue_oldest_seconds", queue="webhooks") or 0) < 3700
    assert found.at("miaopi_queue_oldest_seconds", queue="routing") == 0
    Endpoint.objects.filter(pk=delivery.endpoint_id).update(ended="gone")
    assert page.read().at("miaopi_queue_oldest_seconds", queue="webhooks") == 0


def test_who_lives_and_which_registry_is_not_asked(page: Page) -> None:
    Heartbeat.objects.create(name="engine:x", kind="engine", at=now() - dt.timedelta(seconds=7))
    broken = breaker.Breaker("education")
    assert page.read().at("miaopi_breaker_open", registry="education") == 0
    for _ in range(breaker.FAILURES):
        broken.failed()
    try:
        found = page.read()
    finally:
        breaker._redis().delete(broken.failures_key, broken.open_key, broken.probes_key)
    assert found.at("miaopi_breaker_open", registry="education") == 1
    assert 7 <= (found.at("miaopi_heartbeat_age_seconds", kind="engine") or 0) < 20
    assert found.at("miaopi_worker_ok", part="engine") == 1
    assert found.all("miaopi_up") == dict.fromkeys(
        (frozenset({("part", part)}) for part in ("postgresql", "redis")), 1.0
    )


def test_without_redis_or_postgresql_the_page_says_so_and_keeps_its_counters(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = settled("graduate")
    labels = {"service": case.service_id, "outcome": "approve", "by": "machine"}
    assert page.read().at("miaopi_decisions_total", **labels) == 1

    def away(*_arguments: object) -> None:
        raise OperationalError("away")

    def no_redis(_names: object) -> None:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(present, "of_database", away)
    monkeypatch.setattr(breaker, "are_open", no_redis)
    found = page.read()
    assert found.at("miaopi_up", part="postgresql") == found.at("miaopi_up", part="redis") == 0
    assert found.at("miaopi_decisions_total", **labels) == 1
    assert not found.all("miaopi_breaker_open") and not found.all("miaopi_cases_open")


def test_no_label_is_of_a_person(page: Page) -> None:
    case = settled("graduate")
    text = repr(page.read().numbers)
    assert case.service_id in text
    for private in (case.applicant_name, case.applicant, case.number):
        assert private not in text


def test_a_key_begins_with_its_moment() -> None:
    at = dt.datetime(2026, 11, 29, 1, 2, 3, 456_000, tzinfo=dt.UTC)
    later = history.first_key(at + dt.timedelta(milliseconds=1))
    assert history.first_key(at).int >> 80 == int(at.timestamp() * 1000)
    assert later.int - history.first_key(at).int == 1 << 80
