"""A file in Chromium on a phone, through all processes: asked for, chosen, read, granted."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from approvals.models import Application
from materials.models import Material
from tests.approvals.cases import places
from tests.materials.files import GOOD
from tests.portal.desk_browser import AtDesk, graves
from tests.portal.test_browser import accessible, become, fits, word
from tests.waiting import eventually

pytestmark = pytest.mark.browser


def test_a_dwellers_consent_from_a_phone_to_the_licence(
    stack: Any, page: Any, desk: Callable[..., AtDesk], tmp_path: Path
) -> None:
    paper = tmp_path / "同意书.pdf"
    paper.write_bytes(GOOD["a PDF"])
    page.set_viewport_size({"width": 390, "height": 844})
    become(page, stack.url, "trader")
    page.goto(f"{stack.url}/services/sole_trader/apply/")
    assert page.locator("input[type=file]").count() == 0
    page.fill("[name='/trade_name']", "栖迟")
    page.locator("[name='/scope'][value=F5299]").first.evaluate("box => box.click()")
    page.fill("[name='/premises']", next(places("residential")).code)
    page.fill("[name='/employees']", "1")
    page.click(".buttons button[value=check]")
    page.wait_for_selector("#asks")
    accessible(page)
    fits(page)
    page.set_input_files("#f-owners_consent", paper)  # it is sent by itself
    page.wait_for_selector(".files li")
    assert "同意书.pdf" in page.inner_text(".files") and Material.objects.count() == 1
    accessible(page)
    fits(page)
    shot(page, "form")
    with page.expect_popup() as opened:
        page.click(".files a")
    opened.value.wait_for_load_state()
    pictures = opened.value.locator("figure img")
    assert pictures.count() == 2
    assert eventually(lambda: pictures.first.evaluate("i => i.naturalWidth") > 300, 20)
    accessible(opened.value)
    fits(opened.value)
    shot(opened.value, "file")
    opened.value.close()
    page.click(".buttons button[value=check]")
    page.wait_for_selector("button[value=submit]")
    assert "同意书.pdf" in page.inner_text("main")
    accessible(page)
    fits(page)
    shot(page, "check")
    for box in page.query_selector_all("main input[type=checkbox]"):
        box.check()
    page.click("button[value=submit]")
    page.wait_for_url("**/cases/**")
    number = page.inner_text(".reference")
    case = Application.objects.filter(number=number)
    assert eventually(lambda: case.get().state == "review", 30)

    clerk = desk("clerk-market")
    clerk.case(number).press("take")
    section = clerk.page.locator("#materials")
    section.locator("summary").first.click()
    seen = section.locator("img.page").first
    assert eventually(lambda: seen.evaluate("i => i.naturalWidth") > 300, 20)
    assert list(graves(clerk.page)) == []
    shot(clerk.page, "desk")
    section.locator("[name=shows][value=yes]").check()
    section.locator("[name=reason]").fill("三户业主均已签字，与不动产登记一致")
    section.locator("button[value=find_in_materials]").click()
    clerk.page.wait_for_selector("#materials .bar strong")
    assert "能够证明" in section.inner_text()
    clerk.decide("approve", reason="有利害关系的业主均已同意")
    word(page, "已批准", 40)


def shot(page: Any, name: str) -> None:
    """Keep a picture where somebody has asked for them."""
    if folder := os.environ.get("MIAOPI_SHOTS"):
        page.screenshot(path=f"{folder}/material-{name}.png", full_page=True)
