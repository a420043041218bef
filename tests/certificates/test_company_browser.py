"""On a phone: one form founds a company, one licence comes, and its filings arrive one by one."""

import pytest

from benchmarks.departments import announce, departments
from certificates.models import Certificate
from tests.approvals.cases import person, places
from tests.certificates.test_browser import shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WAITING, ACCEPTED, RETURNED = "已推送，待回执", "已接收", "被退回，工作人员处理中"


def narrow(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, page.url


def chips(page):
    return page.locator("#filings .chip").all_inner_texts()


def fill_in(page, site):
    """What the form asks at first; ticking imports and exports opens the customs' block."""
    founder = person("trader")
    page.goto(f"{site}/services/limited_company/apply/")
    page.check("input[name='/kind'][value=company]")
    page.fill("input[name='/trade_name']", "栖云澄")
    go_on(page)
    page.fill("input[name='find/scope']", "软件")  # found while it is typed
    page.check("fieldset.found input[value=I6513]")
    shoot(page, "company-scope")
    go_on(page)
    who = {"name": founder.name, "number": founder.number}
    for name, text in {
        "/capital": "1000000",
        "/paid_by": "2029-07-01",
        **{f"/investors/0/{field}": text for field, text in who.items()},
        "/investors/0/capital": "1000000",
    }.items():
        page.fill(f"input[name='{name}']", text)
    shoot(page, "company-form")
    go_on(page)
    for field, text in who.items():
        page.fill(f"input[name='/directors/0/{field}']", text)
    go_on(page)
    page.fill("input[name='/premises']", next(places("commercial")).code)
    page.fill("input[name='/employees']", "2")
    go_on(page)
    page.check("input[name='/seal']")
    page.check("input[name='/trade_abroad']")


def go_on(page):
    narrow(page)
    page.click("button.button[value=next]")


def test_one_form_one_licence_and_its_filings_arrive(stack, page, tmp_path, monkeypatch):
    page.goto(f"{stack.url}/login/")
    page.click("button[value=trader]")
    fill_in(page, stack.url)
    assert page.locator("[name^='/filings/']").count() == 0
    go_on(page)
    opened = page.locator("[name^='/filings/']").evaluate_all("all => all.map(one => one.name)")
    assert opened == ["/filings/customs/contact", "/filings/customs/phone"]
    shoot(page, "company-block")
    page.fill("input[name='/filings/customs/contact']", "周八")
    page.fill("input[name='/filings/customs/phone']", "13800138000")
    go_on(page)
    narrow(page)
    shoot(page, "company-check")
    for box in page.query_selector_all("main input[type=checkbox]"):
        box.check()
    page.click("button[value=submit]")
    page.wait_for_url("**/cases/**")
    page.locator("#word", has_text="已批准").wait_for(timeout=30_000)
    shoot(page, "company-approved")
    number = page.url.rstrip("/").rpartition("/")[2]
    licence = Certificate.objects.get(application=number)
    page.goto(f"{stack.url}/certificates/{licence.public_id}/")
    assert chips(page) == [WAITING] * 8
    monkeypatch.setenv("KEYS_DIR", stack.env["KEYS_DIR"])
    monkeypatch.setenv("SITE_URL", stack.url)
    chip = page.locator("#filings .chip")
    with departments(tmp_path) as addresses:  # the page stays open, and no one touches it
        announce("police", addresses.pop("police"))
        chip.filter(has_text=ACCEPTED).wait_for(timeout=20_000)
        assert sorted(chips(page)) == sorted([ACCEPTED] + [WAITING] * 7)
        announce("housing_fund", addresses.pop("housing_fund"))
        chip.filter(has_text=RETURNED).wait_for(timeout=20_000)
        assert sorted(chips(page)) == sorted([ACCEPTED, RETURNED] + [WAITING] * 6)
        for code, address in addresses.items():
            announce(code, address)
        chip.filter(has_text=ACCEPTED).nth(4).wait_for(timeout=20_000)
    assert sorted(chips(page)) == sorted([ACCEPTED] * 5 + [RETURNED] + [WAITING] * 2)
    assert page.get_by_text("登记内容与本部门记录不一致").count() == 1
    narrow(page)
    shoot(page, "company-filings")
    page.goto(f"{stack.url}/verify/{licence.public_id}")
    assert page.locator(".band h1").inner_text() == "有效"
