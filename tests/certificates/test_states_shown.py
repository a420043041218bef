"""Whatever has become of a certificate, page and API say so, to anybody, masked, and alike."""

import datetime as dt
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certificates.actions import cancel, confirm, issue, propose, restore, suspend
from certificates.pdf import cache
from ledger.clock import now as clock
from people.actors import ENGINE
from people.models import User

pytestmark = pytest.mark.django_db
# state: Chinese, English, a piece of what each page advises, and the colour of its band
SAYS = {
    "valid": ("有效", "Valid", "可以据此办事", "genuine and in force", "ok"),
    "suspended": ("暂停", "Suspended", "恢复之前不能据此办事", "until it is restored", "wait"),
    "superseded": ("已换发", "Superseded", "向持证人索取新版", "A newer version", "wait"),
    "revoked": ("已撤销", "Revoked", "依法撤销", "revoked this certificate by law", "bad"),
    "expired": ("已过期", "Expired", "有效期已过", "Its last day has passed", "bad"),
    "cancelled": ("已注销", "Cancelled", "持证人已交回", "given up by its holder", "bad"),
}


@pytest.fixture
def standing(order, officer, second):
    """Makes a certificate that stands as it is told; returns it."""

    def make(state):
        issued = dt.datetime(2020, 1, 1, tzinfo=dt.UTC) if state == "expired" else clock()
        wanted = order()
        (made,) = issue([wanted], by=ENGINE, now=issued)
        deed = {"public_id": made.public_id, "by": officer, "now": clock()}
        match state:
            case "suspended":
                suspend(**deed, reason="核查")
            case "superseded":
                issue([wanted], by=ENGINE, now=clock())
            case "revoked":
                proposal = propose(**deed, ground="deception", reason="假材料")
                confirm(revocation=proposal.pk, by=second, now=clock())
            case "cancelled":
                cancel(**deed, reason="注销登记")
        return made

    return make


def page(path, language):
    response = Client(headers={"accept-language": language}).get(path)
    return response, re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.parametrize("state", SAYS)
def test_page_and_api_say_how_it_stands(standing, state):
    made = standing(state)
    zh, en, advice_zh, advice_en, look = SAYS[state]
    for number in (made.public_id, made.identifier):
        for language, word, advice in (("zh-hans", zh, advice_zh), ("en", en, advice_en)):
            response, text = page(f"/verify/{number}", language)
            assert response.status_code == 200
            assert f"<h1>{word}</h1>" in text and advice in text
            assert f'class="band {look}"' in text
            assert not any(f"<h1>{other[n]}</h1>" in text for other in SAYS.values()
                           for n in (0, 1) if other[n] != word)  # fmt: skip
            text = re.sub("</?span[^>]*>", "", text)  # which language a name is in
            assert "欧***" in text and "欧阳思远" not in text
            assert "no-store" in response["Cache-Control"]
        told = Client().get(f"/api/v1/certificates/{number}")
        body = told.json()
        assert (told.status_code, told["Cache-Control"]) == (200, "no-store")
        assert (body["state"], body["state_zh"], body["state_en"]) == (state, zh, en)
        assert body["holder"] == {"name": "欧***", "number": "1101**********0022"}
        assert "欧阳思远" not in json.dumps(body, ensure_ascii=False)
        assert bool(body["since"]) == (state != "valid")


def test_the_day_since_when_is_told(standing):
    today = clock().astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    suspended, expired = standing("suspended"), standing("expired")
    body = Client().get(f"/api/v1/certificates/{suspended.public_id}").json()
    assert body["since"] == today.isoformat()
    body = Client().get(f"/api/v1/certificates/{expired.public_id}").json()
    assert (body["expires"], body["since"]) == ("2021-01-01", "2021-01-02")


def test_what_is_restored_is_valid_at_the_next_look(standing, officer):
    made = standing("suspended")
    restore(public_id=made.public_id, reason="无误", by=officer, now=clock())
    assert "<h1>有效</h1>" in page(f"/verify/{made.public_id}", "zh-hans")[1]


