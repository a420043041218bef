"""A policy officer changes a rule in Chromium by keyboard: lint, a case by both, sent on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread

from ledger.clock import city_date, now
from people import rights
from people.models import User
from services.models import Draft, Proposal
from tests import officers
from tests.portal.desk_browser import PHONE, WIDE, AtDesk, graves
from tests.services.editions import published
from tests.services.packs import text

pytestmark = pytest.mark.browser
Enter = Callable[..., AtDesk]
VALUE = "#f-parameters-eighty-\\:value"


@pytest.fixture
def desk(committed: None, browser: Any) -> Iterator[Enter]:
    """A policy officer at the desk of a web process of this test's own."""
    rights.write_groups()
    officers.make("policy", User.Role.POLICY)
    published(text("old_age_allowance"), now(), file="old_age_allowance.yaml")
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert server.error is None
    made: list[AtDesk] = []

    def enter(size: tuple[int, int] = WIDE) -> AtDesk:
        made.append(AtDesk(browser, f"http://127.0.0.1:{server.port}", "policy", size))
        return made[-1]

    yield enter
    for officer in made:
        officer.close()
    server.terminate()


def has_text(page: Any, element: str, text: str) -> None:
    """Wait until an element has a text."""
    page.locator(element).filter(has_text=text).wait_for()


def test_an_officer_moves_a_threshold_and_sends_it_for_review(desk: Enter) -> None:
    officer = desk().open("/desk/services/draft/begin/")
    page = officer.page
    page.select_option("#service", "old_age_allowance")
    page.locator("#service").press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#card-f-parameters-eighty")
    assert list(graves(page)) == []

    # a person of 79 is referred by the edition in force, and by the draft
    page.locator(".case summary").press("Enter")
    page.fill("#as_of", "2027-07-15")
    page.fill("#c-born", "1947-07-16")
    page.wait_for_selector("#live #outcome-draft.refer")

    # lint as one types, at the field
    page.locator("#card-f-parameters-eighty details summary").press("Enter")
    page.fill("#f-parameters-eighty-\\:on", "2027-01-01")
    page.locator(VALUE).press_sequentially("P79")
    page.wait_for_selector(f"{VALUE}[aria-invalid=true]")
    page.locator(VALUE).press_sequentially("Y")
    page.wait_for_selector("#live .fine")
    page.wait_for_selector("#live #outcome-draft.approve")
    assert page.locator("#live #outcome-live.refer").count() == 1
    page.locator(VALUE).press("Enter")  # saves, and presses no other button
    page.wait_for_selector("#f-parameters-eighty-2027-01-01")
    draft = Draft.objects.get()
    assert "    2018-01-01: P80Y\n    2027-01-01: P79Y\n" in draft.source

    officer.open(f"/desk/services/draft/{draft.pk}/edit/requirements/")
    must = page.locator("#f-requirements-0-must")
    must.press("End")
    must.press_sequentially(" and hukou_r")
    page.wait_for_selector("#suggestions li")
    must.press("ArrowDown")
    must.press("Enter")
    assert must.input_value() == "alive and hukou_region"
    page.wait_for_selector("#f-requirements-0-must[aria-invalid=true]")  # it is no yes or no
    assert list(graves(page)) == []

    officer.open(f"/desk/services/draft/{draft.pk}/edit/terms/")
    page.fill("#f-in_force_from", str(city_date(now())))
    page.locator("#f-in_force_from").press("Enter")
    page.wait_for_selector(".drafts")
    officer.open(f"/desk/services/draft/{draft.pk}/change/")
    has_text(page, ".diff .added", "2027-01-01: P79Y")
    assert list(graves(page)) == []
    page.locator("#propose button.main").press("Enter")
    page.wait_for_selector("main .bar")
    assert Proposal.objects.get(state="proposed").source == Draft.objects.get().source


@pytest.mark.full
@pytest.mark.parametrize("section", ["parameters", "tables", "requirements", "texts", "raw"])
def test_the_forms_fit_a_phone(desk: Enter, section: str) -> None:
    officer = desk(PHONE).open("/desk/services/draft/begin/")
    page = officer.page
    page.select_option("#service", "old_age_allowance")
    page.locator("#service").press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#part")
    officer.open(f"/desk/services/draft/{Draft.objects.get().pk}/edit/{section}/")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE[0]
    assert list(graves(page)) == []
