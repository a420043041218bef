"""Forged, truncated, re-signed and confused credentials: refused, with a reason, never a crash."""

import base64
import datetime as dt
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certificates.payload import LIST_BITS, TYP
from certificates.verification import offline, statuslist
from ledger import canonical
from ledger.keys import b64, thumbprint

ON = dt.date(2026, 3, 2)
KEY = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
KID = thumbprint(PUBLIC)
SAYS = {
    "form": "1",
    "issued": "2026-03-01",
    "expires": "2027-03-01",
    "holder": {"name": "欧阳思远", "number": ""},
    "status": {"list": "0", "index": "5"},
}


def jwk(**changes):
    known = {"kty": "OKP", "crv": "Ed25519", "x": b64(PUBLIC), "kid": KID, "alg": "EdDSA"}
    return {**known, "use": "sig", "purpose": "certificate", **changes}


KEYS = offline.keys_of({"keys": [jwk()]})


def sealed(says=SAYS, key=KEY, raw=None, **header):
    head = {"alg": "EdDSA", "kid": KID, "typ": TYP, **header}
    body = canonical.dumps(says) if raw is None else raw
    text = f"{b64(json.dumps(head).encode())}.{b64(body)}"
    return f"{text}.{b64(key.sign(text.encode()))}"


def refused(seal, keys=KEYS):
    with pytest.raises(offline.Forged) as caught:
        offline.check(seal, keys, ON)
    assert caught.value.zh and caught.value.en
    return caught.value.en


def test_the_genuine_one_passes():
    checked = offline.check(sealed(), KEYS, ON)
    assert (checked.kid, checked.expired, checked.not_yet) == (KID, False, False)
    assert checked.status == (0, 5)
    assert offline.check(sealed(), KEYS, dt.date(2027, 3, 1)).expired is False
    assert offline.check(sealed(), KEYS, dt.date(2027, 3, 2)).expired is True


def test_signed_again_by_somebody_else():
    theirs = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
    assert "signature" in refused(sealed(key=theirs))
    kid = thumbprint(theirs.public_key().public_bytes_raw())
    assert "not ours" in refused(sealed(key=theirs, kid=kid))


def test_a_key_of_another_purpose_signs_no_certificate():
    keys = offline.keys_of({"keys": [jwk(purpose="webhook")]})
    assert "not ours" in refused(sealed(), keys)


def test_another_kind_of_document_is_no_certificate():
    assert "vc+jwt" in refused(sealed(typ="vc+jwt"))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES256", "eddsa", "", None, 7])
def test_the_algorithm_is_ours_to_choose(algorithm):
    assert "algorithm" in refused(sealed(alg=algorithm))


def test_the_public_key_is_no_shared_secret():
    """The classic confusion: HMAC with the published key as its secret."""
    import hashlib
    import hmac

    head = b64(json.dumps({"alg": "HS256", "kid": KID, "typ": TYP}).encode())
    text = f"{head}.{b64(canonical.dumps(SAYS))}"
    mac = hmac.new(PUBLIC, text.encode(), hashlib.sha256).digest()
    refused(f"{text}.{b64(mac)}")


def test_nothing_critical_is_waved_through():
    assert "extension" in refused(sealed(crit=["exp"]))


def test_a_key_brought_along_is_not_looked_at():
    theirs = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
    raw = theirs.public_key().public_bytes_raw()
    brought = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
    refused(sealed(key=theirs, jwk=brought, kid=thumbprint(raw)))


def test_a_key_set_whose_key_is_not_what_its_id_says():
    other = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32).public_key().public_bytes_raw()
    with pytest.raises(offline.Forged):
        offline.keys_of({"keys": [jwk(x=b64(other))]})


@pytest.mark.parametrize(
    "raw",
    [b"[]", b"{}", b'{"form": "1"}', b'{"a":1}', b"\xff", b"[" * 5000, b'{"form":"2"}'],
)
def test_signed_but_not_a_certificate(raw):
    refused(sealed(raw=raw))


@given(st.integers(0, len(sealed()) - 1))
def test_cut_off_anywhere(length):
    refused(sealed()[:length])


@given(st.data())
def test_one_changed_character_anywhere(data):
    seal = sealed()
    place = data.draw(st.integers(0, len(seal) - 1))
    other = data.draw(st.characters(codec="utf-8"))
    if other == seal[place]:
        return
    changed = seal[:place] + other + seal[place + 1 :]
    if changed.strip() != seal:
        refused(changed)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), st.binary().map(lambda b: b.decode("latin-1"))))
def test_any_text_is_refused_in_peace(text):
    refused(text)


def test_another_spelling_of_the_same_bytes_is_refused():
    head, body, signature = sealed().split(".")
    stray = signature[:-1] + chr(ord(signature[-1]) + 1)
    same = base64.urlsafe_b64decode(stray + "==") == base64.urlsafe_b64decode(signature + "==")
    assert same  # only bits that mean nothing differ
    refused(f"{head}.{body}.{stray}")


@given(st.sets(st.integers(0, LIST_BITS - 1), max_size=40))
def test_a_status_list_says_what_was_put_in(serials):
    from certificates.payload import place

    encoded = statuslist.encode(serials)
    bits = {place(s)[1] for s in serials}
    for bit in bits | {0, 1, LIST_BITS - 1}:
        assert statuslist.is_set(encoded, bit) == (bit in bits)


def test_the_first_bit_of_a_status_list_is_the_leftmost():
    """W3C Bitstring Status List 1.0, section 3.2: index 0 is at the left."""
    import gzip

    encoded = statuslist.encode([0])  # place(0) is bit 0
    raw = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=="))
    assert raw[0] == 0b1000_0000 and len(raw) == 16_384


def test_a_status_list_of_another_length_is_refused():
    import gzip

    for size in (16_383, 16_385, 50_000_000):
        packed = base64.urlsafe_b64encode(gzip.compress(b"\0" * size)).rstrip(b"=").decode()
        with pytest.raises(ValueError, match="length"):
            statuslist.is_set("u" + packed, 3)
