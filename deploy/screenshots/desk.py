"""The desk through a clerk's day, and what a supervisor, a head and an auditor see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.screenshots import citizen
from deploy.screenshots.browser import PHONE, Camera

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIST = "/desk/approvals/application/"


def pictures(camera: Camera) -> None:
    numbers = {persona: citizen.apply(camera, persona) for persona in citizen.FOR_OFFICERS}
    clerk = camera.officer("clerk-hrss", picture="desk/second-factor")
    camera.shoot(clerk, "desk/front")
    _counter(camera, clerk)
    _list(camera, clerk, numbers)
    _case(camera, clerk, numbers)
    _overseers(camera, numbers)
    _auditor(camera, numbers)
    phone = camera.officer("clerk-hrss-2", size=PHONE)
    _open(camera, phone, numbers["criminal"])
    camera.shoot(phone, "desk/phone")


def _counter(camera: Camera, clerk: Page) -> None:
    clerk.goto(f"{camera.url}/desk/approvals/intake/add/")
    clerk.select_option("[name='/service']", "graduate_settlement")
    clerk.check("[name='/acting'][value=self]")
    clerk.evaluate("scrollTo(0, 0)")
    camera.shoot(clerk, "desk/counter")


def _open(camera: Camera, page: Page, number: str) -> None:
    page.goto(f"{camera.url}{LIST}?state=all&q={number}")
    page.click("#result_list tbody th a")
    page.wait_for_url("**/change/**")


def _list(camera: Camera, clerk: Page, numbers: dict[str, str]) -> None:
    clerk.goto(camera.url + LIST)
    camera.shoot(clerk, "queue")
    for persona in ("graduate_23", "graduate_25"):
        clerk.check(f"tr:has-text('{numbers[persona]}') input.action-select")
    clerk.select_option("select[name=action]", "together")
    clerk.click("button[name=index]")
    clerk.fill("#reason", "材料经人工核对无误，准予办理")
    camera.shoot(clerk, "desk/together")


def _case(camera: Camera, clerk: Page, numbers: dict[str, str]) -> None:
    """One case is taken, looked at, returned with two fields; another is refused."""
    _open(camera, clerk, numbers["degree_missing"])
    camera.shoot(clerk, "desk/case")
    clerk.click("button[value=take]")
    camera.shoot(clerk, "desk/decision")
    clerk.click("a[href*='move=return_']")
    clerk.fill("#reason", "请更正落户地址编码\n请留下联系电话，以便核实学历")
    for box in clerk.locator("#opened input").all():
        box.set_checked(box.get_attribute("value") in ("/address", "/phone"))
    camera.shoot(clerk, "desk/return")
    _open(camera, clerk, numbers["credit_hit"])
    clerk.click("button[value=take]")
    clerk.click("a[href*='move=refuse']")
    clerk.click("button[name=preview]")
    camera.shoot(clerk, "desk/confirm")


def _overseers(camera: Camera, numbers: dict[str, str]) -> None:
    supervisor = camera.officer("supervisor-hrss")
    camera.shoot(supervisor, "desk/supervisor")
    supervisor.goto(f"{camera.url}{LIST}away/")
    camera.shoot(supervisor, "desk/away")
    supervisor.goto(f"{camera.url}{LIST}numbers/")
    camera.shoot(supervisor, "desk/numbers")
    head = camera.officer("head-hrss")
    _open(camera, head, numbers["credit_hit"])
    extend = head.locator("a[href*='move=extend']")
    if extend.count():
        extend.click()
    camera.shoot(head, "desk/head")


def _auditor(camera: Camera, numbers: dict[str, str]) -> None:
    auditor = camera.officer("auditor")
    _open(camera, auditor, numbers["degree_missing"])
    auditor.click("#unmask summary")
    camera.shoot(auditor, "desk/auditor")
