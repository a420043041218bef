"""The same journeys in Chromium: with a phone, a keyboard, large type, or no JavaScript."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from demo import accounts

pytestmark = pytest.mark.browser


@pytest.fixture
def console(page) -> list[str]:
    """What the browser complains of: blocked styles, blocked scripts, missing files."""
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    return said


def accessible(page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], page.url


def fits(page) -> None:
    # asked within one document: a page that is just arriving has no element yet
    measured = page.wait_for_function(
        "document.readyState === 'complete'"
        " && [document.documentElement.scrollWidth, window.innerWidth]"
    )
    width, room = measured.json_value()
    assert width <= room, page.url


def become(page, site: str, persona: str) -> None:
    page.goto(f"{site}/login/")
    page.click(f"button[value={persona}]")


def fill(page, site: str, address: str) -> None:
    """As far as the check page; in 长辈版 there is one question a page."""
    page.goto(f"{site}/services/graduate_settlement/apply/")
    onward = page.locator(".buttons button[value=next], .buttons button[value=check]")
    is_elder = onward.get_attribute("value") == "next"
    page.select_option("select", "440305")
    if is_elder:
        onward.click()
    page.fill("input[name='/address']", address)
    onward.click()
    if is_elder:
        page.wait_for_selector("input[name='/phone']")
        onward.click()


def submit(page) -> None:
    for box in page.query_selector_all("main input[type=checkbox]"):
        box.check()
    page.click("button[value=submit]")
    page.wait_for_url("**/cases/**")


def word(page, text: str, seconds: int = 30) -> None:
    """Wait until the verdict's band says so, without reloading."""
    page.wait_for_function(
        "text => document.querySelector('#word')?.textContent.includes(text)",
        arg=text,
        timeout=seconds * 1000,
    )


def walk(page, site: str, home: str):
    """Open every kind of page, one after another."""
    public = ("/", "/login/", "/services/sole_trader/", "/about/", "/nothing/", "/verify/")
    found = ("/?q=开店", "/?q=护照", "/life/birth/", "/privacy/")
    for path in (*public, *found):
        page.goto(site + path)
        yield
    become(page, site, "graduate")
    for path in ("/cases/", "/wallet/", "/services/graduate_settlement/wrong/level/"):
        page.goto(site + path)
        yield
    page.goto(f"{site}/services/sole_trader/apply/")
    yield
    page.locator(".buttons button").first.click()  # empty: the error summary
    yield
    page.goto(f"{site}/qualify/")
    yield
    page.click("button[name=agree]")
    yield
    page.goto(f"{site}/services/limited_company/apply/")  # in parts
    yield
    if not page.locator("details.tasks[open]").count():
        page.click("details.tasks > summary")
    page.click("button[name=go][value=scope]")
    page.fill("input[name='find/scope']", "yyrj")
    page.locator("fieldset.found").wait_for()
    yield
    page.click("details.tasks > summary")
    page.click("button[name=go][value=capital]")
    page.click("button[name=more]")
    yield
    fill(page, site, "440305-0000000")
    yield
    submit(page)
    word(page, "请补正")
    yield
    page.click("a[href$='/correct/']")
    page.wait_for_url("**/correct/")
    yield
    page.fill("input[name='/address']", home)
    page.click("main .buttons button")
    word(page, "已批准")
    yield
    if page.locator("details#remedy").count():
        page.click("#remedy > summary")
        yield
    page.click("a[href$='/contest/']")
    page.wait_for_url("**/contest/")
    yield
    page.goto(f"{site}/wallet/")
    yield


def test_no_page_has_an_accessibility_fault_or_breaks_the_policy(stack, page, console, home):
    for _ in walk(page, stack.url, home):
        accessible(page)
        fits(page)
    assert [c for c in console if "404" not in c and "422" not in c] == []


def test_large_type_fits_the_smallest_phone(stack, page, home):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(stack.url)
    page.click("button[name=on]")
    page.wait_for_function("getComputedStyle(document.body).fontSize === '21px'")
    for _ in walk(page, stack.url, home):
        fits(page)
    small = page.evaluate(
        """[...document.querySelectorAll('main a.button, main button, nav a, .tools button')]
           .map(e => [e.textContent.trim(), e.getBoundingClientRect().height])
           .filter(([, height]) => height < 44)"""
    )
    assert small == []