def test_the_new_version_stands_where_the_old_one_is_superseded(standing):
    old = standing("superseded")
    new = type(old).objects.exclude(pk=old.pk).get()
    assert "<h1>有效</h1>" in page(f"/verify/{new.public_id}", "zh-hans")[1]
    body = Client().get(f"/api/v1/certificates/{new.identifier}").json()
    assert (body["state"], body["version"]) == ("valid", "2")


UNKNOWN = {
    "never given out": "0000000000000000",
    "one sign off": None,  # of a certificate that exists
    "an identifier that was never given out": (
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"
    ),
    "a wrong check character": (
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V"
    ),
    "too short": "7K3M",
    "no number at all": "no",
    "a person's number": "11010519491231002X",
    "long": "a" * 3000,
}


def looked(path):
    """Status, page without its tokens and the address asked for, and the shape of each query."""
    with CaptureQueriesContext(connection) as queries:
        response = Client().get(path)
    text = response.content.decode().replace(path, "")
    text = re.sub(r'(name="next"|name="csrfmiddlewaretoken") value="[^"]*"', "", text)
    text = re.sub(r'"(instance|trace|request)[^"]*": ?"[^"]*"', "", text)
    shapes = [re.sub(r"'[^']*'|\d+", "?", q["sql"]) for q in queries]
    return response.status_code, text, shapes


@pytest.mark.parametrize("door", ["/verify/", "/api/v1/certificates/"])
@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_and_malformed_take_one_way_and_get_one_answer(standing, door, kind):
    made = standing("valid")
    last = "0" if made.public_id[-1] != "0" else "1"
    typed = UNKNOWN[kind] or made.public_id[:-1] + last
    expected = looked(f"{door}ZZZZZZZZZZZZZZZZ")
    found = looked(f"{door}{typed}")
    assert found == expected
    assert found[0] == 404
    assert len([q for q in found[2] if "certificates_certificate" in q]) == 1


def test_unknown_says_so_in_both_languages():
    response, text = page("/verify/ZZZZZZZZZZZZZZZZ", "zh-hans")
    assert response.status_code == 404 and "<h1>查无此证</h1>" in text
    response, text = page("/verify/ZZZZZZZZZZZZZZZZ", "en")
    assert response.status_code == 404 and "<h1>Not found</h1>" in text
    told = Client().get("/api/v1/certificates/ZZZZZZZZZZZZZZZZ")
    assert (told.status_code, told["Content-Type"]) == (404, "application/problem+json")


def test_everybody_reads_the_law_of_a_revocation_and_only_its_holder_the_reason(standing):
    made = standing("revoked")
    for language, ground in (("zh-hans", "欺骗、贿赂"), ("en", "deception or bribery")):
        text = page(f"/verify/{made.public_id}", language)[1]
        assert ground in text and "第六十九条第二款" in text and "假材料" not in text
    body = Client().get(f"/api/v1/certificates/{made.public_id}").json()
    assert body["ending"] == {"ground": "deception", "law": "行政许可法第六十九条第二款"}
    holder = User.objects.create(username="holder", role="citizen", subject=made.holder)
    reader = Client()
    reader.force_login(holder)
    text = reader.get(f"/certificates/{made.public_id}/").content.decode()
    today = clock().astimezone(dt.timezone(dt.timedelta(hours=8)))
    for piece in ("假材料", "第六十九条第二款", "六十日内申请行政复议",
                  f"{today.year}年{today.month}月{today.day}日"):  # fmt: skip
        assert piece in text


def test_an_uploaded_pdf_of_a_revoked_certificate_is_genuine_and_not_valid(standing):
    made = standing("revoked")
    raw = cache.signed_pdf(made, clock())
    file = SimpleUploadedFile("c.pdf", raw, content_type="application/pdf")
    text = Client().post("/verify/file/", {"file": file}).content.decode()
    assert "<h1>已撤销</h1>" in text and "签名是真的" in text and "证照现已失效" in text
    assert 'class="note ok"' not in text
