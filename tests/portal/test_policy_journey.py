"""A rule's whole way in Chromium, by four officers: changed, tried, reviewed, live, rolled back."""

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from approvals.models import Application, Decision
from ledger.clock import city_date, now
from people.models import Reading, User
from services.models import Edition, Proposal, Trial
from tests import officers
from tests.approvals import planted
from tests.approvals.cases import graduates
from tests.approvals.test_trials import in_force
from tests.portal.desk_browser import PHONE, WIDE, AtDesk, graves
from tests.portal.test_suspension_journey import settled

pytestmark = [pytest.mark.browser, pytest.mark.full]
SHOTS = os.environ.get("POLICY_SHOTS")  # a folder: pictures of each step, wide and narrow
CAP, CASES = 24, 600
DAYS = 80  # before today: since then the cap is another, in cases received since then


def shoot(officer: AtDesk, name: str) -> None:
    """Nothing is wider than the page, nothing keeps anybody out of it; pictures on wish."""
    page = officer.page
    for size in (PHONE, WIDE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{size[0]}.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], (name, width)
    assert list(graves(page)) == [], name


def stored(start: datetime.date) -> dict[str, tuple[str, str]]:
    """Store past cases; number of each that the cap changes: (before, after), in plain Python."""
    cases, changed = planted.lately(CASES, start, DAYS - 1), {}
    for place, facts in enumerate(cases):
        before = planted.outcome(facts, is_draft=False)
        born, day = (
            datetime.date.fromisoformat(facts.get(n, "9999-01-01")) for n in ("born", "as_of")
        )
        if before != "refer" and not planted.years_later(born, CAP) > day:
            changed[f"P{place:020d}"] = (before, "refer")
    planted.store(in_force(), cases, now())
    return changed


def review(officer: AtDesk, proposal: Proposal, words: str, name: str) -> None:
    """Read the one page, and approve the text on it."""
    page = officer.open(f"/desk/services/proposal/{proposal.pk}/change/").page
    text = page.inner_text("main")
    assert "结果不同" in text and "年龄上限" in page.inner_text("#differences")
    page.fill("#reason", words)
    shoot(officer, name)
    with page.expect_navigation():
        page.click("button[value=approve]")
    assert words in page.inner_text("#reviews")


def tried(page: Any) -> Trial:
    """Order what the page of the order offers, and wait for the end."""
    page.click("button[name=order]")
    page.wait_for_selector(".sum", timeout=180_000)  # the page asks again by itself
    trial = Trial.objects.order_by("-asked_at").first()
    assert trial is not None and (trial.state, trial.fault) == ("finished", "")
    return trial


