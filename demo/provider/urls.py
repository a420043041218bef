"""The provider's addresses: the protocol's, and its log-in page."""

from django.urls import include, path
from oauth2_provider import urls, views

from demo.provider.views import login

protocol = [
    path("authorize/", views.AuthorizationView.as_view(), name="authorize"),
    path("token/", views.TokenView.as_view(), name="token"),
    *urls.oidc_urlpatterns,
]
urlpatterns = [
    path("login/", login, name="login"),
    path("", include((protocol, "oauth2_provider"))),
]
