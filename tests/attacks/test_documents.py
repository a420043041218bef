"""B13: forged and edited certificates, papers and webhooks: nothing verifies that is not ours."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import uuid
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from approvals.models import Application, Consent
from certificates.models import Certificate
from ledger.clock import now
from tests.approvals import cases
from tests.approvals.program import secret
from tests.attacks import outside
from tests.attacks.webhooks import post

pytestmark = pytest.mark.usefixtures("furnished")


def b64(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def paper():
    who = cases.person("graduate")
    outside.submit(
        outside.body("graduate_settlement", who.number, who.name, cases.graduate_answers())
    )
    return Certificate.objects.get()


def forgeries(paper, keys):
    """Each way in which a JWS is made that is not the one that was signed."""
    head, payload, signature = paper.jws.split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    content = json.loads(bytes(paper.payload))
    other = b64({**content, "holder": {**content["holder"], "name": "另一人"}})
    mine = Ed25519PrivateKey.generate()
    public = b64(mine.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": public}
    kids = {key["kid"] for key in keys["keys"]} - {header["kid"]}

    def signed(new, body=other, key=mine, raw=""):
        start = f"{raw or b64(new)}.{body}"
        return f"{start}.{b64(key.sign(start.encode()))}"

    yield "another payload", f"{head}.{other}.{signature}"
    yield "no signature", f"{head}.{payload}."
    yield "no algorithm", f"{b64({**header, 'alg': 'none'})}.{payload}."
    yield "none, signed", f"{b64({**header, 'alg': 'none'})}.{payload}.{signature}"
    yield "NONE", f"{b64({**header, 'alg': 'NONE'})}.{other}."
    for key in keys["keys"]:  # the public key as the secret of an HMAC
        for bytes_of in (key["x"].encode(), base64.urlsafe_b64decode(key["x"] + "==")):
            start = f"{b64({**header, 'alg': 'HS256'})}.{other}"
            made = hmac.new(bytes_of, start.encode(), hashlib.sha256).digest()
            yield "HMAC", f"{start}.{b64(made)}"
    yield "own key", signed(header)
    yield "own key inside", signed({**header, "jwk": jwk})
    yield "own key inside, no kid", signed({"alg": "EdDSA", "typ": header["typ"], "jwk": jwk})
    yield "a key elsewhere", signed({**header, "jku": "https://evil.example/", "x5u": "file:///x"})
    for kid in (*kids, "", "../../etc/passwd", "x" * 5000, "' OR 1=1 --", "\x00", None, 1, ["x"]):
        yield f"kid {kid!r:.20}", signed({**header, "kid": kid})
        yield f"kid {kid!r:.20}, ours", f"{b64({**header, 'kid': kid})}.{payload}.{signature}"
    for alg in ("ES256", "RS256", "Ed448", "ed25519", "EdDSA ", "", None, 7, ["Ed25519"], "SM2"):
        yield f"alg {alg!r}", f"{b64({**header, 'alg': alg})}.{payload}.{signature}"
    for more in ({"b64": False}, {"crit": ["b64"], "b64": False}, {"crit": ["x"], "x": 1}):
        yield f"{more}", f"{b64({**header, **more})}.{payload}.{signature}"
        yield f"{more}, own key", signed({**header, **more})
    for typ in ("JWT", "vc+jwt", "", None, header["typ"].upper()):
        yield f"typ {typ}", f"{b64({**header, 'typ': typ})}.{payload}.{signature}"
    twice = json.dumps(header)[:-1] + ', "kid": "x"}'
    yield "a name twice", f"{b64(twice.encode())}.{payload}.{signature}"
    twice = '{"alg": "none", ' + json.dumps(header)[1:]
    yield "alg twice", f"{b64(twice.encode())}.{payload}.{signature}"
    yield (
        "header with spaces",
        f"{b64(json.dumps(header, indent=1).encode())}.{payload}.{signature}",
    )
    yield "cut", paper.jws[:-1]
    yield "longer", paper.jws + "A"
    yield "padded", paper.jws + "=="
    yield "four parts", paper.jws + ".x"
    yield "five parts", paper.jws + ".x.y"
    yield "two parts", f"{head}.{payload}"
    yield "standard alphabet", f"{head}.{payload}.{signature[:-2]}+/"
    yield "null signature", f"{head}.{payload}.{b64(bytes(64))}"
    yield "identity point", f"{head}.{other}.{b64(bytes([1]) + bytes(63))}"
    last = signature[-1]
    for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if sign != last:  # base64 of 64 bytes has four bits that mean nothing
            yield f"last sign {sign}", paper.jws[:-1] + sign
    for place in range(0, len(paper.jws), 37):
        sign = "A" if paper.jws[place] != "A" else "B"
        yield f"sign {place}", paper.jws[:place] + sign + paper.jws[place + 1 :]
    for what in ("", "{}", "[]", "null", "..", "...", "\x00", "é.é.é", "A" * 100_000, "{" * 5000):
        yield f"rubbish {what!r:.9}", what


def verified(path, keys):
    """Return whether the command says that the file is genuine; it never breaks."""
    out = StringIO()
    try:
        call_command("verify", path, keys=Path(keys), stdout=out, stderr=out)
    except (CommandError, SystemExit) as error:
        return isinstance(error, SystemExit) and error.code in (0, None)
    return True


def test_no_forged_certificate_verifies(paper, tmp_path):
    keys = Client().get("/.well-known/jwks.json").json()
    published = tmp_path / "jwks.json"
    published.write_text(json.dumps(keys))
    good = tmp_path / "good.jws"
    good.write_text(paper.jws)
    assert verified(good, published)
    made = list(forgeries(paper, keys))
    assert len(made) > 130
    through = []
    for name, text in made:
        good.write_text(text)
        if verified(good, published):
            through.append(name)
    assert not through, through


def test_no_edited_paper_is_said_to_be_ours(paper):
    who = Client()
    who.post("/login/persona/", {"username": "graduate"})
    raw = who.get(f"/certificates/{paper.public_id}.pdf").getvalue()
    assert raw[:5] == b"%PDF-"

    def says(content):
        file = SimpleUploadedFile("paper.pdf", content, "application/pdf")
        return Client(headers={"accept-language": "en"}).post("/verify/file/", {"file": file})

    genuine = says(raw).content.decode()
    edited = [raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(9, len(raw), 4099)]
    edited += [raw[:-1], raw + b"\n", raw + b" ", raw + raw, b"\n" + raw, raw[:1000], b"%PDF-1.7"]
    edited += [raw + b"1 0 obj<<>>endobj\nstartxref\n0\n%%EOF\n", raw.replace(b"%%EOF", b"%%EOG")]
    edited += [b"", b"\x00" * 1000, b"PK\x03\x04" + raw, raw[: len(raw) // 2] + raw]
    for content in edited:
        answer = says(content)
        assert answer.status_code < 500
        assert answer.content.decode() != genuine, len(content)
        assert paper.number not in answer.content.decode(), len(content)


@pytest.fixture
def waiting():
    """A restaurant, which the food office and nobody else may permit."""
    who, answers = outside.worker(0)
    seen = outside.submit(
        outside.body("sole_trader", who.number, who.name, {**answers, "scope": ["H6210"]})
    )
    assert seen.state == "waiting"
    return seen.case


def answer(case, granted=True, item="food", reason="", **more):
    data = {"application": case.number, "item": item, "granted": granted, "reason": reason}
    return {"type": "approval.answered", "data": {**data, **more}}


def state(case):
    return Consent.objects.get(application=case).state


@pytest.mark.parametrize("seconds", [-86400, -301, 330, 3600, 86400 * 365 * 50])
def test_a_message_of_another_time_counts_for_nothing(seconds, waiting):
    at = now() + dt.timedelta(seconds=seconds)
    sent = post("food", secret("food"), answer(waiting), at=at)
    assert (sent.status_code, state(waiting)) == (401, "asked")


def test_a_replayed_message_takes_effect_once_and_another_body_never(waiting):
    name = str(uuid.uuid4())
    first = post("food", secret("food"), answer(waiting), message_id=name)
    assert (first.status_code, state(waiting)) == (204, "granted")
    events = Application.objects.get(pk=waiting.pk).events
    for _ in range(5):
        assert post("food", secret("food"), answer(waiting), message_id=name).status_code == 204
    other = answer(waiting, granted=False, reason="不符合卫生条件")
    assert post("food", secret("food"), other, message_id=name).status_code == 409
    assert post("food", secret("food"), other).status_code >= 400  # it has answered already
    assert state(waiting) == "granted"
    assert Application.objects.get(pk=waiting.pk).events == events


def test_the_refusal_that_overtakes_a_grant_stands(waiting):
    """Reordered: whichever answer comes first is the agency's; the later one changes nothing."""
    no = answer(waiting, granted=False, reason="不符合卫生条件")
    assert post("food", secret("food"), no).status_code == 204
    late = post("food", secret("food"), answer(waiting), at=now() - dt.timedelta(seconds=200))
    assert late.status_code >= 400
    assert state(waiting) == "denied"
    assert Application.objects.get(pk=waiting.pk).state == "review"


