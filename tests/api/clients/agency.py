"""An agency's program by the client that openapi-python-client generates: run by a test.

Reads what to do as JSON from its input, prints what came of it as JSON. Knows nothing of ours.
"""

import json
import sys
import time
import uuid
from typing import Any

from joserfc.jwk import KeySet
from miaopi_client import AuthenticatedClient, Client
from miaopi_client.api.applications import application, receipt, submit
from miaopi_client.api.keys import keys
from miaopi_client.api.services import service
from miaopi_client.models import Application, ApplicationDecidedSent, Service, Submission
from standardwebhooks.webhooks import Webhook

SETTLED = ("approved", "refused", "review", "returned")


def hand_in(site: AuthenticatedClient, body: dict[str, Any]) -> dict[str, Any]:
    wanted = Submission.from_dict(body)
    shown = service.sync(wanted.service, client=site)
    assert isinstance(shown, Service)
    wanted.edition = shown.edition
    key = str(uuid.uuid4())
    case = submit.sync(client=site, body=wanted, idempotency_key=key, prefer="wait=5")
    assert isinstance(case, Application), case
    ends = time.monotonic() + 60
    while case.state not in SETTLED and time.monotonic() < ends:
        time.sleep(0.2)
        case = application.sync(case.number, client=site)
        assert isinstance(case, Application), case
    return {"number": case.number, "state": case.state, "outcome": case.decision.outcome}


def verify(
    site: AuthenticatedClient, number: str, secret: str, message: dict[str, Any]
) -> dict[str, Any]:
    signed = receipt.sync_detailed(number, client=site)
    published = keys.sync(client=Client(base_url=site._base_url))
    key = KeySet.import_key_set(published.to_dict()).get_by_kid(signed.headers["Signature-Key"])
    signature = bytes.fromhex(signed.headers["Signature-Hex"])
    key.get_op_key("verify").verify(signature, signed.content)  # raises InvalidSignature
    taken = Webhook(secret).verify(message["body"], message["headers"])
    decided = ApplicationDecidedSent.from_dict(taken)
    return {"outcome": signed.parsed.outcome, "told": decided.data.application}


def main() -> None:
    asked = json.load(sys.stdin)
    site = AuthenticatedClient(
        base_url=asked["url"], token=asked["token"], raise_on_unexpected_status=True
    )
    if "number" in asked:
        found = verify(site, asked["number"], asked["secret"], asked["message"])
    else:
        found = hand_in(site, asked["body"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
