"""What a citizen sees of what is paid to them: how much, since when, why it changed."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from lxml import html

from affairs.models import Message
from approvals.models import Application
from entitlements import actions
from entitlements.models import Entitlement, Overpayment
from ledger.clock import city_date, now
from people.actors import CLOCK
from people.models import User
from portal import entitled
from services import catalogue
from tests.approvals.cases import citizen, person, submit
from tests.entitlements.cases import ALLOWANCE, clerk, dies, granted, month, paid, tell
from tests.entitlements.test_outcomes import BOTH, handed_in, poor  # noqa: F401  # a fixture

DAY = datetime.timedelta(1)


def enter(username: str, language: str = "zh-hans") -> Client:
    client = Client()
    client.force_login(
        User.objects.get(username=username),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    client.cookies["django_language"] = language
    return client


def page(client: Client, path: str) -> Any:
    response = client.get(path)
    assert response.status_code == 200, path
    return html.fromstring(response.content.decode())


def text(node: Any) -> str:
    return " ".join(node.text_content().split())


def test_it_says_how_much_since_when_and_what_was_paid(furnished: None) -> None:
    row, client = granted(), enter("very_old")
    paid(month(row))
    found = text(page(client, f"/entitlements/{row.pk}/").xpath("//main")[0])
    assert "高龄老人津贴" in found and "200.00 元／月" in found and "正在发放" in found
    first, second = month(row), month(row, 1)
    assert f"{first.year}年{first.month}月1日" in found
    assert f"{second.year}年{second.month}月1日起的一期" in found  # the next payment
    assert row.application in found and "已列入" not in found
    for path in ("/cases/", f"/cases/{row.application}/"):
        (link,) = page(client, path).xpath(f"//a[@href='/entitlements/{row.pk}/']")
        assert text(link) == "高龄老人津贴"
    english = text(page(enter("very_old", "en"), f"/entitlements/{row.pk}/").xpath("//main")[0])
    assert "200.00 yuan a month" in english and "Old-age allowance" in english


def test_nobody_else_reads_it(furnished: None) -> None:
    row = granted()
    assert enter("graduate").get(f"/entitlements/{row.pk}/").status_code == 404
    assert enter("graduate").post(f"/entitlements/{row.pk}/").status_code == 404
    assert Client().get(f"/entitlements/{row.pk}/").status_code == 302
    assert enter("very_old").post(f"/entitlements/{row.pk}/").status_code in (302, 409)


def test_to_confirm_needs_the_log_in_that_applying_needs(furnished: None, settings: Any) -> None:
    row, client = granted(), enter("very_old")
    settings.SERVICE_LEVELS = {ALLOWANCE: 3}
    session = client.session
    session["login_level"] = 2
    session.save()
    assert client.get(f"/entitlements/{row.pk}/").status_code == 200
    assert client.post(f"/entitlements/{row.pk}/").status_code == 403


def test_why_it_stopped_what_was_overpaid_and_how_to_contest(furnished: None) -> None:
    row = granted()
    for n in range(3):
        paid(month(row, n))
    dies(row, month(row) + DAY)
    actions.review(service=ALLOWANCE, period=month(row, 3), by=CLOCK, now=now() + 150 * DAY)
    first, second = clerk(row, "first"), clerk(row, "second")
    claim = Overpayment.objects.get()
    client = enter("very_old")
    found = text(page(client, f"/entitlements/{row.pk}/").xpath("//main")[0])
    assert "领取人死亡，自次月起停发" in found and "400.00 元" in found
    assert "已发现，尚未决定" in found and "申请行政复议" in found
    why = "家属已说明情况，金额不大，不予追回"
    actions.propose(claim=claim.pk, choice="waived", reason=why, by=first, now=now())
    assert why not in client.get(f"/entitlements/{row.pk}/").content.decode()  # between officers
    actions.decide(claim=claim.pk, agreed=True, by=second, now=now())
    found = text(page(client, f"/entitlements/{row.pk}/").xpath("//main")[0])
    assert "不予追回" in found and why in found
    kinds = list(Message.objects.filter(topic=row.subject).values_list("kind", flat=True))
    assert sorted(kinds) == ["entitlement_changed", "entitlement_overpaid", "entitlement_overpaid"]
    (message,) = Message.objects.filter(topic=row.subject, kind="entitlement_changed")
    assert f"/entitlements/{row.pk}/" in client.get(f"/messages/{message.pk}/").content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_nobody_knows_and_what_an_officer_decided_has_words(
    furnished: None, language: str
) -> None:
    row = granted()
    by = clerk(row)
    row = actions.hold(key=row.pk, reason="电话核实", version=row.events, by=by, now=now())
    found = text(page(enter("very_old", language), f"/entitlements/{row.pk}/").xpath("//main")[0])
    assert ("由工作人员决定" if language == "zh-hans" else "an officer decided so") in found
    assert "电话核实" in found and "officer" not in found.replace("an officer", "").replace(
        "An officer", ""
    ).replace("for an", "").replace("two officers", "").replace("two", "")


def test_a_confirmation_that_is_late_resumes_it(poor: str) -> None:  # noqa: F811
    (case,) = handed_in("nursing")
    row = Entitlement.objects.get(application=case.number)
    client = enter("disabled")
    assert "情况没有变化" in client.get(f"/entitlements/{row.pk}/").content.decode()
    late = month(row, 13)
    paid(late, "disability_subsidies")
    row = Entitlement.objects.get(pk=row.pk)
    assert (row.state, row.why) == ("suspended", ["unconfirmed"])
    found = text(page(client, f"/entitlements/{row.pk}/").xpath("//main")[0])
    assert "逾期没有确认情况无变化" in found
    answer = client.post(f"/entitlements/{row.pk}/", follow=True)
    assert "已记录" in answer.content.decode()
    row = Entitlement.objects.get(pk=row.pk)
    assert (row.state, row.confirmed_on) == ("active", city_date(now()))


def test_each_of_two_cases_of_one_form_leads_to_the_other(poor: str) -> None:  # noqa: F811
    living, nursing = handed_in(*BOTH)
    client = enter("disabled")
    for one, other in ((living, nursing), (nursing, living)):
        assert page(client, f"/cases/{one.number}/").xpath(f"//a[@href='/cases/{other.number}/']")
    found = text(page(client, "/cases/").xpath("//section[@aria-labelledby='entitled']")[0])
    assert "困难残疾人生活补贴" in found and "重度残疾人护理补贴" in found


def test_a_guardian_reads_in_the_case_what_is_paid_and_is_led_to_no_page_of_the_wards(
    furnished: None,
) -> None:
    row = granted()
    case = Application.objects.get(number=row.application)
    for who, links in ((person("very_old"), [f"/entitlements/{row.pk}/"]), (person("trader"), [])):
        shown = entitled.of_case(case, citizen(who))
        part = html.fromstring(render_to_string("portal/parts/entitled.html", shown))
        assert part.xpath("//a/@href") == links and "高龄老人津贴" in text(part)


def test_a_case_without_entitlements_asks_nothing_of_them(
    furnished: None, django_assert_num_queries: Any
) -> None:
    case = submit()
    catalogue.rulebook(case.edition_id)
    bare = Application(edition_id=case.edition_id)
    with django_assert_num_queries(0):
        assert entitled.of_case(bare, CLOCK) == {}


def test_an_account_that_was_closed_is_said_with_what_to_do(furnished: None) -> None:
    row = granted()
    tell("assistance", row.holder, account=False)
    paid(month(row))
    found = text(page(enter("very_old"), f"/entitlements/{row.pk}/").xpath("//main")[0])
    assert "暂停" in found and "登记新账户后恢复" in found and "尚未发放" in found
