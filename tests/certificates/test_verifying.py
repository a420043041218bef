"""Anybody checks a certificate: page, API, PDF, offline; nobody learns more than he may."""

import datetime as dt
import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from joserfc import jws
from joserfc.jwk import KeySet

from certificates import payload
from certificates.actions import issue, suspend
from certificates.models import Certificate
from certificates.pdf import cache
from certificates.verification import statuslist
from people.actors import ENGINE
from tests.certificates.conftest import CITIZEN
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(order, now):
    """Issued today by PostgreSQL's clock, as the doors will see it."""
    from ledger.clock import now as clock

    return issue([order()], by=ENGINE, now=clock())[0]


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_a_valid_certificate_is_shown_masked(client, made):
    response = client.get(f"/verify/{made.public_id}")
    page = text(response)
    assert response.status_code == 200
    assert "有效" in page and "这份证照真实有效" in page
    assert "欧***" in page and "1101**********0022" in page
    assert "欧阳思远" not in page
    assert response["Cache-Control"].count("no-store") == 1
    assert text(client.get(f"/verify/{made.identifier}")).count("有效") >= 1


def test_typing_is_forgiven(client, made):
    typed = made.public_id.lower().replace("0", "o")
    response = client.post("/verify/", {"number": f" {typed[:4]}-{typed[4:]} "}, follow=True)
    assert "这份证照真实有效" in text(response)


def test_an_id_number_typed_by_mistake_reaches_no_address_and_no_log(client, made, caplog):
    response = client.post("/verify/", {"number": "11010519491231002X"})
    assert response.status_code == 404 and "查无此证" in text(response)
    assert "11010519491231002X" not in caplog.text + text(response)


@pytest.mark.parametrize(
    "typed",
    [
        "0000000000000000",
        "no",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
        "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V",
        "a" * 3000,
        "%F0%9F%98%80",
        "../../etc/passwd",
    ],
)
def test_whatever_is_not_ours_gets_one_answer(client, made, typed, django_assert_num_queries):
    expected = text(client.get("/verify/ZZZZZZZZZZZZZZZZ"))
    response = client.get(f"/verify/{typed}")
    assert response.status_code == 404
    strip = re.compile(r'name="next" value="[^"]*"|csrfmiddlewaretoken" value="[^"]*"')
    assert strip.sub("", text(response)) == strip.sub("", expected)


def test_a_nul_in_the_address_is_refused_before_anything_is_looked_up(client):
    assert client.get("/verify/%00").status_code == 400


def test_the_printed_number_is_no_way_to_count_through_all(client, made):
    assert client.get(f"/verify/{made.number}").status_code == 404
    response = client.post("/verify/", {"number": made.number})
    assert response.status_code == 404 and "请输入二维码旁的 16 位核验码" in text(response)
    other = client.post("/verify/", {"number": made.number[:-1] + "9"})  # nobody learns which is
    token = re.compile(r'value="[^"]*"')
    assert token.sub("", text(other)) == token.sub("", text(response))


def test_past_its_last_day_it_has_expired_before_anybody_swept_up(client, order):
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    (made,) = issue([order()], by=ENGINE, now=long_ago)
    assert "已过期" in text(client.get(f"/verify/{made.public_id}"))
    assert Certificate.objects.get().state == "valid"


def test_the_api_tells_the_same_and_knows_no_full_name(client, made):
    body = client.get(f"/api/v1/certificates/{made.identifier}").json()
    assert body["state"] == "valid"
    assert body["holder"] == {"name": "欧***", "number": "1101**********0022"}
    assert "欧阳思远" not in json.dumps(body, ensure_ascii=False)
    missing = client.get("/api/v1/certificates/0000000000000000")
    assert missing.status_code == 404
    assert missing["Content-Type"] == "application/problem+json"


def test_any_jose_library_checks_the_seal_with_the_published_keys(client, made):
    keys = KeySet.import_key_set(client.get("/.well-known/jwks.json").json())
    found = jws.deserialize_compact(made.jws, keys, algorithms=["Ed25519"])
    assert found.protected["alg"] == "Ed25519"  # RFC 9864
    assert json.loads(found.payload)["identifier"] == made.identifier


@pytest.fixture
def files(client, made, tmp_path):
    (tmp_path / "c.jws").write_text(made.jws)
    (tmp_path / "jwks.json").write_bytes(client.get("/.well-known/jwks.json").content)
    return tmp_path


