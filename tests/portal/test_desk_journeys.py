"""The desk in Chromium with all processes: officers of several roles, and the citizen's open page.

One journey through most of what a clerk does is part of every run, the others of a full one
(`--full`): what each button permits and refuses is tested without a browser, beside its action.
"""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from approvals.models import Application, SampleReview
from certificates.models import Certificate
from ledger.clock import city_date, now
from ledger.models import Event
from people.models import Reading
from tests.approvals.cases import places
from tests.approvals.cases import submit as submit_case
from tests.approvals.sampling import month
from tests.approvals.test_persons import FOUNDER, INDEBTED, company
from tests.portal.desk_browser import AtDesk, cookies_of, graves
from tests.portal.test_browser import become, fill, submit, word
from tests.waiting import eventually

pytestmark = pytest.mark.browser

WHY = "已核对原件并电话联系申请人，情况属实，记录在案"
Enter = Callable[..., AtDesk]


def opened_case(page: Any, stack: Any, persona: str, home: str) -> str:
    """Apply as a citizen on a phone; returns the number of the case, whose page stays open."""
    become(page, stack.url, persona)
    fill(page, stack.url, home)
    submit(page)
    return str(page.url).rstrip("/").rpartition("/")[2]


def asked_for_a_person(*personas: str) -> list[str]:
    """Apply for what nothing is against and an officer is to decide; returns the numbers."""
    made = [submit_case(persona, by_person=True) for persona in personas]
    waiting = Application.objects.filter(pk__in=[case.pk for case in made], state="review")
    assert eventually(lambda: waiting.count() == len(made), 30)
    return [case.number for case in made]


def downloaded(page: Any, link: str) -> bytes:
    with page.expect_download() as found:
        page.click(link)
    return Path(found.value.path()).read_bytes()


def kinds(number: str) -> list[str]:
    case = Application.objects.get(number=number)
    return list(
        Event.objects.filter(subject=case.subject).order_by("seq").values_list("kind", flat=True)
    )


def test_from_the_queue_to_a_refusal_on_the_open_page_of_the_citizen(
    stack: Any, page: Any, desk: Enter, home: str
) -> None:
    number = opened_case(page, stack, "degree_missing", home)
    word(page, "工作人员办理中")
    first, second = desk("clerk-hrss"), desk("clerk-hrss-2")
    supervisor, district = desk("supervisor-hrss"), desk("clerk-hrss-nanshan")

    # the first case of the list is taken with two keys, and is nobody else's then
    assert first.queue() == district.queue() == [number]
    assert list(graves(first.page)) == []
    first.page.keyboard.press("j")
    first.page.keyboard.press("t")
    first.page.wait_for_url("**/change/")
    assert {"refuse", "return_", "release"} <= first.offered()
    assert list(graves(first.page)) == []
    assert second.case(number).offered() == set()
    assert "李敏" in second.page.inner_text("#panel")

    # who is absent has it no longer
    supervisor.open("/desk/approvals/application/away/")
    absent = supervisor.page.locator("form:has(input[name=officer][value=clerk-hrss])")
    absent.locator("[name=until]").fill((city_date(now()) + dt.timedelta(days=3)).isoformat())
    absent.locator("button[value=away]").click()
    supervisor.page.wait_for_selector("button[value=back]")
    assert "take" not in first.case(number).offered()
    assert "离岗" in first.page.inner_text("#panel")
    second.case(number).press("take")

    # two answers are opened, and no other can be changed
    second.decide("return_", reason="请更正住址，并留下电话", opened=("/address", "/phone"))
    assert second.state() == "待补正"
    word(page, "请补正")
    page.click("a[href$='/correct/']")
    page.wait_for_url("**/correct/")
    fields = page.locator("main section.card [name^='/']").all()
    assert [field.get_attribute("name") for field in fields] == ["/address", "/phone"]
    page.evaluate(
        """document.querySelector('main form').insertAdjacentHTML(
             'beforeend', '<input type="hidden" name="/district" value="440304">')"""
    )
    page.click("main .buttons button")
    page.wait_for_selector("#problems")  # and nothing was handed in
    page.goto(f"{stack.url}/cases/{number}/correct/")
    page.fill("input[name='/phone']", "13800000000")
    page.click("main .buttons button")
    word(page, "工作人员办理中")
    answers = Application.objects.get(number=number).answers
    assert (answers["phone"], answers["district"]) == ("13800000000", "440305")

    # a second return needs the supervisor, who does not permit it
    if "take" in second.case(number).offered():
        second.press("take")
    assert "return_" not in second.offered()
    second.decide("ask_second_return", reason="仍缺学校出具的学历证明，首次告知时遗漏")
    supervisor.case(number)
    supervisor.page.fill("#permission", "应当一次性告知，请依现有材料办理")
    supervisor.press("deny_second_return")
    assert "return_" not in second.case(number).offered()

    # a refusal is looked at once more, and then stands on the citizen's page, with its document
    second.decide("refuse", reason="学历证书经核实不存在", law="本市人才引进办法")
    assert second.state() == "不予批准"
    word(page, "不予批准")
    assert "学历证书经核实不存在" in page.inner_text("main")
    paper = downloaded(page, "#documents li:last-child a")
    assert paper.startswith(b"%PDF-") and len(paper) > 10_000
    assert downloaded(second.page, "#documents li:last-child a") == paper
    found = kinds(number)
    assert found[:6] == ["submitted", "handed_over", "taken", "released", "taken", "returned"]
    assert "refused" in found


