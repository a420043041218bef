"""Pages for citizens. The addresses carry case numbers, never the number of a person."""

from django.urls import path
from django.views.i18n import set_language

from portal.views import cases, pages, session

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("about/", pages.about, name="about"),
    path("cases/", cases.mine, name="cases"),
    path("wallet/", cases.wallet, name="wallet"),
    path("login/", session.login, name="login"),
    path("login/persona/", session.persona, name="persona"),
    path("logout/", session.logout, name="logout"),
    path("display/", session.elder, name="elder"),
    path("language/", set_language, name="set_language"),
]
