"""Signatures and compact JWS: RFC 7515, 7517, 7638 and 8037, with joserfc as the other side."""

import base64
import json

import pytest
from joserfc import jws
from joserfc.jwk import KeySet, OctKey, OKPKey

from ledger import keys, signatures
from ledger.signatures import SignatureError

# RFC 9864 gives alg EdDSA the new name Ed25519; we write the old one, which every library knows
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")

# RFC 8037, appendix A
SECRET_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
PUBLIC_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
SIGNED = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
RAW = base64.urlsafe_b64decode(PUBLIC_X + "=")
PAYLOAD = '{"to":"张三","text":"a/b"}'.encode()


def test_the_key_id_is_the_thumbprint_of_rfc_8037_a3() -> None:
    assert keys.thumbprint(RAW) == THUMBPRINT


def test_the_signature_of_rfc_8037_a4_holds_and_one_changed_bit_does_not() -> None:
    head, body, signature = SIGNED.split(".")
    data, sig = f"{head}.{body}".encode(), base64.urlsafe_b64decode(signature + "==")
    known = {THUMBPRINT: RAW}
    assert signatures.verify(THUMBPRINT, "Ed25519", data, sig, known)
    assert not signatures.verify(THUMBPRINT, "Ed25519", data + b" ", sig, known)
    for at in range(len(sig)):
        false = bytes([*sig[:at], sig[at] ^ 1, *sig[at + 1 :]])
        assert not signatures.verify(THUMBPRINT, "Ed25519", data, false, known)


def test_joserfc_believes_what_we_sign_by_the_published_keys(keys: None) -> None:
    text = signatures.sign_jws("certificate", PAYLOAD, "miaopi-certificate+jws")
    published = KeySet.import_key_set(json.loads(json.dumps(signatures.jwks())))
    token = jws.deserialize_compact(text, published, algorithms=["EdDSA", "Ed25519"])
    assert token.payload == PAYLOAD
    assert token.headers()["typ"] == "miaopi-certificate+jws"


def test_we_believe_what_joserfc_signs_with_a_key_that_we_know() -> None:
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": PUBLIC_X, "d": SECRET_D})
    header = {"alg": "EdDSA", "kid": THUMBPRINT, "typ": "t"}
    known = signatures.keys_of({"keys": [key.as_dict(private=False) | {"kid": THUMBPRINT}]})
    for name in ("EdDSA", "Ed25519"):
        header["alg"] = name
        text = jws.serialize_compact(header, PAYLOAD, key, algorithms=[name])
        assert signatures.verify_jws(text, known, typ="t") == (header, PAYLOAD)


TWICE = b'{"alg":"EdDSA","kid":"other","kid":"' + THUMBPRINT.encode() + b'"}'


def part(value: object) -> str:
    return keys.b64(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda h, p, s: "", "three parts"),
        (lambda h, p, s: f"{h}.{p}", "three parts"),
        (lambda h, p, s: f"{h}.{p}.{s}.{s}", "three parts"),
        (lambda h, p, s: f"{h}.{p}.{s}=", "not a compact JWS"),
        (lambda h, p, s: f"{h}.{p}.{s} ", "not a compact JWS"),
        (lambda h, p, s: f"{h}.{p}.{s[:-1]}", "not a compact JWS"),
        (lambda h, p, s: f"{h}.{p}.{s[:-6]}", "does not match"),
        (lambda h, p, s: f"{h}.{p}.", "does not match"),
        (lambda h, p, s: f"{h}.{p[:-2]}.{s}", "does not match"),
        (lambda h, p, s: f"é.{p}.{s}", "not a compact JWS"),
        (lambda h, p, s: f"{part([])}.{p}.{s}", "algorithm"),
        (lambda h, p, s: f"{part({'alg': 'none', 'kid': THUMBPRINT})}.{p}.", "algorithm"),
        (lambda h, p, s: f"{part({'alg': 'ES256', 'kid': THUMBPRINT})}.{p}.{s}", "algorithm"),
        (lambda h, p, s: f"{part({'alg': 'EdDSA', 'kid': 'other'})}.{p}.{s}", "not ours"),
        (lambda h, p, s: f"{part({'alg': 'EdDSA', 'kid': 7})}.{p}.{s}", "no key id"),
        (lambda h, p, s: f"{part({'alg': 'EdDSA'})}.{p}.{s}", "no key id"),
        (
            lambda h, p, s: f"{part({'alg': 'EdDSA', 'kid': THUMBPRINT, 'crit': []})}.{p}.{s}",
            "demands an extension",
        ),
        (
            lambda h, p, s: f"{part({'alg': 'EdDSA', 'kid': THUMBPRINT, 'b64': True})}.{p}.{s}",
            "demands an extension",
        ),
        (lambda h, p, s: f"{keys.b64(TWICE)}.{p}.{s}", "stands twice"),
        (lambda h, p, s: "." * 2_000_000, "three parts"),
    ],
)
def test_forged_and_malformed_texts_are_refused_with_the_reason(change: object, says: str) -> None:
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": PUBLIC_X, "d": SECRET_D})
    header = {"alg": "EdDSA", "kid": THUMBPRINT}
    good = jws.serialize_compact(header, PAYLOAD, key, algorithms=["EdDSA"])
    with pytest.raises(SignatureError, match=says):
        signatures.verify_jws(change(*good.split(".")), {THUMBPRINT: RAW})  # type: ignore[operator]


