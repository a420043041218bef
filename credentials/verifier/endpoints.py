"""What a wallet fetches and answers when it is asked to show a credential (OpenID4VP 1.0)."""

import json
import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from credentials import actions, claims, codes, kinds, signing
from credentials.actions.presenting import NONCE, QUERY, STATE
from credentials.answers import LONGEST, posted
from credentials.errors import WalletError
from credentials.models import PresentationRequest
from ledger.canonical import once_each
from ledger.clock import now

TYP = "oauth-authz-req+jwt"  # RFC 9101


@require_GET
@never_cache
def request_object(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """The request itself, signed (section 5); gone once it is answered or over."""
    at = now()
    found = PresentationRequest.objects.filter(
        pk=key, outcome=PresentationRequest.Outcome.OPEN, expires_at__gt=at
    ).first()
    if found is None:
        raise Http404
    document = {
        "aud": "https://self-issued.me/v2",
        "client_id": signing.client_id(at),
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": settings.SITE_URL + reverse("credentials:response"),
        "nonce": codes.code(found.pk, NONCE),
        "state": codes.code(found.pk, STATE),
        "iat": int(at.timestamp()),
        "exp": int(found.expires_at.timestamp()),
        "dcql_query": _query(found),
        "client_metadata": {
            "client_name": f"{settings.CITY.zh} {found.office.name_zh}",
            "vp_formats_supported": {
                claims.TYP: {
                    "sd-jwt_alg_values": ["ES256"],
                    "kb-jwt_alg_values": ["ES256", "Ed25519", "EdDSA"],
                }
            },
        },
    }
    signed = signing.sign(signing.VERIFIER, TYP, document, at)
    return HttpResponse(signed, content_type=f"application/{TYP}")


def _query(found: PresentationRequest) -> dict[str, Any]:
    """Return what is asked for in DCQL (section 6): one certificate, and the chosen claims."""
    return {
        "credentials": [
            {
                "id": QUERY,
                "format": claims.TYP,
                "meta": {"vct_values": [kinds.vct(found.service)]},
                "claims": [{"path": path} for path in found.claims],
            }
        ]
    }


@posted
def response(request: HttpRequest) -> HttpResponse:
    """What a wallet shows, or that it does not (``direct_post``, section 8.2)."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > 2 * LONGEST:
        raise WalletError("invalid_request", "the response is too long", status=413)
    sent, at = request.POST, now()
    if any(len(values) > 1 for _, values in sent.lists()):
        raise WalletError("invalid_request", "a parameter stands twice")
    if "error" in sent:
        actions.decline(state=sent.get("state", ""), now=at)
        return JsonResponse({})
    try:
        tokens = json.loads(sent.get("vp_token", ""), object_pairs_hook=once_each)
    except (ValueError, RecursionError):
        raise WalletError("invalid_request", "vp_token is no JSON object") from None
    actions.answer(state=sent.get("state", ""), tokens=tokens, now=at)
    return JsonResponse({})