def test_by_keyboard_alone(stack, page, home):
    become(page, stack.url, "graduate")
    page.goto(f"{stack.url}/services/graduate_settlement/apply/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")

    def forward(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"{selector} was not reached by Tab")

    forward("select")
    for _ in range(3):  # after "please choose": 罗湖, 福田, 南山
        page.keyboard.press("ArrowDown")
    forward("input[name='/address']")
    page.keyboard.type(home)
    page.keyboard.press("Enter")
    page.wait_for_selector("button[value=submit]")
    forward("main input[type=checkbox]")
    page.keyboard.press("Space")
    forward("button[value=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    word(page, "已批准")


def test_the_error_summary_takes_focus_and_leads_to_the_field(stack, page):
    become(page, stack.url, "graduate")
    page.goto(f"{stack.url}/services/graduate_settlement/apply/")
    page.click("button[value=check]")
    assert page.evaluate("document.activeElement.id") == "problems"
    page.click("#problems li:first-child a")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"


def test_a_double_click_makes_one_case(stack, page, home):
    become(page, stack.url, "graduate")
    fill(page, stack.url, home)
    for box in page.query_selector_all("main input[type=checkbox]"):
        box.check()
    page.dblclick("button[value=submit]")
    page.wait_for_url("**/cases/**")
    page.goto(f"{stack.url}/cases/")
    assert page.locator("main [aria-labelledby=all] li.card").count() == 1


def at_the_desk(browser, site, username):
    """Return a page with the first case of the queue, opened by an officer."""
    officer = browser.new_context(locale="zh-CN").new_page()
    officer.goto(f"{site}/desk/")
    officer.fill("[name=username]", username)
    officer.fill("[name=password]", accounts.password())
    officer.click("button[type=submit]")
    officer.goto(f"{site}/desk/approvals/application/")
    officer.click("#result_list tbody th a")
    return officer


def test_the_page_changes_by_itself_when_the_officer_decides(stack, page, browser, home):
    become(page, stack.url, "degree_missing")
    fill(page, stack.url, home)
    submit(page)
    word(page, "工作人员办理中")
    clerk = at_the_desk(browser, stack.url, "clerk-hrss")
    clerk.click("button[value=take]")
    clerk.click("a[href*='move=propose_approval']")
    clerk.fill("#reason", "已核对学位证书原件，与学校出具的书面证明一致")
    clerk.click("button[value=propose_approval]")
    clerk.wait_for_selector("#proposal")
    second = at_the_desk(browser, stack.url, "clerk-hrss-2")  # a condition is not met
    second.click("button[value=confirm_approval]")
    second.wait_for_selector(".state:has-text('已批准')")
    for officer in (clerk, second):
        officer.context.close()
    word(page, "已批准")
    assert page.text_content("#spoken").startswith("已批准")
    assert page.get_attribute("#case", "hx-get") is None  # it asks no more


def test_without_javascript_the_page_reloads_itself(stack, browser, home):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    stack.stop("engine")
    become(page, stack.url, "graduate")
    fill(page, stack.url, home)
    submit(page)
    assert "正在核验" in page.text_content("#word")
    stack.start("engine")
    page.wait_for_selector(".band.ok", timeout=40_000)
    assert "已批准" in page.text_content("#word")
    context.close()


def test_a_decision_is_a_light_page(stack, page, home):
    become(page, stack.url, "graduate")
    fill(page, stack.url, home)
    submit(page)
    word(page, "已批准")
    sizes: dict[bool, int] = {True: 0, False: 0}  # of pictures, of all else

    def add(answer):
        sizes[answer.headers.get("content-type") == "image/png"] += len(answer.body())

    page.on("response", add)
    page.reload(wait_until="networkidle")
    assert sizes[False] < 60_000  # bytes, before compression
    assert sizes[True] == 0  # the certificate's picture is behind a tap
    page.remove_listener("response", add)
    with page.expect_response("**/*.png") as picture:
        page.click("details:has(.thumb) > summary")
    assert 0 < len(picture.value.body()) < 110_000
    page.wait_for_function("document.querySelector('.thumb img').naturalWidth > 600")