@pytest.mark.full
def test_equal_cases_together_one_alone_and_an_error_of_ours_corrected(
    stack: Any, page: Any, desk: Enter
) -> None:
    numbers = asked_for_a_person("graduate_23", "graduate_25", "graduate_27")
    page.context.add_cookies(cookies_of("graduate_23", stack.url))
    page.goto(f"{stack.url}/cases/{numbers[0]}/")
    word(page, "工作人员办理中")
    first, second, auditor = desk("clerk-hrss"), desk("clerk-hrss-2"), desk("auditor")

    assert set(first.queue()) == set(numbers)
    for number in numbers[:2]:
        first.page.check(f"tr:has-text('{number}') input.action-select")
    first.page.select_option("select[name=action]", "together")
    first.page.click("button[name=index]")
    first.page.wait_for_selector("#reason")
    assert list(graves(first.page)) == []
    first.page.fill("#reason", WHY)
    first.press("approve")
    assert first.queue() == numbers[2:]
    word(page, "已批准")

    first.case(numbers[2]).press("take").decide("approve", reason=WHY)
    assert first.state() == "已批准"
    first.case(numbers[2]).decide("reopen", reason="发现住址登记有误，应当重新核对后再作决定")
    assert Certificate.objects.get(application=numbers[2]).state == "suspended"
    assert first.case(numbers[2]).offered() == set()  # whoever decided does not decide again
    second.case(numbers[2]).press("take").decide("approve", reason="已重新核对住址，准予办理")
    assert second.state() == "已批准"
    assert Certificate.objects.filter(application=numbers[2], state="valid").count() == 1

    name = Application.objects.get(number=numbers[0]).applicant_name
    auditor.case(numbers[0])
    assert name not in auditor.page.content() and auditor.offered() == set()
    auditor.page.click("#unmask summary")
    auditor.page.fill("#unmask-why", "核查批量办理的程序是否合规")
    auditor.page.click("#unmask button")
    auditor.page.wait_for_selector("#unmasked")
    assert auditor.page.inner_text("main.desk h1").startswith(name)
    assert name not in auditor.case(numbers[0]).page.content()
    assert Reading.objects.filter(subject=numbers[0], reason__contains="批量办理").exists()


