"""The list of cases by keyboard, in Chromium: move, open, take, search; nothing while typing."""

import pytest

from tests.portal.test_browser import at_the_desk
from tests.portal.test_desk import number
from tests.portal.visitor import graduate, submit

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_a_clerk_moves_searches_and_takes_by_keys(browser, stack, visitor, home):
    from approvals.models import Application

    cases = [submit(graduate(visitor(), who, home)) for who in ("degree_missing", "criminal")]
    page = at_the_desk(browser, stack.url, "clerk-hrss")
    faults: list[str] = []
    page.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
    page.goto(f"{stack.url}/desk/approvals/application/")
    focused = "document.activeElement.textContent.trim()"
    listed = page.eval_on_selector_all(
        "#result_list [data-case]", "all => all.map(e => e.innerText)"
    )
    assert sorted(listed) == sorted(map(number, cases))
    for key, at in (("j", 0), ("j", 1), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(focused) == listed[at], key
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("j")  # not behind the dialog
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "searchbar"
    page.keyboard.type("jkt?")
    assert page.input_value("#searchbar") == "jkt?" and not page.is_visible("#keys")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("t")
    page.wait_for_url("**/change/**")
    taken = Application.objects.get(number=listed[0]).taken_by
    assert taken is not None and taken.username == "clerk-hrss"
    page.goto(f"{stack.url}/desk/approvals/application/")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/**")
    assert listed[1] in page.inner_text("main.desk")
    assert faults == []
