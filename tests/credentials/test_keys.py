"""The keys of wallets: ES256, signed by the root, and rotated as the others are."""

from __future__ import annotations

import datetime as dt

import pytest
from joserfc import jwk

from certificates.verification import offline
from credentials import signing
from ledger import keys, root, rotation, signatures
from tests.credentials.wallet import payload_of, reads

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tmp_path, settings, now: dt.datetime) -> None:
    settings.KEYS_DIR = tmp_path / "keys"
    rotation.make(now)


def published() -> dict[str, jwk.Key]:
    return {
        one["kid"]: jwk.import_key(one)
        for one in signatures.jwks()["keys"]
        if one["purpose"] == "wallet"
    }


def test_what_was_signed_before_a_rotation_verifies_after_it(made, now):
    old = signing.sign("wallet", "x", {"n": 1}, now)
    first = keys.curve_signer("wallet").kid
    second = rotation.rotate("wallet", now)
    new = signing.sign("wallet", "x", {"n": 2}, now)
    assert second != first and keys.curve_signer("wallet").kid == second
    known = published()
    assert set(known) == {first, second}
    assert all(key.thumbprint() == kid for kid, key in known.items())  # RFC 7638, by joserfc
    assert reads(old, known[first]) == {"n": 1} and reads(new, known[second]) == {"n": 2}
    assert not (keys.settings.KEYS_DIR / "wallet-0001.pem").exists()
    assert (keys.settings.KEYS_DIR / "wallet-0001.pub").exists()
    assert payload_of(new) == {"n": 2}


def test_the_root_signs_them_and_nobody_believes_another(made, now):
    public = root.public()
    rows = {key.kid: key for key in keys.published() if key.purpose in keys.CURVE}
    assert len(rows) == 2 and all(root.is_signed(key, public) for key in rows.values())
    one = next(iter(rows.values()))
    one.purpose = "certificate"
    assert not root.is_signed(one, public)


def test_a_wallets_key_signs_no_certificate(made, now):
    kid = keys.curve_signer("wallet").kid
    assert kid not in offline.keys_of(signatures.jwks())
    data = b"x"
    signature = signatures.sign("certificate", data)
    assert not signatures.verify(kid, "Ed25519", data, signature.signature)
    assert not signatures.verify(signature.kid, "ES256", data, signature.signature)
    with pytest.raises(AssertionError):
        keys.signer("wallet")
    with pytest.raises(AssertionError):
        keys.curve_signer("certificate")


@pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"\x01" * 63, b"\xff" * 64, b"\x01" * 65])
def test_no_signature_of_another_shape_is_one(made, signature):
    kid = keys.curve_signer("wallet").kid
    assert not signatures.verify(kid, "ES256", b"x", signature)
