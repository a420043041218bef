"""Certificates look like what they are: each kind's paper, as its edition has it."""

import dataclasses
import datetime as dt
import re
import uuid
from pathlib import Path

import pypdfium2
import pytest
from django.conf import settings

from certificates import facts
from certificates.actions import Order, issue
from certificates.pdf import cache, drawing, templates
from certificates.queries import public_view
from ledger import canonical
from ledger.clock import now
from people import identity
from people.actors import ENGINE
from services import catalogue, filings
from services.outputs import printed_values
from services.pack_tests import inputs_of

pytestmark = pytest.mark.usefixtures("furnished")
SERVICES = ("graduate_settlement", "sole_trader", "limited_company")
# of GB/T 2260 and GB/T 4754: what a paper has words for
CODE = re.compile(r"(?<![0-9A-Za-z])(?:[A-T]\d{4}|\d{6}|4403)(?![0-9A-Za-z])")


def certificate(service, **changes):
    """Issue the certificate of a pack's first test that is approved, changed."""
    book = catalogue.rulebook(catalogue.current(service, dt.date(2026, 7, 1)))
    case = next(c for c in book.pack.cases if c.expect == "approve")
    inputs = inputs_of(book, case)
    order = Order(
        application="LC1",
        rulebook=book,
        holder="a" * 32,
        holder_name="李四",
        holder_masked="1101**********002X",
        printed={**printed_values(book, inputs), **changes},
        filings=filings.plan(book, inputs),
        office=book.office,
        region="440305",
        decided_at=now(),
        decision=uuid.uuid4(),
        receipt=b"{}",
    )
    return issue([order], by=ENGINE, now=now())[0]


def pages(made):
    payload = canonical.loads(made.payload)
    return pypdfium2.PdfDocument(
        drawing.pdf(payload, made.jws, "https://x", True, templates.of(payload))
    )


def words(page):
    return "".join(page.get_textpage().get_text_range().split())


@pytest.mark.parametrize("service", SERVICES)
def test_every_paper_says_words_and_no_code_of_a_table(service):
    made = certificate(service)
    for page in pages(made):
        text = words(page).replace(made.number, "").replace(made.identifier, "")
        assert not CODE.search(text), CODE.findall(text)
    shown = " ".join(value for _label, value in facts.lines(canonical.loads(made.payload), "zh"))
    assert not CODE.search(shown.replace(made.number, ""))


def test_a_licence_is_landscape_with_the_business_and_its_filings_on_the_back():
    made = certificate("limited_company")
    front, back = pages(made)
    assert front.get_size() == back.get_size()
    width, height = front.get_size()
    assert width / height == pytest.approx(2**0.5, rel=0.001)  # ISO 216, laid across
    for piece in ("示例市恒瑞软件有限公司", "100万元人民币", "应用软件开发", "李四", made.number):
        assert piece in words(front)
    for item in canonical.loads(made.payload)["filings"]:
        assert item["zh"] in words(back)


def test_a_trader_has_the_full_name_of_the_shop():
    front, _back = pages(certificate("sole_trader"))
    text = words(front)
    assert "示例市南山区恒瑞服装店" in text and "经营者Trader李四" in text
    assert "个体工商户" in text and "服装零售、专业设计服务。（依法须经批准的项目" in text


def test_a_settlement_is_a_letter_to_the_person():
    (page,) = pages(certificate("graduate_settlement"))
    width, height = page.get_size()
    assert height > width
    assert "李四（身份证件号码1101**********002X）：" in words(page)
    assert "由广东省广州市越秀区迁入示例市南山区学府路一号" in words(page)


@pytest.mark.parametrize("service", ["sole_trader", "limited_company"])
def test_long_names_and_many_filings_stay_on_the_paper(service):
    name = "示例市南山区" + "恒瑞鼎盛华信源通达康泰" * 5 + "有限公司"
    scope = ["信息系统集成和物联网技术服务（需许可）", "工艺美术品及收藏品零售"] * 15
    made = certificate(
        service, business=name, premises=name * 2, scope=scope, representative="买买提·" * 12
    )
    payload = canonical.loads(made.payload)
    payload["filings"] = [{"number": "1", "zh": name[:24], "en": "Filing of it", "law": ""}] * 30
    template = templates.of(payload)
    drawn = pypdfium2.PdfDocument(drawing.pdf(payload, "", "https://x", True, template))
    assert len(drawn) == 2
    for page in drawn:
        width, height = page.get_size()
        text = page.get_textpage()
        for at in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(at)
            assert left >= 20 and bottom >= 20 and right <= width - 20 and top <= height - 20
    assert name in words(drawn[0])
    assert words(drawn[1]).count(name[:24]) == 31


def test_the_business_holds_it_and_everybody_may_read_its_name():
    made = certificate("sole_trader")
    shown = public_view(made, now())
    assert shown["holder"] == {"name": "示例市南山区恒瑞服装店", "number": made.number}
    person = public_view(certificate("graduate_settlement"), now())
    assert person["holder"]["name"] == "李*"


def test_what_was_issued_before_is_drawn_as_it_was():
    """A certificate of an edition without a template, or of an edition elsewhere."""
    made = certificate("graduate_settlement")
    payload = {**canonical.loads(made.payload), "edition": "0" * 64}
    assert templates.of(payload) == ""
    (page,) = pypdfium2.PdfDocument(drawing.pdf(payload, "", "https://x", True, ""))
    assert "持证人" in words(page)


def test_a_template_that_changes_changes_nothing_that_was_issued(settings, tmp_path):
    settings.PDF_DIR = tmp_path
    made = certificate("graduate_settlement")
    before = cache.picture(made, "svg")
    papers = {**settings.CITY.papers, "approval_letter": "#let paper(d) = [另一种]"}
    settings.CITY = dataclasses.replace(settings.CITY, papers=papers)
    for file in Path(settings.PDF_DIR).rglob("*.svg"):
        file.unlink()
    assert cache.picture(made, "svg") == before
    assert not any(Path(settings.PDF_DIR).rglob("*.png"))


def test_a_picture_is_drawn_once_and_kept(settings, tmp_path, monkeypatch):
    settings.PDF_DIR = tmp_path
    made = certificate("sole_trader")
    first = cache.picture(made, "png")
    assert first.startswith(b"\x89PNG") and len(first) < 150_000
    monkeypatch.setattr(drawing, "picture", None)
    assert cache.picture(made, "png") == first


def test_a_name_of_one_character_is_masked():
    assert identity.mask_name("某") == "*" and identity.mask_name("张三") == "张*"


def test_every_template_of_the_city_is_used_by_a_pack():
    kinds = [catalogue.rulebook(catalogue.current(s, dt.date(2026, 7, 1))) for s in SERVICES]
    used = {book.certificate.template for book in kinds}
    assert used == set(settings.CITY.papers.values())
