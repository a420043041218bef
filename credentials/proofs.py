"""Proofs that a wallet has the key that a credential is to be bound to (OpenID4VCI 1.0, F.1)."""

import datetime
from collections.abc import Sequence

from credentials import codes, jwt, kinds
from credentials.errors import WalletError

TYP = "openid4vci-proof+jwt"
BATCH = 4  # keys at once: so many verifiers cannot tell that they were shown the same certificate
NONCE_FOR = 300  # seconds
OLDEST = datetime.timedelta(minutes=5)
CLOCKS_DIFFER = datetime.timedelta(minutes=1)


def check(jwts: Sequence[str], now: datetime.datetime) -> tuple[str, list[bytes]]:
    """Return the nonce of the proofs and the public key of each.

    Raises ``WalletError``: invalid_nonce where the wallet has to fetch another, invalid_proof else.
    """
    if not 1 <= len(jwts) <= BATCH:
        raise _invalid(f"between 1 and {BATCH} proofs are taken")
    read = [_checked(one, now) for one in jwts]
    nonces = {nonce for nonce, _ in read}
    publics = [public for _, public in read]
    if len(nonces) != 1 or len(set(publics)) != len(publics):
        raise _invalid("the proofs are of one nonce, and of one key each")
    return nonces.pop(), publics


def _checked(text: str, now: datetime.datetime) -> tuple[str, bytes]:
    try:
        proof = jwt.read(text, TYP)
        if not {"kid", "x5c", "trust_chain"}.isdisjoint(proof.header):
            raise jwt.JwtError("the key is named by jwk alone")
        public = jwt.public_bytes(proof.header.get("jwk"))
        at = proof.number("iat")
    except jwt.JwtError as error:
        raise _invalid(str(error)) from None
    if not proof.is_signed_by(public):
        raise _invalid("the signature does not fit the key")
    if proof.payload.get("aud") != kinds.issuer():
        raise _invalid("the audience is not this issuer")
    if not (now - OLDEST).timestamp() <= at <= (now + CLOCKS_DIFFER).timestamp():
        raise _invalid("it was not made now")
    nonce = proof.payload.get("nonce")
    age = codes.nonce_age(nonce, now.timestamp()) if isinstance(nonce, str) else None
    if age is None or not -CLOCKS_DIFFER.total_seconds() <= age <= NONCE_FOR:
        raise WalletError("invalid_nonce", "the nonce is not or no longer good")
    return str(nonce), public


def _invalid(why: str) -> WalletError:
    return WalletError("invalid_proof", why)
