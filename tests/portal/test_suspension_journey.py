"""Automatic approval is suspended on a phone in one tap, and two officers let it go on."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.models import Application
from services.models import Suspension
from tests.approvals.cases import graduates, submit
from tests.approvals.test_suspension import another
from tests.portal.desk_browser import PHONE, AtDesk, graves
from tests.waiting import eventually

pytestmark = pytest.mark.browser

Enter = Callable[..., AtDesk]
PAGE = "/desk/services/suspension/"


def settled(place: int) -> Application:
    """Hand one in, and wait for what becomes of it."""
    case = submit(applicant=another(place))
    found = Application.objects.filter(pk=case.pk).exclude(state="submitted")
    assert eventually(found.exists, 30)
    return Application.objects.get(pk=case.pk)


def test_one_tap_suspends_and_two_officers_release(stack: Any, desk: Enter) -> None:
    assert len(graduates()) >= 3
    assert settled(0).state == "approved"
    operator = desk("operator", PHONE)
    page = operator.open(PAGE).page
    assert "目前没有暂停" in page.inner_text("main.desk")
    page.click("#service-graduate_settlement summary")
    with page.expect_navigation():
        page.click("#service-graduate_settlement button:has-text('规则可能有误')")
    live = page.inner_text("section.live")
    assert "应届毕业生" in live and "规则可能有误" in live and "（operator）" in live
    assert list(graves(page)) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE[0], "nothing is wider than the phone"

    case = settled(1)
    assert (case.state, case.handover) == ("review", "automatic_off")
    page.reload()
    assert "1" in page.inner_text("section.live dd:has-text('件')")
    page.fill("section.live textarea[name=typed]", "核对规则无误")
    with page.expect_navigation():
        page.click("section.live button:has-text('提出')")
    assert "确认恢复" not in page.inner_text("section.live"), "nobody confirms what they proposed"

    head = desk("head-hrss").open(PAGE).page
    assert list(graves(head)) == []
    with head.expect_navigation():
        head.click("section.live button:has-text('确认恢复自动审批')")
    assert "目前没有暂停" in head.inner_text("main.desk")
    row = Suspension.objects.get()
    assert (row.release_proposed_by, row.released_by) == ("officer:operator", "officer:head-hrss")
    assert settled(2).state == "approved"
    assert Application.objects.get(pk=case.pk).state == "review"
