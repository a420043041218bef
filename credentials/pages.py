"""Pages of a holder: putting a certificate into a wallet, and the wallets that have it."""

import json
import uuid
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from certificates import policies
from certificates import queries as certificates
from certificates.models import Certificate
from certificates.states import State
from credentials import actions, codes, kinds, qr, queries
from credentials.actions.offering import OFFER
from credentials.issuer.metadata import PRE_AUTHORIZED
from credentials.models import CredentialOffer
from ledger.clock import city_date, now
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User


def _actor(request: HttpRequest) -> Actor:
    if not isinstance(request.user, User) or request.user.role != User.Role.CITIZEN:
        raise Http404
    acts_as: Callable[[HttpRequest, User], Actor] = import_string(settings.ACTS_AS)
    return acts_as(request, request.user)


def _held(public_id: str, by: Actor) -> Certificate:
    found = certificates.find(public_id)
    if found is None or not policies.is_holder(by, found):
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def wallets(request: HttpRequest, public_id: str) -> HttpResponse:
    """The wallets that have it, and the button that offers it to another."""
    by, problem = _actor(request), None
    found, at = _held(public_id, by), now()
    if request.method == "POST":
        try:
            made = actions.offer(public_id=found.public_id, by=by, now=at)
        except ActionRejected as error:
            problem = error
        else:
            return HttpResponseRedirect(
                reverse("credentials:offer", args=[found.public_id, made.pk])
            )
    context = {
        "section": "wallet",
        "shown": certificates.public_view(found, at),
        "wallets": queries.in_wallets(found, at),
        "in_force": certificates.state_on(found, city_date(at)) == State.VALID,
        "problem": problem,
    }
    status = problem.status if problem else 200
    return render(request, "credentials/wallets.html", context, status=status)


def _offered(
    request: HttpRequest, public_id: str, offer: uuid.UUID
) -> tuple[Certificate, CredentialOffer]:
    by = _actor(request)
    found = _held(public_id, by)
    row = CredentialOffer.objects.filter(pk=offer, certificate=found, citizen=by.code).first()
    if row is None:
        raise Http404
    return found, row


def _state(offer: CredentialOffer) -> str:
    """How far an offer is: open, redeemed, issued, wrong_pin, ended, over."""
    if offer.issued_at is not None:
        return "issued"
    if offer.ended_at is not None:
        return "wrong_pin" if offer.wrong_pins else "ended"
    if offer.redeemed_at is not None:
        return "redeemed"
    return "open" if now() < offer.expires_at else "over"


def address(offer: CredentialOffer, service: str) -> str:
    """Return the address that opens a wallet with the offer (OpenID4VCI 1.0, 4.1)."""
    document = {
        "credential_issuer": kinds.issuer(),
        "credential_configuration_ids": [service],
        "grants": {
            PRE_AUTHORIZED: {
                "pre-authorized_code": codes.code(offer.pk, OFFER),
                "tx_code": {"input_mode": "numeric", "length": codes.PIN_DIGITS},
            }
        },
    }
    sent = json.dumps(document, separators=(",", ":"))
    return "openid-credential-offer://?" + urlencode({"credential_offer": sent})


@require_GET
@login_required
@never_cache
def offer(request: HttpRequest, public_id: str, offer: uuid.UUID) -> HttpResponse:
    """The code to scan, the PIN, and whether a wallet has it yet."""
    found, row = _offered(request, public_id, offer)
    state, link = _state(row), address(row, found.service)
    context = {
        "section": "wallet",
        "shown": certificates.public_view(found, now()),
        "offer": row,
        "state": state,
        "link": link,
        "code": qr.svg(link) if state == "open" else "",
        "pin": codes.pin(row.pk),
    }
    return render(request, "credentials/offer.html", context)


@require_GET
@login_required
@never_cache
def state(request: HttpRequest, public_id: str, offer: uuid.UUID) -> HttpResponse:
    """The state alone, for the page that waits; once it has changed the page is loaded anew."""
    found, row = _offered(request, public_id, offer)
    state = _state(row)
    context = {"shown": {"id": found.public_id}, "offer": row, "state": state}
    response = render(request, "credentials/offer_state.html", context)
    if state not in ("open", "redeemed"):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@login_required
@never_cache
def end(request: HttpRequest, public_id: str, offer: uuid.UUID) -> HttpResponse:
    """End what one wallet has of it."""
    by = _actor(request)
    found = _held(public_id, by)
    try:
        actions.end(public_id=found.public_id, offer=offer, by=by, now=now())
    except ActionRejected as error:
        if error.status == 404:
            raise Http404 from None
        raise
    return HttpResponseRedirect(reverse("credentials:wallets", args=[found.public_id]))
