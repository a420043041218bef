"""A proprietor on a phone: acts for the shop, files for it, and is themselves again."""

from typing import Any

import pytest

from tests.portal.desk_browser import graves
from tests.portal.enterprises import SHOP, owned
from tests.portal.test_browser import become

pytestmark = pytest.mark.browser


def test_a_shop_files_on_a_phone_and_its_name_is_on_every_page(stack: Any, page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    become(page, stack.url, SHOP)
    name = owned(SHOP).name

    def look(path: str = "") -> None:
        if path:
            page.goto(stack.url + path)
        assert list(graves(page)) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert name in page.inner_text(".acts")
        assert name not in page.url

    page.goto(f"{stack.url}/services/food_filing/apply/")
    assert "/acting/" in page.url and list(graves(page)) == []
    page.click("main button[name=enterprise]")
    look()
    page.fill("[name='/premises']", "440305-0000000")
    page.check("[name='/food'][value=prepackaged]")
    page.fill("[name='/contact_phone']", "13800138000")
    page.click("button[value=check]")
    page.wait_for_selector("button[value=submit]")
    look()
    page.click("button:has-text('恢复本人身份')")
    page.goto(f"{stack.url}/services/food_filing/apply/")
    page.click("main button[name=enterprise]")
    assert page.is_checked("[name='/food'][value=prepackaged]")  # its draft
    for path in ("/", "/cases/", "/messages/", "/wallet/", "/mandates/", "/qualify/"):
        look(path)
    page.goto(f"{stack.url}/services/graduate_settlement/apply/")
    page.click("main .buttons button")
    assert page.locator(".acts").count() == 0
