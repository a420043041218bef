"""Addresses of wallets' protocols, and the pages around them; there only with ``WALLET``."""

from django.urls import path

from credentials import pages
from credentials.issuer import endpoints as issuer
from credentials.issuer import metadata
from credentials.verifier import endpoints as verifier
from credentials.verifier import pages as asking

app_name = "credentials"
_ISSUER = "credentials"  # path of the issuer's identifier (credentials.kinds.issuer)
urlpatterns = [
    path("certificates/<str:public_id>/wallet/", pages.wallets, name="wallets"),
    path("certificates/<str:public_id>/wallet/<uuid:offer>/", pages.offer, name="offer"),
    path("certificates/<str:public_id>/wallet/<uuid:offer>/end/", pages.end, name="end"),
    path("certificates/<str:public_id>/wallet/<uuid:offer>/state/", pages.state, name="state"),
    path("credentials/ask/", asking.ask, name="ask"),
    path("credentials/ask/<slug:service>/", asking.claims, name="ask-claims"),
    path("credentials/asked/<uuid:key>/", asking.asked, name="asked"),
    path("credentials/asked/<uuid:key>/state/", asking.state, name="asked-state"),
    path("credentials/token", issuer.token, name="token"),
    path("credentials/nonce", issuer.nonce, name="nonce"),
    path("credentials/credential", issuer.credential, name="credential"),
    path("credentials/notification", issuer.notification, name="notification"),
    path("credentials/requests/<uuid:key>", verifier.request_object, name="request"),
    path("credentials/responses", verifier.response, name="response"),
    path("credentials/types/<str:service>", metadata.type_metadata, name="type"),
    path("credentials/status/<int:number>", metadata.status_list, name="status"),
    # RFC 8414, 3: the path of an issuer comes after the well-known name; some wallets put it before
    path(
        f".well-known/openid-credential-issuer/{_ISSUER}",
        metadata.credential_issuer,
        name="issuer-metadata",
    ),
    path(
        f"{_ISSUER}/.well-known/openid-credential-issuer",
        metadata.credential_issuer,
        name="issuer-metadata-before",
    ),
    path(
        f".well-known/oauth-authorization-server/{_ISSUER}",
        metadata.authorization_server,
        name="server-metadata",
    ),
    path(".well-known/jwt-vc-issuer", metadata.jwt_vc_issuer, name="jwt-vc-issuer"),
    path(".well-known/did.json", metadata.did, name="did"),
]
