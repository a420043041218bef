"""What the page of a case shows beside the decision: comparison, related rows, its queries."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import actions
from exchange.queries import Answer
from ledger.clock import now
from people import identity
from people.actors import Actor
from people.models import Reading
from tests import officers
from tests.approvals.cases import (
    CITY,
    answer_checks,
    citizen,
    decide,
    graduate_answers,
    person,
    places,
    settled,
    submit,
)  # fmt: skip
from tests.approvals.test_case_page import Page, taken
from tests.approvals.test_persons import FIT, FOUNDER, INDEBTED, PARTNER, company
from tests.approvals.test_signing import company as founded

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def market(furnished: None) -> str:
    return officers.make("clerk-m", "clerk", office_id="market").username


def compared(page: Page) -> dict[str, tuple[str, str, str]]:
    """Return question -> (answer, what registries say, comparison in words)."""
    found = {}
    for row in page.get().xpath("//*[@id='comparison']//tbody/tr"):
        cells = [" ".join(cell.text_content().split()) for cell in row.xpath("th | td")]
        found[cells[0]] = (cells[1], cells[2], cells[3])
    return found


def test_an_answer_that_a_registry_contradicts_is_marked(clerk: Actor) -> None:
    home = next(places("residential"))
    other = next(p.region for p in places("residential") if p.region != home.region)
    case = submit("degree_missing", answers=graduate_answers(address=home.code, district=other))
    answer_checks(case)
    rows = compared(Page(taken(decide(case)[0], clerk), "clerk-a"))
    answer, says, word = rows["落户区"]
    named = {code: region.zh for code, region in settings.CITY.regions.items()}
    assert word == "不一致" and named[other] in answer
    assert named[home.region] in says and "统一地址库" in says
    assert rows["落户地址编码"][2] == "–" and "住宅" in rows["落户地址编码"][1]
    assert re.search(r"区", rows["落户地址编码"][1]), "a region by its name"
    assert not re.search(r"(?<!\d)\d{6}(?!\d)", rows["落户地址编码"][1])


def test_the_officer_stands_on_the_page_by_name(clerk: Actor) -> None:
    page = Page(settled("degree_missing"), "clerk-a")
    page.get()
    assert clerk.name in page.text.replace("\n", " ")


def test_names_are_compared_by_their_normal_form(clerk: Actor) -> None:
    me = person("graduate")

    def words_for(name: str) -> tuple[str, str, str]:
        case = submit("graduate", by_person=True)
        data = {**CITY.record("education", me.number), "name": name}
        at = now()
        answer = Answer("education", identity.index(me.number), "found", data, version="1", at=at)
        answer_checks(case, education=answer)
        found = compared(Page(decide(case)[0], "clerk-a"))["申请人姓名"]
        actions.withdraw(number=case.number, by=citizen(me), now=now())
        return found

    assert words_for(f" {me.name} ")[2] == "一致"
    answer, says, word = words_for(me.name[0] + "丙丁")
    assert answer == me.name and word == "不一致"
    assert f"{me.name[0]}丙丁 高等教育学历信息库" in says


def test_a_registry_without_a_record_and_one_without_an_answer_are_two_things(
    clerk: Actor,
) -> None:
    assert compared(Page(settled("degree_missing"), "clerk-a"))["申请人姓名"][2] == "查无记录"
    case = submit("graduate")
    answer_checks(case, education="timeout")
    assert compared(Page(decide(case)[0], "clerk-a"))["申请人姓名"][2] == "未答复"


def test_a_director_whose_name_is_another_is_marked(market: str) -> None:
    wrong = [{"name": "赵无名", "number": FOUNDER.number}]
    case = company(listed=wrong)
    answer_checks(case)
    page = Page(decide(case)[0], market)
    mask = identity.mask(FOUNDER.number)
    answer, says, word = compared(page)[f"董事 {mask}"]
    assert (answer, word) == ("赵无名", "不一致") and FOUNDER.name in says
    assert FOUNDER.number not in page.text


def test_other_cases_of_the_applicant_are_shown_as_far_as_an_officer_sees(
    clerk: Actor, colleague: Actor, market: str
) -> None:
    case = settled("degree_missing")
    actions.withdraw(number=case.number, by=citizen(person("degree_missing")), now=now())
    again = Page(settled("degree_missing"), "clerk-a")
    (row,) = again.get().xpath("//*[@id='others']//li")
    text = " ".join(row.text_content().split())
    assert case.number in text and "应届毕业生" in text and "已撤回" in text
    (link,) = row.xpath(".//a/@href")
    before = Reading.objects.filter(subject=case.number).count()
    assert again.client.get(link).status_code == 200
    assert Reading.objects.filter(subject=case.number).count() == before + 1
    officers.change("clerk-b", region_id="440304")
    if again.case.region_id != "440304":
        assert again.client.get(again.address).status_code == 200
        other = Page(again.case, "clerk-b")
        assert other.client.get(other.address).status_code in (302, 404)


def test_another_offices_case_of_the_same_person_is_not_shown(clerk: Actor, market: str) -> None:
    me = person("degree_missing")
    theirs = submit("degree_missing", "sole_trader", applicant=me, by_person=True)
    answer_checks(theirs)
    decide(theirs)
    mine = Page(settled("degree_missing"), "clerk-a")
    mine.get()
    assert theirs.number not in mine.text and not mine.page.xpath("//*[@id='others']")


def test_look_ups_say_who_asked_whom_why_and_by_what_law(clerk: Actor) -> None:
    page = Page(settled("degree_missing"), "clerk-a")
    rows = [r.text_content() for r in page.get().xpath("//*[@id='lookups']//li")]
    assert rows, "the city's own registries are asked by the engine"
    assert all("系统" in row and re.search("第.+条", row) for row in rows)
    assert any("核实" in row for row in rows)


def test_co_founders_stand_by_name_and_role_with_what_they_said(market: str) -> None:
    one, other = person("trader"), person("trader_ban_over")
    case = submit("trader", "limited_company", answers=founded((one, other)))
    answer_checks(case)
    page = Page(decide(case)[0], market)
    (row,) = page.get().xpath("//*[@id='signers']//dl/div")
    assert other.name in row.text_content() and "股东" in row.text_content()
    assert "尚未签署" in row.text_content() and other.number not in page.text
    actions.cosign(
        number=case.number, granted=False, by=citizen(other), now=now(), reason="我没有同意出资"
    )
    (row,) = page.get().xpath("//*[@id='signers']//dl/div")
    assert "未同意" in row.text_content() and "我没有同意出资" in row.text_content()


def queries(page: Page) -> int:
    page.client.get(page.address)  # the first writes a trace of reading
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert page.client.get(page.address).status_code == 200
    return len(found)


def test_an_officer_reads_of_whom_a_condition_speaks(market: str) -> None:
    """The words that the applicant gets, of others' data and of their own, are not an officer's."""
    case = company(FOUNDER, (FOUNDER, INDEBTED), (FOUNDER,), trade_name="栖云清河")
    answer_checks(case)
    page = Page(decide(case)[0], market).get()
    (line,) = page.xpath("//*[contains(@class,'trace')]/li[contains(@class,'unmet')]")
    read = line.text_content()
    assert FOUNDER.name in read and INDEBTED.name in read
    assert "申请人填报" in read and "见下方查询证据" in read
    for word in ("您的填报", "不在此显示", "已加密"):
        assert word not in page.text_content(), word


def test_the_number_of_queries_does_not_grow_with_rows(market: str) -> None:
    def made(investors: Any, name: str) -> Page:
        case = company(investors[0], investors, investors, trade_name=name)
        answer_checks(case)
        (case,) = decide(case)
        return Page(case, market)

    few = queries(made((FOUNDER, PARTNER), "栖云清河"))
    many = queries(made(tuple(FIT[2:9]), "澄川德帆"))
    assert many == few


def test_nor_with_the_cases_of_one_applicant_and_their_events(
    clerk: Actor, colleague: Actor
) -> None:
    page = Page(settled("credit_hit"), "clerk-a")
    one = queries(page)
    for _ in range(3):
        actions.take(number=page.case.number, by=clerk, now=now())
        actions.release(number=page.case.number, by=clerk, now=now())
    more = queries(page)
    assert more <= one + 1  # the names of officers, all at once
    for _ in range(3):
        me = person("credit_hit")
        actions.withdraw(number=page.case.number, by=citizen(me), now=now())
        page = Page(settled("credit_hit"), "clerk-a")
    assert len(page.get().xpath("//*[@id='others']//li")) == 3
    assert queries(page) == one