def test_a_threshold_goes_live_by_four_officers_and_back(
    stack: Any, desk: Callable[..., AtDesk]
) -> None:
    today = city_date(now())
    start = today - datetime.timedelta(days=DAYS)
    for name, role, office in (
        ("pan-writes", User.Role.POLICY, None),
        ("han-law", User.Role.LEGAL, "hrss"),
        ("ding-tech", User.Role.TECHNICAL, None),
    ):
        officers.make(name, role, office_id=office)
    older = [i for i, one in enumerate(graduates()) if planted.years_later(one.born, CAP) <= today]
    assert len(older) >= 3
    assert settled(older[0]).state == "approved"
    expected, former = stored(start), in_force()
    assert len(expected) >= 10

    # the form: another value from a day on; the difference in words
    author = desk("pan-writes")
    page = author.open("/desk/services/draft/begin/").page
    page.select_option("#service", "graduate_settlement")
    shoot(author, "01-begin")
    with page.expect_navigation():
        page.locator("#service").press("Tab")
        page.keyboard.press("Enter")
    page.click("#card-f-parameters-age_cap details summary")
    page.fill("#f-parameters-age_cap-\\:on", str(start))
    page.fill("#f-parameters-age_cap-\\:value", f"P{CAP}Y")
    page.wait_for_selector("#live .fine")
    shoot(author, "02-threshold")
    page.locator("#f-parameters-age_cap-\\:value").press("Enter")
    page.wait_for_selector(f"#f-parameters-age_cap-{start}")
    page.click(".tabs a[href*='/terms/']")
    page.fill("#f-in_force_from", str(today))
    with page.expect_navigation():
        page.locator("#f-in_force_from").press("Enter")
    page.click(".tabs a:first-child")
    words = page.inner_text("#words")
    assert "年龄上限" in words and str(CAP) in words
    shoot(author, "03-draft")

    # the back-test, by a worker; three of its cases, masked and with a trace
    page.click("#trials a.button")
    shoot(author, "04-order")
    trial = tried(page)
    assert (trial.flips, trial.disagreements) == (len(expected), 0)
    shoot(author, "05-trial")
    for place in (1, 2, 3):
        page.click(f".cases a >> text=第 {place} 件")
        case = page.inner_text("main.trial")
        assert "某某" not in case and "440305-0001234" not in case and "年龄" in case
        shoot(author, f"06-case-{place}")
        page.go_back()
    traces = Reading.objects.filter(by="officer:pan-writes", kind=Reading.Kind.CASE)
    assert traces.count() == 3 and set(traces.values_list("subject", flat=True)) <= set(expected)

    # proposed; its author alone gets nowhere, nor by a button that the page does not have
    page.click(".screen a[href*='/draft/']")
    with page.expect_navigation():
        page.click("#propose button.main")
    page.click(".bar a[href*='/proposal/']")
    proposal = Proposal.objects.latest("pk")
    assert page.locator("button[value=approve]").count() == 0
    with page.expect_navigation():
        page.click("button[value=publish]")
    refused = page.inner_text("#problem")
    assert "法制审核人员" in refused and "技术审核人员" in refused
    shoot(author, "07-alone")
    page.fill("#reason", "自己同意")
    page.evaluate("document.querySelector('button[value=publish]').value = 'approve'")
    with page.expect_navigation():
        page.click("button[value=approve]")
    assert "不能审核自己提出的版本" in page.inner_text("#problem")
    assert page.input_value("#reason") == "自己同意"
    assert in_force() == former

    # two colleagues approve it in their own sessions, and it is published and live
    law, tech = desk("han-law"), desk("ding-tech")
    review(law, proposal, "依据办法第八条，年龄上限调整合法", "08-legal")
    review(tech, proposal, "参数与试算结果已核对，文本一致", "09-technical")
    author.open(f"/desk/services/proposal/{proposal.pk}/change/")
    shoot(author, "10-approved")
    with page.expect_navigation():
        page.click("button[value=publish]")
    shoot(author, "11-published")
    live = in_force()
    assert (live.number, live.in_force_from) == (former.number + 1, today)
    later = settled(older[1])
    assert (later.state, later.edition_id) == ("review", live.pk), "it decides by the new cap"
    decision = Decision.objects.get(application=settled_young(today))
    assert decision.outcome == "approve"

    # the former edition comes back, by a gate that asks for fewer days
    author.open(f"/desk/services/edition/{former.pk}/change/")
    page.click("a[href*='/rollback/']")
    page.fill("#reason", "新上限误伤应届博士，恢复旧版")
    shoot(author, "12-rollback")
    with page.expect_navigation():
        page.click("button.main")
    again = Proposal.objects.latest("pk")
    assert again.rollback_of == former
    page.click("#trials a.button")
    second = tried(page)
    assert second.first_day > trial.first_day and second.flips > 0
    shoot(author, "13-trial-of-rollback")
    review(law, again, "恢复原文本，合法", "14-legal")
    review(tech, again, "与旧版逐字相同", "15-technical")
    author.open(f"/desk/services/proposal/{again.pk}/change/")
    with page.expect_navigation():
        page.click("button[value=publish]")
    shoot(author, "16-back")
    restored = in_force()
    assert (restored.number, restored.rollback_of) == (live.number + 1, former)
    assert restored.source == former.source
    assert settled(older[2]).state == "approved", "it decides as before"
    assert Edition.objects.filter(service="graduate_settlement").count() == restored.number
    assert author.faults == law.faults == tech.faults == []


def settled_young(today: datetime.date) -> Application:
    """The case of somebody below the cap."""
    young = next(
        i for i, one in enumerate(graduates()) if planted.years_later(one.born, CAP) > today
    )
    return settled(young)
