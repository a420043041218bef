"""What wallets and verifiers read of us before anything else: issuer, types, keys, status lists."""

from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from credentials import claims, kinds, proofs, queries, signing, statuslist
from credentials.answers import public
from ledger import keys
from ledger.clock import city_date, now

PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
LISTS_MAX = 1_000_000_000


def _url(name: str, *arguments: Any) -> str:
    return settings.SITE_URL + reverse(f"credentials:{name}", args=arguments)


@require_GET
def credential_issuer(request: HttpRequest) -> HttpResponse:
    """The metadata of the credential issuer (OpenID4VCI 1.0, 12.2)."""
    found = kinds.every(city_date(now()))
    document = {
        "credential_issuer": kinds.issuer(),
        "credential_endpoint": _url("credential"),
        "nonce_endpoint": _url("nonce"),
        "notification_endpoint": _url("notification"),
        "batch_credential_issuance": {"batch_size": proofs.BATCH},
        "display": claims.display((settings.CITY.zh, settings.CITY.en)),
        "credential_configurations_supported": {
            code: _configuration(kind) for code, kind in found.items()
        },
    }
    return public(JsonResponse(document), 30)


def _configuration(kind: kinds.Kind) -> dict[str, Any]:
    return {
        "format": claims.TYP,
        "vct": kind.vct,
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": ["ES256"],
        "proof_types_supported": {
            "jwt": {"proof_signing_alg_values_supported": ["ES256", "Ed25519", "EdDSA"]}
        },
        "credential_metadata": {
            "display": claims.display((kind.zh, kind.en)),
            "claims": [
                {"path": list(path), "display": claims.display(names)}
                for path, names in kind.claims.items()
            ],
        },
    }


@require_GET
def authorization_server(request: HttpRequest) -> HttpResponse:
    """The metadata of the authorisation server, which knows one grant (RFC 8414)."""
    document = {
        "issuer": kinds.issuer(),
        "token_endpoint": _url("token"),
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": [PRE_AUTHORIZED],
        "response_types_supported": [],
        "pre-authorized_grant_anonymous_access_supported": True,
    }
    return public(JsonResponse(document), 30)


@require_GET
def type_metadata(request: HttpRequest, service: str) -> HttpResponse:
    """What a type of credentials is called and has (SD-JWT VC, 4), at the address of ``vct``."""
    kind = kinds.of(service, city_date(now()))
    if kind is None:
        raise Http404
    document = claims.type_metadata(kind.vct, (kind.zh, kind.en), kind.claims)
    return public(JsonResponse(document), 30)


def _published() -> list[dict[str, str]]:
    return [
        {**keys.jwk(bytes(key.public)), "kid": key.kid, "use": "sig", "alg": "ES256"}
        for key in keys.published()
        if key.purpose == signing.WALLET
    ]


@require_GET
def jwt_vc_issuer(request: HttpRequest) -> HttpResponse:
    """The keys of the issuer that credentials name (SD-JWT VC, 3.5), retired ones too."""
    document = {"issuer": settings.SITE_URL, "jwks": {"keys": _published()}}
    return public(JsonResponse(document), 30)


@require_GET
def did(request: HttpRequest) -> HttpResponse:
    """The same keys as a DID document of the method web (W3C DID core, did:web)."""
    name = "did:web:" + quote(urlsplit(settings.SITE_URL).netloc, safe="")
    published = _published()
    ids = [f"{name}#{one['kid']}" for one in published]
    document = {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/suites/jws-2020/v1",
        ],
        "id": name,
        "alsoKnownAs": [settings.SITE_URL],
        "verificationMethod": [
            {"id": key, "type": "JsonWebKey2020", "controller": name, "publicKeyJwk": one}
            for key, one in zip(ids, published, strict=True)
        ],
        "assertionMethod": ids,
    }
    return public(JsonResponse(document, content_type="application/did+json"), 30)


@require_GET
def status_list(request: HttpRequest, number: int) -> HttpResponse:
    """A token status list, one second old at most."""
    if number > LISTS_MAX:
        raise Http404
    at = now()
    encoded = statuslist.encode(queries.statuses(number, city_date(at)))
    document = statuslist.token(_url("status", number), at, encoded)
    signed = signing.sign(signing.WALLET, statuslist.TYP, document, at)
    return public(HttpResponse(signed, content_type=f"application/{statuslist.TYP}"), 1)