def run(*arguments):
    out = io.StringIO()
    call_command("verify", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_offline_it_is_checked_without_database(files, made, django_db_blocker, settings):
    with django_db_blocker.block():
        said = run(files / "c.jws", "--keys", files / "jwks.json")
    assert "genuine" in said and "欧阳思远" in said


def test_offline_time_and_status_count(client, files, made, officer):
    from ledger.clock import now as clock

    with pytest.raises(CommandError, match="EXPIRED"):
        run(files / "c.jws", "--keys", files / "jwks.json", "--on", "2999-01-01")
    with pytest.raises(CommandError, match="NOT YET"):
        run(files / "c.jws", "--keys", files / "jwks.json", "--on", "2001-01-01")
    listed = files / "list.jwt"
    arguments = (files / "c.jws", "--keys", files / "jwks.json", "--status", listed)
    number, _ = payload.place(made.serial)
    listed.write_bytes(client.get(f"/status/suspension/{number}").content)
    assert "genuine" in run(*arguments)
    suspend(public_id=made.public_id, reason="查", by=officer, now=clock())
    listed.write_bytes(client.get(f"/status/suspension/{number}").content)
    with pytest.raises(CommandError, match="SUSPENSION is set|suspension".upper()):
        run(*arguments)
    listed.write_bytes(client.get(f"/status/revocation/{number}").content)
    assert "genuine" in run(*arguments)
    assert client.get("/status/guess/0").status_code == 404


def test_a_status_list_says_its_age_and_is_refused_when_it_is_past(client, files, made):
    from ledger import canonical, signatures
    from ledger.clock import now as clock

    number, _ = payload.place(made.serial)
    listed = files / "list.jwt"
    arguments = (files / "c.jws", "--keys", files / "jwks.json", "--status", listed)
    listed.write_bytes(client.get(f"/status/revocation/{number}").content)
    assert "revocation list as of " in run(*arguments)
    for hours, refused in ((2, False), (23, False), (25, True)):
        document = statuslist.credential(
            f"https://x/status/revocation/{number}", "https://x", "revocation",
            clock() - dt.timedelta(hours=hours), statuslist.encode([]))  # fmt: skip
        body = canonical.dumps(document)
        listed.write_text(signatures.sign_jws("certificate", body, typ="vc+jwt"))
        errors = io.StringIO()
        if refused:
            with pytest.raises(CommandError, match="STALE"):
                run(*arguments)
            continue
        call_command("verify", *map(str, arguments), stdout=io.StringIO(), stderr=errors)
        assert "hours old" in errors.getvalue()


def post(client, raw, name="c.pdf"):
    file = SimpleUploadedFile(name, raw, content_type="application/pdf")
    return client.post("/verify/file/", {"file": file})


def test_the_pdf_is_for_its_holder_and_comes_from_the_cache_the_second_time(client, made, now):
    url = f"/certificates/{made.public_id}.pdf"
    assert client.get(url).status_code == 302
    user = UserFactory(citizen=True, subject=CITIZEN)
    stranger = UserFactory(citizen=True)
    client.force_login(stranger)
    assert client.get(url).status_code == 404
    client.force_login(user)
    first = client.get(url)
    assert first.content.startswith(b"%PDF")
    assert client.get(url).content == first.content
    assert "svg" in client.get(f"/certificates/{made.public_id}.svg")["Content-Type"]


def test_a_pdf_that_was_handed_in_is_checked(client, made, now):
    raw = cache.signed_pdf(made, now)
    good = post(client, raw)
    assert good.status_code == 200
    assert "真实有效" in text(good) and "欧阳思远" not in text(good)
    for place in (60, len(raw) // 3, raw.rindex(b"/ByteRange") + 13, len(raw) - 30):
        bad = post(client, raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        assert bad.status_code == 422
        assert "真实有效" not in text(bad)
    assert "追加" in text(post(client, raw + b"\n1 0 obj\nendobj\n%%EOF"))
    assert post(client, raw[: len(raw) // 2]).status_code == 422
    assert "不是 PDF" in text(post(client, b"<html>"))
    assert post(client, b"%PDF-1.7 nothing").status_code == 422
    assert client.post("/verify/file/").status_code == 422
    assert post(client, b"%PDF-" + b"0" * 1_100_000).status_code == 413


def test_a_pdf_signed_by_somebody_else_is_refused(client, made, now, tmp_path, settings):
    from certificates.pdf import drawing, signing
    from ledger import canonical

    cache.signed_pdf(made, now)
    settings.KEYS_DIR = tmp_path / "theirs"
    (tmp_path / "theirs" / "pdf").mkdir(parents=True)
    for name in ("root", "signer"):  # same names, other keys, never published
        above = None if name == "root" else signing._read("root")
        pair = signing._pair(f"Demo {name}", above, now)
        signing._write(tmp_path / "theirs" / "pdf" / f"{name}.pem", pair)
    signing._published.add(tmp_path / "theirs" / "pdf")
    drawn = drawing.pdf(canonical.loads(made.payload), made.jws, settings.SITE_URL, True)
    response = post(client, signing.sign(drawn, "示例市人社局", now))
    assert response.status_code == 422
    assert "不是本机关的签名" in text(response)
