"""Pages for citizens. The addresses carry case numbers, never the number of a person."""

from django.urls import path
from django.views.i18n import set_language

from portal.views import apply, ask, cases, install, open_data, pages, session, sign

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("life/<slug:event>/", pages.life, name="life"),
    path("about/", pages.about, name="about"),
    path("ask/", ask.ask, name="ask"),
    path("help/", pages.help_, name="help"),
    path("contact/", pages.contact, name="contact"),
    path("privacy/", pages.privacy, name="privacy"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("manifest.webmanifest", install.manifest, name="manifest"),
    path("worker.js", install.worker, name="worker"),
    path("offline/", install.offline, name="offline"),
    path("catalogue.jsonld", open_data.catalogue, name="catalogue"),
    path("services/<slug:code>/service.jsonld", open_data.service, name="service-data"),
    path("services/<slug:code>/", pages.service, name="service"),
    path("services/<slug:code>/apply/", apply.apply, name="apply"),
    path("services/<slug:code>/wrong/<slug:fact>/", apply.wrong, name="wrong"),
    path("cases/", cases.mine, name="cases"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/state/", cases.state, name="state"),
    path("cases/<str:number>/receipt/", cases.receipt, name="receipt"),
    path("cases/<str:number>/documents/<uuid:key>/", cases.document, name="document"),
    path("cases/<str:number>/correct/", cases.correct, name="correct"),
    path("cases/<str:number>/withdraw/", cases.withdraw, name="withdraw"),
    path("cases/<str:number>/contest/", cases.contest, name="contest"),
    path("cases/<str:number>/deliver/", cases.deliver, name="deliver"),
    path("cases/<str:number>/sign/", sign.sign, name="sign"),
    path("wallet/", cases.wallet, name="wallet"),
    path("login/", session.login, name="login"),
    path("login/start/", session.start, name="login-start"),
    path("login/back/", session.back, name="login-back"),
    path("session/", session.alive, name="session"),
    path("logout/", session.logout, name="logout"),
    path("display/", session.elder, name="elder"),
    path("language/", set_language, name="set_language"),
]
