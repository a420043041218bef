"""What the provider's tokens say, and, for tests, how they can be wrong."""

import base64
import json
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwcrypto import jwk, jwt
from oauth2_provider.oauth2_validators import OAuth2Validator

from demo.provider import faults, people

SURE: dict[int, str] = {}  # acr of the last log-in, by key of the user (one process)


class Validator(OAuth2Validator):
    """ID token: ``acr``. Userinfo alone: ``name`` and ``id_number``, which no address may carry."""

    oidc_claim_scope = {**OAuth2Validator.oidc_claim_scope, "acr": "openid"}

    def get_additional_claims(self, request: Any) -> dict[str, Any]:
        return {"acr": SURE.get(request.user.pk, people.LEVELS[0])}

    def get_userinfo_claims(self, request: Any) -> dict[str, Any]:
        claims: dict[str, Any] = super().get_userinfo_claims(request)
        someone = people.everybody()[request.user.username]
        claims |= {"name": someone.name, "id_number": someone.number}
        if faults.current() == "userinfo_of_another":
            claims["sub"] = "0"
        if faults.current() == "without_number":
            del claims["id_number"]
        if faults.current() == "false_number":
            claims["id_number"] = someone.number[:-1] + ("1" if someone.number[-1] != "1" else "2")
        return claims

    def finalize_id_token(
        self, id_token: dict[str, Any], token: Any, token_handler: Any, request: Any
    ) -> str:
        signed: str = super().finalize_id_token(id_token, token, token_handler, request)
        change = faults.TOKENS.get(faults.current())
        if change is None:
            return signed
        claims = json.loads(_decoded(signed.split(".")[1]))
        return _made(change(claims, time.time()), signed, request.client)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _made(claims: dict[str, Any], signed: str, client: Any) -> str:
    """Sign changed claims as a provider would that is broken, or is somebody else."""
    header = json.loads(_decoded(signed.split(".")[0]))
    fault = faults.current()
    if fault == "alg_none":
        head = {"typ": "JWT", "alg": "none"}
        parts = [json.dumps(head).encode(), json.dumps(claims).encode(), b""]
        return ".".join(base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in parts)
    key = client.jwk_key
    if fault == "another_key":
        foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = jwk.JWK.from_pem(
            foreign.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    if fault == "signed_with_the_secret":  # RFC 8725, section 2.1: algorithm confusion
        from django.conf import settings

        header = {"typ": "JWT", "alg": "HS256"}
        secret = base64.urlsafe_b64encode(settings.CLIENT_SECRET.encode()).rstrip(b"=").decode()
        key = jwk.JWK(kty="oct", k=secret)
    token = jwt.JWT(header=json.dumps(header), claims=json.dumps(claims))
    token.make_signed_token(key)
    return str(token.serialize())
