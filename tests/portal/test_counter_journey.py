"""A counter in Chromium with all processes: an application is taken there, and corrected."""

from collections.abc import Callable
from typing import Any

import pytest

from approvals.models import Application
from tests.approvals.cases import person
from tests.portal.desk_browser import AtDesk, graves
from tests.portal.test_browser import become, word
from tests.waiting import eventually

pytestmark = pytest.mark.browser
Enter = Callable[..., AtDesk]


def arrive(officer: AtDesk, persona: str, **chosen: str) -> None:
    """Fill in who came; the originals were seen, and whoever came agrees."""
    page, who = officer.page, person(persona)
    for name, value in chosen.items():
        field = page.locator(f"[name='/{name}']")
        field.select_option(value) if field.evaluate("f => f.tagName") == "SELECT" else field.fill(
            value
        )
    page.fill("[name='/number']", who.number)
    page.select_option("[name='/paper']", "id_card")
    page.check("[name='/acting'][value=self]")
    page.check("[name='/seen']")
    page.check("[name='/agreed']")
    page.click("main .buttons button")


def test_taken_and_corrected_at_a_counter_and_seen_at_home(
    stack: Any, page: Any, desk: Enter, home: str
) -> None:
    clerk = desk("clerk-hrss")
    clerk.open("/desk/approvals/intake/add/")
    assert list(graves(clerk.page)) == []
    arrive(
        clerk, "degree_missing", service="graduate_settlement", name=person("degree_missing").name
    )
    clerk.page.wait_for_selector("[name='/address']")
    assert list(graves(clerk.page)) == []
    clerk.page.select_option("select[name='/district']", "440305")
    clerk.page.fill("[name='/address']", home)
    clerk.page.click("button[value=check]")
    clerk.page.wait_for_selector("button[value=submit]")
    for box in clerk.page.locator("main input[type=checkbox]").all():
        box.check()
    clerk.page.click("button[value=submit]")
    clerk.page.wait_for_url("**/approvals/intake/*/change/")
    assert list(graves(clerk.page)) == []
    number = clerk.page.inner_text(".reference")
    case = Application.objects.filter(number=number)
    assert eventually(lambda: case.get().state == "review", 30)

    # returned with one answer opened; whoever comes again corrects that at the counter
    clerk.case(number).press("take")
    clerk.decide("return_", reason="请更正落户地址", opened=("/address",))
    become(page, stack.url, "degree_missing")
    page.goto(f"{stack.url}/cases/{number}/")
    word(page, "请补正")
    clerk.case(number)
    clerk.page.click("#at-counter a")
    arrive(clerk, "degree_missing")
    clerk.page.wait_for_selector("#kept")
    asked = clerk.page.locator("main section.card [name^='/']").all()
    assert [field.get_attribute("name") for field in asked] == ["/address"]
    assert list(graves(clerk.page)) == []
    clerk.page.click("main .buttons button")
    clerk.page.wait_for_url("**/approvals/intake/*/change/")
    assert "补正" in clerk.page.inner_text("h1")
    assert eventually(lambda: (case.get().state, case.get().round) == ("review", 2), 30)
    page.reload()
    word(page, "工作人员办理中")
    assert "在窗口补正" in page.inner_text("main")