@pytest.mark.full
def test_an_approval_against_the_verdict_is_proposed_and_confirmed_by_two(
    stack: Any, page: Any, desk: Enter, home: str
) -> None:
    number = opened_case(page, stack, "degree_missing", home)
    word(page, "工作人员办理中")
    first, second = desk("clerk-hrss"), desk("clerk-hrss-2")
    first.case(number).press("take")
    assert "approve" not in first.offered() and "propose_approval" in first.offered()
    first.decide("propose_approval", reason=WHY)
    assert first.state() == "工作人员办理中"
    assert "confirm_approval" not in first.case(number).offered()
    assert WHY not in page.inner_text("main")
    assert list(graves(second.case(number).page)) == []
    assert WHY in second.page.inner_text("main")
    second.press("confirm_approval")
    assert second.state() == "已批准"
    word(page, "已批准")
    assert Certificate.objects.get(application=number).state == "valid"
    decided = Event.objects.get(subject__contains=number, kind="approved")
    assert decided.by == "officer:clerk-hrss-2"


@pytest.mark.full
def test_a_refusal_that_a_legal_officer_reads_first(stack: Any, desk: Enter) -> None:
    shop = next(place for place in places("commercial") if place.region != "440304")
    number = company(directors=(FOUNDER, INDEBTED), premises=shop.code).number
    assert eventually(lambda: Application.objects.get(number=number).state == "review", 20)
    clerk, legal = desk("clerk-market"), desk("legal-market")
    head, futian = desk("head-market"), desk("clerk-market-futian")
    assert futian.queue() == []  # of another district
    assert legal.queue() == []
    clerk.case(number).press("take")
    assert "refuse" not in clerk.offered()
    clerk.decide("propose_refusal", reason="董事被列为失信被执行人", law="公司法 §178")
    legal.open("/desk/").page.click(".tiles a")
    legal.page.wait_for_selector("[data-case]")
    assert legal.page.locator("[data-case]").all_inner_texts() == [number]
    legal.page.click("#result_list tbody th a")
    legal.page.fill("#opinion", "事实清楚，依据正确，程序合法，同意")
    legal.press("agree_review")
    assert clerk.case(number).state() == "不予批准"
    assert downloaded(clerk.page, "#documents li:last-child a").startswith(b"%PDF-")
    assert head.open("/desk/approvals/application/numbers/").page.inner_text("main").count("%")


@pytest.mark.full
def test_an_approval_is_drawn_found_false_by_two_and_counted(stack: Any, desk: Enter) -> None:
    for name in ("engine", "worker"):  # the month is made, and decided, by this process
        stack.stop(name)
    month.drawn(3)
    review = SampleReview.objects.filter(is_control=False, reviewer__region=None)[0]
    names = {"clerk-hrss", "clerk-hrss-2"}
    first = desk(review.reviewer.username)
    second = desk((names - {review.reviewer.username}).pop())
    supervisor = desk("supervisor-hrss")

    first.open("/desk/approvals/samplereview/").page.click(f"a[href*='{review.pk}']")
    assert not first.page.locator("#verdict").count()
    assert list(graves(first.page)) == []
    first.page.check("input[name=answer][value=reject]")
    first.page.check("input[name=condition][value=same_name]")
    first.page.fill("#reason", "户籍与学历证书上的姓名不是同一人，原件核对不符")
    first.page.click("aside form button")
    first.page.wait_for_selector("#verdict")
    first.page.click("#opinion a[href*=samplefinding]")
    first.page.wait_for_selector("aside .box")
    assert not first.page.locator("button[value=confirm]").count()
    second.open("/desk/approvals/samplefinding/").page.click("#result_list tbody th a")
    second.page.fill("#reason", "已向学校核实，发现成立，原批准有误")
    second.page.select_option("#ground", "unqualified")
    second.page.click("button[value=confirm]")
    second.page.wait_for_selector(".state:has-text('属误批')")
    supervisor.open("/desk/approvals/sampledraw/")
    assert supervisor.page.locator("svg .point").count()
    assert "1" in supervisor.page.inner_text("tr.overall .over")
