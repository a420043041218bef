"""The border on the desk: who may look, who may send again, and what nobody may change."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

import bulk
from approvals.admin.front import front
from exchange import inbox, outbox, routing, webhook_client
from exchange.models import Notice, WebhookDelivery
from exchange.registries import Query, query_registries
from ledger import clock
from people import identity, rights
from people.actors import ENGINE
from people.models import User
from tests import endpoints, officers
from tests.exchange.conftest import add_partner
from tests.factories import OfficeFactory

NUMBER = "11010519491231002X"


def logged_in(client: Client, role: str) -> Client:
    rights.write_groups()
    user = officers.make(f"a-{role}", role)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def traffic(keys: None) -> WebhookDelivery:
    """One of everything: a partner, a dead notice, a message whose id was used twice, a lookup."""
    food = add_partner("food", "https://food.example/hook")
    now = clock.now()
    owed = outbox.notice("food", "application.decided", "application:A", {}, now)
    bulk.insert(Notice, [owed])
    routing.route("food", now)
    WebhookDelivery.objects.update(state="dead")
    body = b'{"type":"approval.answered"}'
    inbox.accept("food", webhook_client.sign(food.inbound_secret, "m", body, at=now), body, now)
    again = b'{"type":"filing.receipt"}'
    with pytest.raises(inbox.IdReused) as reused:
        headers = webhook_client.sign(food.inbound_secret, "m", again, at=now)
        inbox.accept("food", headers, again, now)
    inbox.report(reused.value)
    subject = identity.index(NUMBER)
    query = Query(
        case="GS1",
        registry="population",
        subject=subject,
        number=NUMBER,
        fields=("name",),
        purpose="落户",
        basis="law",
    )
    query_registries([query], by=ENGINE, now=now)
    return WebhookDelivery.objects.get()


@pytest.mark.parametrize("role", ["operator", "auditor"])
@pytest.mark.parametrize(
    "model", ["partner", "notice", "webhookdelivery", "message", "reusedid", "lookup"]
)
def test_operators_and_auditors_see_lists_and_pages_without_any_id_number(
    client: Client, traffic: WebhookDelivery, role: str, model: str
) -> None:
    logged_in(client, role)
    listed = client.get(reverse(f"admin:exchange_{model}_changelist"))
    assert listed.status_code == 200
    one = apps.get_model("exchange", model).objects.get()
    page = client.get(reverse(f"admin:exchange_{model}_change", args=[one.pk]))
    assert page.status_code == 200
    for answer in (listed, page):
        text = answer.content.decode()
        assert NUMBER not in text and "whsec_" not in text


@pytest.mark.parametrize(
    "model", ["partner", "notice", "webhookdelivery", "message", "reusedid", "lookup"]
)
def test_a_clerk_sees_none_of_it(client: Client, traffic: WebhookDelivery, model: str) -> None:
    rights.write_groups()
    answer = logged_in(client, "operator").get(reverse(f"admin:exchange_{model}_changelist"))
    assert answer.status_code == 200
    OfficeFactory(code="hrss")
    clerk = officers.make("li", "clerk", office_id="hrss")
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse(f"admin:exchange_{model}_changelist"))
    assert answer.status_code == 403


def replay(client: Client, owed: WebhookDelivery) -> Any:
    return client.post(
        reverse("admin:exchange_webhookdelivery_changelist"),
        {"action": "replay", "_selected_action": [str(owed.pk)]},
        follow=True,
    )


def test_an_operator_sends_a_dead_notice_again(client: Client, traffic: WebhookDelivery) -> None:
    replay(logged_in(client, "operator"), traffic)
    traffic.refresh_from_db()
    assert (traffic.state, traffic.attempts) == ("due", 0)
    assert traffic.last_status == "replay by officer:a-operator"
    assert list(outbox.waiting(clock.now() + dt.timedelta(seconds=1))) == [endpoints.of("food").pk]


def test_an_operator_sends_again_what_was_made_within_two_times(
    client: Client, traffic: WebhookDelivery
) -> None:
    begun = clock.now()
    for hours in (1, 2, 3):
        made = outbox.notice("food", "application.decided", f"a:{hours}", {}, begun)
        bulk.insert(Notice, [made])
        at = begun + hours * dt.timedelta(hours=1)
        Notice.objects.filter(pk=made.pk).update(created_at=at)
    routing.route("food", begun)
    WebhookDelivery.objects.update(state="dead")
    within = {"state__exact": "dead"}
    zone = dt.timezone(dt.timedelta(hours=8))  # the city's
    for name, minutes in (("from", 90), ("to", 150)):
        at = (begun + dt.timedelta(minutes=minutes)).astimezone(zone)
        within[f"notice__created_at_{name}_0"] = at.strftime("%Y-%m-%d")
        within[f"notice__created_at_{name}_1"] = at.strftime("%H:%M:%S")
    address = f"{reverse('admin:exchange_webhookdelivery_changelist')}?{urlencode(within)}"
    logged_in(client, "operator")
    page = client.get(address).content.decode()
    assert [n for n in (1, 2, 3) if f"a:{n}" in page] == [2]
    shown = [str(WebhookDelivery.objects.get(subject="a:2").pk)]
    all_of_it = {"action": "replay", "select_across": "1", "_selected_action": shown}
    assert client.post(address, all_of_it).status_code == 302
    due = WebhookDelivery.objects.filter(state="due")
    assert [one.subject for one in due] == ["a:2"]


def test_an_operator_is_alarmed_on_the_first_page_of_an_id_that_was_used_twice(
    client: Client, traffic: WebhookDelivery
) -> None:
    logged_in(client, "operator")
    link = reverse("admin:exchange_reusedid_changelist")
    user = User.objects.get(username="a-operator")
    [tile] = [one for one in front(user, clock.now()).tiles if one.link == link]
    assert (tile.count, tile.tone) == (1, "bad")
    assert tile.label in client.get(reverse("admin:index")).content.decode()
    text = client.get(link).content.decode()
    assert "filing.receipt" in text and ">m<" in text.replace(" ", "").replace("\n", "")


def test_an_auditor_sends_nothing(client: Client, traffic: WebhookDelivery) -> None:
    replay(logged_in(client, "auditor"), traffic)
    traffic.refresh_from_db()
    assert traffic.state == "dead"


def changed(client: Client, **fields: str) -> Any:
    """An operator writes the partner's one endpoint anew."""
    endpoint = endpoints.of("food")
    written = {"url": "https://food.example/hook", "kinds": "*", "services": "*"}
    row = {"id": str(endpoint.pk), "partner": "food", "districts": "*", **written, **fields}
    forms = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "1", "MIN_NUM_FORMS": "0", "MAX_NUM_FORMS": "20"}
    return logged_in(client, "operator").post(
        reverse("admin:exchange_partner_change", args=["food"]),
        {
            "name_zh": "食品",
            "name_en": "Food",
            "contact": "ops@food.example",
            "services": "",
            "scopes": "*",
            "active": "on",
            **{f"clients-{name}": "0" for name in forms},
            **{f"endpoints-{name}": value for name, value in forms.items()},
            **{f"endpoints-0-{name}": value for name, value in row.items()},
        },
    )


