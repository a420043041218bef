"""The desk of policy officers: services, editions, the playground."""

import pytest
from django.urls import reverse

from ledger.models import Event
from people import rights
from people.models import Office, User
from services.models import Edition, Service
from tests import officers
from tests.services.editions import published
from tests.services.packs import SMALL, changed, line_of, text

pytestmark = pytest.mark.django_db
PLAYGROUND = "/desk/services/edition/playground/"


@pytest.fixture
def desk(client, now):
    """A policy officer's browser, in English, with one service published."""
    rights.write_groups()
    Office.objects.get_or_create(code="market", defaults={"name_zh": "市监", "name_en": "Market"})
    published(SMALL, now)
    log_in(client, "policy", User.Role.POLICY)
    return client


def log_in(client, name, role):
    user = officers.make(name, role, office_id="market")
    client.force_login(user)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


def page(response):
    assert response.status_code == 200
    return response.content.decode()


def post(desk, **given):
    return page(desk.post(PLAYGROUND, {"text": SMALL, "as_of": "2026-07-01"} | given))


def test_the_playground_opens_with_an_edition_and_its_first_test(desk):
    edition = Edition.objects.get(service="bus_pass")
    shown = page(desk.get(PLAYGROUND, {"edition": edition.pk}))
    assert "At least 18 years old" in shown
    assert '<span class="outcome approve">' in shown


def test_a_case_is_filled_in_and_judged_with_its_fix(desk):
    shown = post(desk, **{"fact.born": "2008-07-02"})
    assert '<span class="outcome refer">' in shown
    assert "Apply again from 2 July 2026 on" in shown
    assert '<span class="outcome approve">' in post(desk, **{"fact.born": "2008-07-01"})


@pytest.mark.parametrize("typed", ["", "today", "2008-7-1", "<script>alert(1)</script>", "null"])
def test_what_cannot_be_read_is_unknown(desk, typed):
    shown = post(desk, **{"fact.born": typed})
    assert '<li class="unknown">' in shown
    assert "<script>alert" not in shown


def test_a_draft_is_linted_with_lines_and_nothing_is_published(desk):
    draft = changed("<= as_of", "<= asof")
    shown = page(desk.post(PLAYGROUND, {"text": draft}))
    assert f"Line {line_of('must:', draft)}" in shown
    assert "asof" in shown
    draft = changed("must: born + adult <= as_of", "must: born < as_of and born > as_of")
    shown = page(desk.post(PLAYGROUND, {"text": changed("年满 {adult}", "满 {adult}", draft)}))
    assert "cannot be published" in shown
    assert Edition.objects.filter(service="bus_pass").count() == 1


def test_cases_are_drawn_from_the_tests_and_at_random(desk):
    source = text("sole_trader")
    shown = page(desk.post(PLAYGROUND, {"text": source, "draw": "字号含禁用词"}))
    assert '<span class="outcome return">' in shown
    assert "中国恒瑞" in shown
    for _ in range(5):
        page(desk.post(PLAYGROUND, {"text": source, "draw": "*"}))


def test_lists_are_typed_as_json_and_nonsense_is_unknown(desk):
    given = {"text": text("sole_trader"), "as_of": "2026-07-01"}
    for typed in ("[", '["\\ud800"]', "[" * 100_000, "{}", "[1]", '[{"uscc": "A"}]'):
        shown = page(desk.post(PLAYGROUND, given | {"fact.trades": typed, "fact.scope": typed}))
        assert "it counts as unknown" in shown


def test_closing_is_an_action_with_its_event_and_a_reason(desk):
    address = reverse("admin:services_service_change", args=["bus_pass"])
    for reason in ({}, {"reason": "  "}):
        assert desk.post(address, reason).status_code == 200
        assert Service.objects.get(pk="bus_pass").enabled
    assert desk.post(address, {"reason": "rules reviewed"}).status_code == 302
    assert not Service.objects.get(pk="bus_pass").enabled
    event = Event.objects.get(subject="service:bus_pass", kind="switched")
    assert event.by == "officer:policy" and '"reason":"rules reviewed"' in event.data


def test_editions_are_read_and_never_changed(desk):
    edition = Edition.objects.get(service="bus_pass")
    address = reverse("admin:services_edition_change", args=[edition.pk])
    assert "事项名称" in page(desk.get(address))
    assert desk.post(address, {"source": "x"}).status_code == 403
    assert desk.get(reverse("admin:services_edition_add")).status_code == 403
    assert "bus_pass v1" in page(desk.get(reverse("admin:services_edition_changelist")))
    assert "bus_pass" in page(desk.get(reverse("admin:services_service_changelist")))


def test_who_keeps_no_rules_does_not_come_in(desk, client):
    log_in(client, "clerk", User.Role.CLERK)
    assert client.get(PLAYGROUND).status_code == 403
    assert client.post(PLAYGROUND, {"text": SMALL}).status_code == 403
    client.logout()
    assert client.get(PLAYGROUND).status_code == 302
