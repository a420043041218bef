"""The endpoints by which a wallet is given a credential (OpenID4VCI 1.0)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from credentials import actions, codes
from credentials.actions.offering import TOKEN_FOR
from credentials.answers import bearer, body, posted
from credentials.errors import WalletError
from credentials.issuer.metadata import PRE_AUTHORIZED
from ledger.clock import now
from people.errors import ActionRejected
from people.text import clean

_WALLET_LONGEST = 80  # characters of what it calls itself


@posted
def token(request: HttpRequest) -> HttpResponse:
    """The access token for a pre-authorised code and its PIN (section 6)."""
    sent = request.POST
    if any(len(values) > 1 for _, values in sent.lists()):
        raise WalletError("invalid_request", "a parameter stands twice")
    if sent.get("grant_type", "") != PRE_AUTHORIZED:
        known = "grant_type" in sent
        raise WalletError(
            "unsupported_grant_type" if known else "invalid_request", "only pre-authorized codes"
        )
    if not sent.get("pre-authorized_code"):
        raise WalletError("invalid_request", "pre-authorized_code is missing")
    if not sent.get("tx_code"):
        raise WalletError("invalid_request", "tx_code is missing")
    made = actions.redeem(
        code=sent["pre-authorized_code"],
        pin=sent["tx_code"],
        wallet=_name(request.META.get("HTTP_USER_AGENT", "")),
        now=now(),
    )
    lasts = int(TOKEN_FOR.total_seconds())
    return JsonResponse({"access_token": made, "token_type": "Bearer", "expires_in": lasts})


def _name(agent: str) -> str:
    """Return what a wallet calls itself, by which its owner knows it again; it proves nothing."""
    try:
        return clean(agent[:_WALLET_LONGEST], longest=_WALLET_LONGEST)
    except ActionRejected:
        return ""


@posted
def nonce(request: HttpRequest) -> HttpResponse:
    """A nonce for proofs (section 7)."""
    return JsonResponse({"c_nonce": codes.nonce(now().timestamp())})


@posted
def credential(request: HttpRequest) -> HttpResponse:
    """The credentials, one for each proof of possession (section 8)."""
    token = bearer(request)
    sent = body(request, "invalid_credential_request")
    if "credential_identifier" in sent:
        raise WalletError("unknown_credential_identifier", "none was given")
    if "credential_response_encryption" in sent:
        raise WalletError("invalid_encryption_parameters", "responses are not encrypted")
    configuration = sent.get("credential_configuration_id")
    if not isinstance(configuration, str):
        raise WalletError("invalid_credential_request", "credential_configuration_id is missing")
    made = actions.issue(
        token=token, configuration=configuration, jwts=_proofs(sent.get("proofs")), now=now()
    )
    return JsonResponse(
        {
            "credentials": [{"credential": one} for one in made.credentials],
            "notification_id": made.notification,
        }
    )


def _proofs(sent: Any) -> list[str]:
    if not isinstance(sent, dict) or set(sent) != {"jwt"}:
        raise WalletError("invalid_proof", "proofs of the type jwt are needed")
    found = sent["jwt"]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise WalletError("invalid_proof", "proofs of the type jwt are needed")
    return found


@posted
def notification(request: HttpRequest) -> HttpResponse:
    """What the wallet says of what it was given (section 11)."""
    token = bearer(request)
    sent = body(request, "invalid_notification_request")
    known = sent.get("notification_id"), sent.get("event")
    if not all(isinstance(one, str) for one in known):
        raise WalletError("invalid_notification_request", "notification_id or event is missing")
    actions.notify(token=token, notification=str(known[0]), event=str(known[1]), now=now())
    return HttpResponse(status=204)