@pytest.mark.parametrize("url", ["ftp://x/", "https://a@b/", "unix:/run/x", "javascript:1"])
def test_a_webhook_address_that_cannot_be_called_is_refused(
    client: Client, traffic: WebhookDelivery, url: str
) -> None:
    answer = changed(client, url=url)
    assert answer.status_code == 200  # the form again, with the error
    assert "https://" in answer.content.decode()
    assert endpoints.of("food").url == "https://food.example/hook"


@pytest.mark.parametrize(
    ("field", "value"),
    [("kinds", "nothing.known"), ("services", "A B"), ("districts", "999999"), ("kinds", "")],
)
def test_a_subscription_to_what_there_is_not_is_refused(
    client: Client, traffic: WebhookDelivery, field: str, value: str
) -> None:
    assert changed(client, **{field: value}).status_code == 200
    assert getattr(endpoints.of("food"), field) == ["*"]


def test_an_operator_narrows_an_endpoint_and_switches_it_off(
    client: Client, traffic: WebhookDelivery
) -> None:
    answer = changed(
        client, kinds="approval.requested，filing.pushed", services="sole_trader", ended="owner"
    )
    assert answer.status_code == 302
    endpoint = endpoints.of("food")
    assert endpoint.kinds == ["approval.requested", "filing.pushed"]
    assert (endpoint.services, endpoint.ended) == (["sole_trader"], "owner")
    assert endpoint.partner.contact == "ops@food.example"


@pytest.mark.parametrize("model", ["notice", "webhookdelivery", "message", "lookup"])
def test_nothing_is_added_or_deleted_by_hand(
    client: Client, traffic: WebhookDelivery, model: str
) -> None:
    logged_in(client, "operator")
    one = apps.get_model("exchange", model).objects.get()
    assert client.get(reverse(f"admin:exchange_{model}_add")).status_code == 403
    url = reverse(f"admin:exchange_{model}_delete", args=[one.pk])
    assert client.post(url, {"post": "yes"}).status_code == 403


def test_the_page_of_a_delivery_says_its_fields_in_chinese_and_nothing_is_saved_there(
    client: Client, traffic: WebhookDelivery
) -> None:
    logged_in(client, "operator")
    url = reverse("admin:exchange_webhookdelivery_change", args=[traffic.pk])
    page = client.get(url, headers={"accept-language": "zh-hans"}).content.decode()
    assert "每次投递" in page and "最近应答" in page
    assert ">Place<" not in page and ">Id<" not in page and 'name="_save"' not in page
    assert " at 20" not in page  # the name of an attempt, for logs
    assert client.post(url, {"state": "delivered"}).status_code == 403
