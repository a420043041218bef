"""The page of a result: short, what is open first, in words that a person uses."""

import re

import pytest
from django.conf import settings
from django.test import Client
from lxml import html

from approvals.models import Application
from certificates.models import Certificate
from tests.approvals import cases
from tests.factories import ApplicationFactory
from tests.portal.test_words_shown import applicant, approved_by_officer, read

pytestmark = pytest.mark.usefixtures("furnished")


def page(case: Application, language: str = "zh", part: str = "") -> html.HtmlElement:
    response = applicant(case, language).get(f"/cases/{case.number}/{part}")
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def headings(shown: html.HtmlElement) -> list[str]:
    return [" ".join(h.text_content().split()) for h in shown.xpath("//main//h2")]


def test_what_is_met_is_folded_and_what_is_open_is_not() -> None:
    shown = page(cases.settled("degree_missing"))
    (section,) = shown.xpath("//section[@id='conditions']")
    seen = section.xpath("./ol[@class='trace']/li/@class")
    assert seen and set(seen) <= {"unmet", "unknown", "asked", "needed"}
    folded = section.xpath("./details[not(@open)]")
    assert set(folded[0].xpath(".//li/@class")) == {"met"}
    count = len(folded[0].xpath(".//ol[@class='trace']/li"))
    assert f"{count} 项条件符合" in folded[0].xpath("./summary")[0].text_content()


def test_an_approval_shows_its_certificate_before_any_condition() -> None:
    case = ApplicationFactory(approved=True)
    shown = page(case)
    made = Certificate.objects.get(application=case.number)
    assert not shown.xpath("//section[@id='conditions']/ol")
    order = headings(shown)
    assert order.index("准予迁入证明（样本）") < order.index("逐项核验")
    assert shown.xpath(f"//img[@src='/certificates/{made.public_id}.png']")
    assert shown.xpath(f"//a[@href='/certificates/{made.public_id}.pdf']")
    assert shown.xpath("//figure[@class='qr']//svg")


def test_a_refusal_opens_with_the_officers_words_and_the_remedies() -> None:
    order = headings(page(ApplicationFactory(refused=True)))
    assert order[:2] == ["工作人员的理由", "如果您不同意"]


def test_an_officers_case_says_that_nothing_need_be_done_and_by_when() -> None:
    shown = page(ApplicationFactory(review=True))
    (text,) = shown.xpath("//p[@class='next']")
    assert "您无需再办理任何手续" in text.text_content()
    (band,) = shown.xpath("//section[contains(@class,'band')]")
    assert re.search(r"最迟 \d{4}年\d+月\d+日前作出决定", band.text_content())


@pytest.mark.parametrize(
    ("state", "words"),
    [("waiting", "您无需再办理任何手续"), ("procedure", "在此期间您无需办理任何手续")],
)
def test_who_waits_for_others_reads_that_nothing_need_be_done(state: str, words: str) -> None:
    (text,) = page(ApplicationFactory(**{state: True})).xpath("//p[@class='next']")
    assert words in text.text_content()


def test_help_is_in_a_persons_words() -> None:
    """An address in another district is answered with the district, not with codes."""
    answers = cases.graduate_answers(district="440304")
    case = cases.settled("graduate", answers=answers)
    assert case.state == "returned"
    text = read(applicant(case), f"/cases/{case.number}/")
    home = settings.CITY.regions[cases.graduate_answers()["district"]]
    assert f"“落户区”改选：{home.zh}" in text and f"地址所在区 {home.zh}" in text
    assert not re.search(r"(?<!\d)440\d{3}(?![\d-])|成为：", text)


def test_a_condition_whose_record_is_kept_off_the_page_says_so() -> None:
    case = cases.settled("criminal")
    shown = page(case)
    (line,) = shown.xpath("//ol[@class='trace']/li[@class='unmet']")
    assert "无犯罪记录" in line.text_content() and "不在本页显示" in line.text_content()


@pytest.mark.parametrize(("language", "word"), [("zh", "落户区"), ("en", "District to settle in")])
def test_the_answers_can_be_read_again_and_printed(language: str, word: str) -> None:
    case = ApplicationFactory(approved=True)
    text = " ".join(page(case, language, "answers/").text_content().split())
    assert word in text and case.number in text
    other = cases.citizen(cases.person("trader"))
    assert other.code != case.applicant
    stranger = Client()
    assert stranger.get(f"/cases/{case.number}/answers/").status_code == 302


def test_somebody_elses_answers_are_not_found() -> None:
    case, other = ApplicationFactory(approved=True), cases.submit("trader", "sole_trader")
    assert applicant(other).get(f"/cases/{case.number}/answers/").status_code == 404


def test_a_certificates_page_has_its_facts_as_text() -> None:
    case = approved_by_officer()
    made = Certificate.objects.get(application=case.number)
    me = applicant(case)
    text = read(me, f"/certificates/{made.public_id}/")
    for piece in ("证照内容", "持证人", "学历", "迁出地", "签发日期"):
        assert piece in text
    picture = me.get(f"/certificates/{made.public_id}.png")
    assert picture["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    assert Client().get(f"/certificates/{made.public_id}.png").status_code == 302
    other = cases.submit("trader", "sole_trader")
    assert applicant(other).get(f"/certificates/{made.public_id}.png").status_code == 404


def test_a_case_without_a_decision_leads_from_contesting_back_to_its_page() -> None:
    case = ApplicationFactory(review=True)
    client = applicant(case, "zh")
    response = client.get(f"/cases/{case.number}/contest/", follow=True)
    assert response.redirect_chain[-1][0] == f"/cases/{case.number}/"
    assert "目前没有可以申请复核的决定" in response.content.decode()
