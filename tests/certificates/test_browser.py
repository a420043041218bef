"""In a real browser: filings arrive one by one, and a revocation is seen at once."""

import os
import time
import uuid
from pathlib import Path

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import transaction
from django.test import Client
from django.test.testcases import LiveServerThread

from certificates.actions import confirm, issue, propose, record_receipt
from certificates.models import Filing
from ledger.clock import now
from people import identity
from people.actors import ENGINE, Actor, Kind
from people.models import User
from tests.approvals.cases import person
from tests.certificates.conftest import clerk, rulebook
from tests.certificates.test_filing import item
from tests.factories import PartnerFactory

pytestmark = pytest.mark.browser


@pytest.fixture
def site(furnished_committed, settings, tmp_path):
    settings.PDF_DIR = tmp_path / "pdf"
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait(10)
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture
def licence(site):
    from certificates.actions import Order

    trader = person("trader")
    names = {"seal": "公章刻制备案", "fund": "住房公积金缴存登记"}
    plan = [item(name, name) for name in names] + [item("branch", "", applies=False)]
    for one in plan:
        one.zh = names.get(one.item, "保安服务公司分公司备案")
    for code, zh in (("seal", "市公安局"), ("fund", "住房公积金管理中心")):
        PartnerFactory(code=code, name_zh=zh)
    book = rulebook(
        filings=plan,
        kind="licence",
        zh="营业执照",
        en="Business Licence",
        number="uscc:92",
        valid="",
    )
    order = Order(
        application="LC-BROWSER",
        rulebook=book,
        holder=identity.index(trader.number),
        holder_name=trader.name,
        holder_masked=identity.mask(trader.number),
        filings=book.filings,
        printed={"name": "栖迟小店", "level": "零售；餐饮服务"},
        office="market",
        region="440305",
        decided_at=now(),
        decision=uuid.uuid4(),
        receipt=b"{}",
    )
    with transaction.atomic():
        (made,) = issue([order], by=ENGINE, now=now())
    return made


def shoot(page, name):
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def log_in(page, site, user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": site}])


def answer(name, outcome, **more):
    found = Filing.objects.get(item=name)
    data = {"filing": str(found.pk), "outcome": outcome, **more}
    record_receipt(data, by=Actor(Kind.AGENCY, name), now=now())


def test_filings_arrive_while_the_page_is_open_and_a_revocation_is_seen(site, licence, page):
    holder, _ = User.objects.get_or_create(
        subject=licence.holder, defaults={"username": "holder-b", "role": "citizen"}
    )
    log_in(page, site, holder)
    page.goto(f"{site}/certificates/{licence.public_id}/")
    assert page.locator("h1").inner_text() == "营业执照"
    assert page.locator("#filings .chip").all_inner_texts() == ["已推送，待回执"] * 2
    picture = page.locator("img.preview")
    assert picture.evaluate("i => i.complete && i.naturalWidth > 100")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "own-before")
    answer("seal", "accepted", receipt="公备 2026-0077")
    page.get_by_text("公备 2026-0077").wait_for()
    answer("fund", "returned", reason="缴存人数与社保不符")
    page.get_by_text("缴存人数与社保不符").wait_for()
    assert page.locator("#filings .chip").all_inner_texts() == ["已接收", "被退回，工作人员处理中"]
    shoot(page, "own-after")

    page.goto(f"{site}/verify/{licence.public_id}")
    assert page.locator(".band h1").inner_text() == "有效"
    shoot(page, "verify-valid")
    li, wang = clerk("li-b", "market"), clerk("wang-b", "market")
    one = propose(
        public_id=licence.public_id, ground="unqualified", reason="x", by=li, now=now(), item="seal"
    )
    confirm(revocation=one.pk, by=wang, now=now())
    page.reload()
    assert page.locator(".band h1").inner_text() == "有效"
    assert page.locator(".chip.bad").all_inner_texts() == ["已撤销"]
    whole = propose(
        public_id=licence.public_id, ground="deception", reason="伪造租赁合同", by=li, now=now()
    )
    confirm(revocation=whole.pk, by=wang, now=now())
    began = time.monotonic()
    page.reload()
    assert page.locator(".band.bad h1").inner_text() == "已撤销"
    assert time.monotonic() - began < 2
    shoot(page, "verify-revoked")
    page.goto(f"{site}/certificates/{licence.public_id}/")
    ending = page.locator("#ending").inner_text()
    assert "伪造租赁合同" in ending and "第六十九条第二款" in ending and "复议" in ending
    shoot(page, "own-revoked")


def test_anybody_types_a_number_or_hands_in_the_paper(site, licence, page, tmp_path):
    holder, _ = User.objects.get_or_create(
        subject=licence.holder, defaults={"username": "holder-b", "role": "citizen"}
    )
    page.goto(f"{site}/verify/")
    shoot(page, "ask")
    page.get_by_label("证照编号").fill(licence.public_id.lower())
    page.get_by_role("button", name="核验", exact=True).click()
    assert page.locator(".band h1").inner_text() == "有效"
    log_in(page, site, holder)
    raw = page.request.get(f"{site}/certificates/{licence.public_id}.pdf").body()
    assert raw.startswith(b"%PDF")
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(raw)
    bad.write_bytes(raw[:3000] + bytes([raw[3000] ^ 1]) + raw[3001:])
    for file, word in ((good, "有效"), (bad, "不是真证")):
        page.goto(f"{site}/verify/")
        page.set_input_files("input[type=file]", str(file))
        page.locator("form[enctype] button").click()
        page.locator(".band h1").wait_for()
        if word == "有效":
            assert page.locator(".band h1").inner_text() == word
        else:
            assert page.locator(".band.bad p").inner_text().startswith("文件内容被改动")
            shoot(page, "forged")
