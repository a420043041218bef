"""Many at once: a code and a token bring what they bring once, whoever is first."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from credentials.models import Credential
from tests.credentials.conftest import issued
from tests.credentials.test_independent import offer_of
from tests.credentials.wallet import GRANT, Wallet, new_key
from tests.portal.visitor import Visitor

AT_ONCE = 8


def test_of_eight_wallets_one_receives_and_once(live: Any) -> None:
    certificate = issued()
    link, pin = offer_of(Visitor(live.url).as_persona("graduate"), certificate)
    offer = json.loads(parse_qs(urlsplit(link).query)["credential_offer"][0])
    code = offer["grants"][GRANT]["pre-authorized_code"]

    def redeem(_: int) -> requests.Response:
        sent = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": pin}
        return requests.post(f"{live.url}/credentials/token", sent, timeout=30)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(redeem, range(AT_ONCE)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * (AT_ONCE - 1)
    (token,) = [a.json()["access_token"] for a in answers if a.ok]

    def fetch(_: int) -> requests.Response:
        nonce = requests.post(f"{live.url}/credentials/nonce", timeout=30).json()["c_nonce"]
        proof = Wallet(new_key()).proof(nonce, aud=f"{live.url}/credentials")
        body = {
            "credential_configuration_id": "graduate_settlement",
            "proofs": {"jwt": [proof]},
        }
        headers = {"Authorization": f"Bearer {token}"}
        return requests.post(
            f"{live.url}/credentials/credential", json=body, headers=headers, timeout=30
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(fetch, range(AT_ONCE)))
    assert sorted(a.status_code for a in answers) == [200] + [401] * (AT_ONCE - 1)
    assert Credential.objects.count() == 1
