"""Where other agencies' programs get their access tokens."""

from django.urls import path

from exchange.oauth import challenges, views

app_name = "oauth"
urlpatterns = [
    path("oauth/token", views.Token.as_view(), name="token"),
    path("oauth/revoke", views.Revocation.as_view(), name="revoke"),
    path(".well-known/oauth-authorization-server", views.server_metadata, name="server"),
    path(challenges.RESOURCE_METADATA.lstrip("/"), views.resource_metadata, name="resource"),
]
