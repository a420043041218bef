"""A wallet in a few lines, which shares nothing with what it talks to but the specifications.

Its JWTs are made by joserfc, its presentations by the SD-JWT library of the OpenWallet Foundation.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.test import Client
from joserfc import jwk, jws

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_key() -> jwk.ECKey:
    return jwk.ECKey.generate_key("P-256")


def signed(key: Any, header: dict[str, Any], payload: dict[str, Any], alg: str = "ES256") -> str:
    return jws.serialize_compact(
        {"alg": alg, **header},
        json.dumps(payload),
        key,
        registry=jws.JWSRegistry(algorithms=[alg], strict_check_header=False),
    )


def reads(text: str, key: Any) -> dict[str, Any]:
    """Return the payload of a JWT whose signature joserfc finds right; its header may be long."""
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    registry.max_header_length = 8_000
    return json.loads(jws.deserialize_compact(text, key, registry=registry).payload)


def payload_of(jwt: str) -> dict[str, Any]:
    return json.loads(unb64(jwt.split(".")[1]))


def disclosed(credential: str) -> dict[str, str]:
    """Return the disclosures of a credential by the name of their claim."""
    return {json.loads(unb64(one))[1]: one for one in credential.split("~")[1:-1]}


def offered(page: str) -> tuple[dict[str, Any], str]:
    """Return the offer and the PIN that a page shows."""
    link = unescape(re.search(r'href="(openid-credential-offer://[^"]+)"', page)[1])
    pin = re.search(r'<p class="pin"><b>(\d{6})</b>', page)[1]
    return json.loads(parse_qs(urlsplit(link).query)["credential_offer"][0]), pin


class Wallet:
    """``key`` signs proofs and presentations; ``answer`` is the last HTTP answer."""

    def __init__(self, key: Any = None) -> None:
        self.client, self.key = Client(enforce_csrf_checks=True), key or new_key()
        self.token, self.answer = "", None

    def _path(self, url: str) -> str:
        assert url.startswith(settings.SITE_URL), url
        return url.removeprefix(settings.SITE_URL)

    def metadata(self, issuer: str) -> dict[str, Any]:
        url = urlsplit(issuer)
        at = f"{url.scheme}://{url.netloc}/.well-known/openid-credential-issuer{url.path}"
        return self.client.get(self._path(at)).json()

    def redeem(self, offer: dict[str, Any], pin: str, **changes: Any) -> Any:
        sent = {
            "grant_type": GRANT,
            "pre-authorized_code": offer["grants"][GRANT]["pre-authorized_code"],
            "tx_code": pin,
            **changes,
        }
        sent = {name: value for name, value in sent.items() if value is not None}
        agent = {"HTTP_USER_AGENT": "Test Wallet/1.0"}
        self.answer = self.client.post("/credentials/token", sent, **agent)
        found = self.answer.json()
        self.token = found.get("access_token", self.token)
        return found

    def nonce(self) -> str:
        return self.client.post("/credentials/nonce").json()["c_nonce"]

    def proof(self, nonce: str, /, key: Any = None, header: Any = None, **changes: Any) -> str:
        key = key or self.key
        head = {"typ": "openid4vci-proof+jwt", "jwk": key.as_dict(private=False), **(header or {})}
        payload = {
            "aud": f"{settings.SITE_URL}/credentials",
            "iat": int(time.time()),
            "nonce": nonce,
            **changes,
        }
        return signed(key, head, {k: v for k, v in payload.items() if v is not None})

    def fetch(self, configuration: str, *proofs: str, **changes: Any) -> Any:
        body = {
            "credential_configuration_id": configuration,
            "proofs": {"jwt": list(proofs)},
            **changes,
        }
        return self.post("/credentials/credential", body)

    def post(self, path: str, body: Any, token: str | None = None) -> Any:
        authorization = f"Bearer {self.token if token is None else token}"
        self.answer = self.client.post(
            path,
            body if isinstance(body, str) else json.dumps(body),
            content_type="application/json",
            HTTP_AUTHORIZATION=authorization,
        )
        return self.answer.json() if self.answer.content else None

    def receive(self, offer: dict[str, Any], pin: str) -> str:
        """Take an offer as a wallet does, and return the credential."""
        (configuration,) = offer["credential_configuration_ids"]
        self.redeem(offer, pin)
        got = self.fetch(configuration, self.proof(self.nonce()))
        assert self.answer.status_code == 200, got
        self.notification = got["notification_id"]
        return got["credentials"][0]["credential"]

    def request(self, link: str) -> dict[str, Any]:
        """Fetch the request object that a code names."""
        uri = parse_qs(urlsplit(link).query)["request_uri"][0]
        self.answer = self.client.get(self._path(uri))
        assert self.answer.status_code == 200
        return payload_of(self.answer.content.decode())

    def present(
        self, credential: str, names: list[str], request: dict[str, Any], **changes: Any
    ) -> str:
        """Return what shows ``names`` of a credential to whoever made the request."""
        every = disclosed(credential)
        shown = "~".join([credential.split("~")[0], *(every[n] for n in names), ""])
        key = changes.pop("key", self.key)
        head = {"typ": "kb+jwt", **changes.pop("header", {})}
        payload = {
            "aud": request["client_id"],
            "nonce": request["nonce"],
            "iat": int(time.time()),
            "sd_hash": b64(hashlib.sha256(shown.encode()).digest()),
            **changes,
        }
        return shown + signed(key, head, {k: v for k, v in payload.items() if v is not None})

    def respond(self, request: dict[str, Any], presentation: str | None, **changes: Any) -> Any:
        tokens = json.dumps({"certificate": [presentation]})
        sent = {"vp_token": tokens, "state": request["state"], **changes}
        path = self._path(request["response_uri"])
        self.answer = self.client.post(path, {k: v for k, v in sent.items() if v is not None})
        return self.answer.json()
