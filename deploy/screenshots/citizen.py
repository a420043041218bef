"""A graduate on a phone, from the front page to the certificate; and cases for the desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploy.screenshots.browser import DESK, PHONE, Camera

if TYPE_CHECKING:
    from playwright.sync_api import Page

# three with a condition that is not met, and equal ones that ask for a person
FOR_OFFICERS = (
    "degree_missing",
    "credit_hit",
    "criminal",
    "graduate_23",
    "graduate_25",
    "graduate_27",
)


def pictures(camera: Camera) -> None:
    front = camera.page(PHONE)
    front.goto(camera.url)
    camera.shoot(front, "home")
    front.goto(f"{camera.url}/services/graduate_settlement/")
    camera.shoot(front, "citizen/service")
    front.goto(f"{camera.url}/login/")
    camera.shoot(front, "citizen/login")
    page = camera.citizen("graduate")
    fill(page, camera.url)
    camera.shoot(page, "form")
    check(page)
    page.evaluate("scrollTo(0, 0)")  # the boxes that were ticked are far below
    camera.shoot(page, "check")
    page.locator("button[value=submit]").click()
    approved(page)
    camera.shoot(page, "result")
    case = page.url
    for name, path in (
        ("certificates", "/wallet/"),
        ("citizen/affairs", "/cases/"),
        ("citizen/messages", "/messages/"),
        ("citizen/accesses", "/accesses/"),
    ):
        page.goto(camera.url + path)
        camera.shoot(page, name)
    page.goto(f"{case}rate/")
    camera.shoot(page, "citizen/rate")
    wide(camera, page, case)


def wide(camera: Camera, page: Page, case: str) -> None:
    """The same pages on a desk: ``page`` is somebody's with the approved ``case``."""
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    for name, address in (
        ("home", camera.url),
        ("service", f"{camera.url}/services/graduate_settlement/"),
        ("result", case),
        ("affairs", f"{camera.url}/cases/"),
    ):
        page.goto(address)
        camera.shoot(page, f"citizen/{name}-wide")
    other = camera.citizen("trader")
    other.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    other.goto(f"{camera.url}/services/sole_trader/apply/")
    camera.shoot(other, "citizen/form-wide")


def approved(page: Page) -> None:
    """Wait for the approval on the page of a case."""
    page.wait_for_url(re.compile("/cases/"))
    page.wait_for_function(
        "() => document.querySelector('#word')?.textContent.includes('批准')", timeout=60_000
    )


def apply(camera: Camera, persona: str) -> str:
    """Hand in an application for an officer; returns its number, when an officer has it."""
    page = camera.citizen(persona)
    fill(page, camera.url)
    check(page)
    if persona.startswith("graduate_"):
        page.check("input[name=by_person][value='1']")
    page.locator("button[value=submit]").click()
    page.wait_for_url(re.compile("/cases/"))
    page.wait_for_function("() => !document.querySelector('.sign.pulse')", timeout=60_000)
    number = page.url.rstrip("/").rpartition("/")[2]
    page.context.close()
    return number


def fill(page: Page, url: str) -> None:
    page.goto(f"{url}/services/graduate_settlement/apply/")
    page.select_option("select", "440305")
    address = page.locator(".hint .chip").first.inner_text()
    page.locator("input[name='/address']").fill(address)


def check(page: Page) -> None:
    """Go on to the page that shows all of it, and tick what must be declared."""
    page.locator("button[value=check]").click()
    page.wait_for_load_state()
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