def test_nobody_answers_for_another_agency(waiting):
    for partner in ("culture", "police", "market", "window"):
        assert post(partner, secret(partner), answer(waiting)).status_code >= 400
        crossed = post(partner, secret(partner), answer(waiting), path="/webhooks/food/")
        assert crossed.status_code == 401
        assert post("food", secret("food"), answer(waiting), path=f"/webhooks/{partner}/")
    for item in ("culture", "cosign", "", "food ", "FOOD", "x" * 300, "food\x00"):
        assert post("food", secret("food"), answer(waiting, item=item)).status_code >= 400
    assert state(waiting) == "asked"


def test_signatures_are_of_these_very_bytes(waiting):
    raw = json.dumps(answer(waiting)).encode()
    wrong = {
        "webhook-signature": "v1," + base64.b64encode(bytes(32)).decode(),
    }
    assert post("food", secret("food"), raw, headers=wrong).status_code == 401
    for name, value in (
        ("webhook-signature", ""),
        ("webhook-signature", "v1a,x"),
        ("webhook-signature", "v2," + "A" * 43 + "="),
        ("webhook-timestamp", "1e9"),
        ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "٠"),
        ("webhook-timestamp", "9" * 400),
        ("webhook-id", ""),
        ("webhook-id", "x" * 300),
        ("webhook-id", "a.b"),
        ("content-encoding", "gzip"),
    ):
        sent = post("food", secret("food"), raw, headers={name: value})
        assert 400 <= sent.status_code < 500, (name, value)
    assert state(waiting) == "asked"


TEXTS = ["\x00", "a\x00b", "\u202e拒", "\u200b\u200b", "\ud800", "\U000e0041", "\x1b[2J"]
TEXTS.append("拒" * 100_000)


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_no_text_of_an_agency_is_kept_that_is_none(text, waiting):
    sent = post("food", secret("food"), answer(waiting, granted=False, reason=text))
    assert 400 <= sent.status_code < 500
    assert state(waiting) == "asked"