def test_the_public_key_used_as_a_shared_secret_does_not_pass() -> None:
    header = {"alg": "HS256", "kid": THUMBPRINT}
    text = jws.serialize_compact(header, PAYLOAD, OctKey.import_key(RAW), algorithms=["HS256"])
    with pytest.raises(SignatureError, match="algorithm"):
        signatures.verify_jws(text, {THUMBPRINT: RAW})


def test_a_good_signature_for_another_purpose_or_type_is_refused(keys: None) -> None:
    text = signatures.sign_jws("receipt", PAYLOAD, "receipt")
    assert signatures.verify_jws(text, purpose="receipt", typ="receipt")[1] == PAYLOAD
    with pytest.raises(SignatureError, match="not ours"):
        signatures.verify_jws(text, purpose="certificate")
    with pytest.raises(SignatureError, match="not a certificate"):
        signatures.verify_jws(text, typ="certificate")
    signature = signatures.sign("receipt", PAYLOAD)
    assert signatures.verify(*signature[:2], PAYLOAD, signature.signature, purpose="receipt")
    assert not signatures.verify(*signature[:2], PAYLOAD, signature.signature, purpose="head")
    assert not signatures.verify(signature.kid, "SM2", PAYLOAD, signature.signature)


def test_a_key_set_whose_ids_are_not_thumbprints_is_refused(keys: None) -> None:
    published = signatures.jwks()
    assert {k["purpose"] for k in published["keys"]} == {
        "receipt",
        "certificate",
        "document",
        "head",
        "webhook",
        "trial",
        "wallet",
        "verifier",
    }
    assert all("d" not in key for key in published["keys"])
    swapped = [
        dict(k, kid=other["kid"])
        for k, other in zip(published["keys"], published["keys"][1:], strict=False)
    ]
    with pytest.raises(SignatureError, match="not what its id says"):
        signatures.keys_of({"keys": swapped})
    for broken in ({}, {"keys": [{}]}, {"keys": 1}):
        with pytest.raises(SignatureError, match="not a JWK set"):
            signatures.keys_of(broken)


P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def times_two(x: int, y: int) -> tuple[int, int]:
    """Twice a point of edwards25519 (RFC 8032, 5.1.4), in affine coordinates."""
    square = D * x * x * y * y
    return (
        2 * x * y * pow(1 + square, -1, P) % P,
        (y * y + x * x) * pow(1 - square, -1, P) % P,
    )


def test_a_key_of_small_order_signs_nothing() -> None:
    """The eight points found here by doubling: eight times each is the neutral element."""
    root = pow(2, (P - 1) // 4, P)  # of -1
    # x = i y, twice a point of order 4 has y = 0: d y^4 + 2 y^2 - 1 = 0 (RFC 8032's curve)
    ys = {0, 1, P - 1}
    for sign in (1, -1):
        t = (-1 + sign * _sqrt(1 + D, root)) * pow(D, -1, P) % P
        y = _sqrt(t, root)
        if y * y % P == t:
            ys |= {y, P - y}
    assert len(ys) == 5
    for y in ys:
        x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = _sqrt(x2, root)
        assert x * x % P == x2
        point = (x, y)
        for _ in range(3):
            point = times_two(*point)
        assert point == (0, 1)
    for y in ys | {P, P + 1}:
        for sign in (0, 1 << 255):
            raw = (y | sign).to_bytes(32, "little")
            kid = keys.thumbprint(raw)
            for first in ys:
                # R of small order and S = 0: the equation of RFC 8032, 5.1.7 may hold
                proof = first.to_bytes(32, "little") + bytes(32)
                for data in (b"a", b"b", b"c", b"d"):
                    assert not signatures.verify(kid, "Ed25519", data, proof, {kid: raw})


def _sqrt(value: int, root: int) -> int:
    """A square root modulo P, if there is one (RFC 8032, 5.1.3)."""
    found = pow(value, (P + 3) // 8, P)
    return found if found * found % P == value % P else found * root % P
