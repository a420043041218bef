"""Every page of the desk in Chromium: nothing that keeps somebody out, and no sideways scrolling.

With ``--full`` alone: what a clerk sees most is looked at on every run (test_desk_journeys.py).
"""

from collections.abc import Iterator
from typing import Any

import pytest

from demo import accounts
from tests.portal.desk_browser import PHONE, WIDE, AtDesk, cookies_of, graves
from tests.portal.test_every_page import addresses, first_pages, made_cases

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EACH = {"admin:index", "admin:approvals_application_changelist"}  # which differ by who sees them
EACH |= {"admin:approvals_application_change"}
OFFICERS = tuple({o.role: o.username for o in reversed(accounts.OFFICERS)}.values())


def too_wide(page: Any) -> Iterator[str]:
    width, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    if width > room:
        yield f"{width} pixels of {room}"


@pytest.mark.full
def test_no_page_of_the_desk_keeps_anybody_out(stack: Any, browser: Any) -> None:
    made_cases(stack)
    pages = {name: found for name, found in addresses().items() if name.startswith("admin:")}
    faults, opened = list[str](), set[str]()
    for username in ("", *OFFICERS):
        cookies = cookies_of(username, stack.url)
        wide, phone = (AtDesk(browser, stack.url, username, size) for size in (WIDE, PHONE))
        for name, path in first_pages(stack.url, pages, cookies, opened - EACH):
            opened.add(name)
            for officer, look in ((wide, graves), (phone, too_wide)):
                officer.open(path)
                faults += [f"{username} {path}: {fault}" for fault in look(officer.page)]
        wide.close()
        phone.close()
    assert faults == [], "\n".join(faults)
    assert len(opened) > 30, opened
