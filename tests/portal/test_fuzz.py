"""Whatever a browser sends to any page or action, nobody is answered 500 (seeded)."""

import random
from uuid import uuid4

import pytest
from django.contrib import admin
from django.test import Client

from people.models import User
from tests.portal.test_sweep import address, case, patterns

__all__ = ["case"]

PEOPLE = (
    None,
    "graduate",
    "clerk-hrss",
    "operator",
    "administrator",
    "auditor",
    "policy",
    "supervisor",
    "head",
    "legal",
    "technical",
)
TEXTS = (
    *("", "-1", "0", "1", "9" * 30, "1.5", "NaN", "true", "x", "x" * 256, "汪" * 300, "2026-02-30"),
    *("\x00", "a\x00b", "\u202e", "\u200b", "\U000e0041", "\x1b[0m", "\n\n", "e\u0301"),
    *("/", "//evil.example/", "../..", "home", "%", "%00", "%ff", "'", '"', "\\", "{{ 7 }}", "[]"),
    *("<script>", "MP", "zzz-not-a-uuid", "1,2", "0001-01-01", "9999-12-31", "None", "null", "__"),
)
PARAMETERS = (
    *("q", "o", "p", "all", "e", "_popup", "_to_field", "_changelist_filters", "id", "id__exact"),
    *("state", "state__exact", "hand", "due", "region", "at", "item", "kind", "partner", "active"),
    *("partner__id__exact", "registry", "outcome", "role__exact", "office__code__exact", "term"),
    *("service__id__exact", "service__code__exact", "is_active__exact", "next", "edition", "draw"),
    *("app_label", "model_name", "field_name", "after", "version", "person", "language", "code"),
    *("step", "blocks", "more", "key", "reason", "username", "password", "verb", "action", "on"),
    *("_selected_action", "select_across", "index", "revocation", "ground", "law", "answer"),
    *("case", "officer", "until", "release", "delete", "name", "age", "service"),
    *("proposal", "to", "role", "office", "half", "change", "reason", "confirmed__exact"),
    *("text", "name", "number", "email", "webhook_url", "services", "enabled", "/district"),
)


def addresses(case) -> list[str]:
    """Every address of the portal, the verification and the desk, with good and odd arguments."""
    found = [address(pattern, case) for pattern in patterns()]
    found += ["/verify/", "/verify/file/", f"/verify/{case.number}", "/certificates/x/"]
    found += [
        "/certificates/x.pdf",
        "/certificates/x.svg",
        "/certificates/x.png",
        "/certificates/x.jws",
        "/status/x/1",
    ]
    found += ["/status/revocation/99999999999999999999", "/certificates/x/filings/"]
    found += [f"/certificates/x/wallet/{uuid4()}/{page}" for page in ("", "end/", "state/")]
    found += [f"/credentials/{name}" for name in ("token", "nonce", "credential", "responses")]
    found += ["/credentials/notification", "/credentials/ask/", "/credentials/ask/sole_trader/"]
    found += [f"/credentials/{name}/{uuid4()}" for name in ("requests", "asked")]
    found += ["/credentials/types/x", "/credentials/status/99999999999999999999"]
    found += ["/desk/", "/desk/login/", "/desk/logout/", "/desk/password_change/", "/desk/jsi18n/"]
    found += ["/desk/autocomplete/", "/desk/services/edition/playground/", "/desk/search/"]
    found.append("/desk/approvals/application/past/")
    queue = "/desk/approvals/application/"
    found += [f"{queue}{page}/" for page in ("search", "assign", "filters", "away", "numbers")]
    for model in admin.site._registry:
        start = f"/desk/{model._meta.app_label}/{model._meta.model_name}/"
        found += [start, f"{start}add/"]
        for key in (str(case.pk), str(uuid4()), "1", "x", "9" * 25, "_00", "汪"):
            found += [f"{start}{key}/{page}/" for page in ("change", "history", "delete", "do")]
    first = User.objects.get(username="operator").pk
    found += [f"/desk/people/user/{first}/{page}/" for page in ("change", "password")]
    return found


def test_nothing_that_a_browser_sends_is_answered_500(case, pytestconfig):
    dice = random.Random(20260302)
    clients = []
    for username in PEOPLE:
        client = Client(raise_request_exception=False)
        if username and (user := User.objects.filter(username__startswith=username).first()):
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        clients.append((username, client))
    places = addresses(case)
    broken = []
    for turn in range(4000 if pytestconfig.getoption("--full") else 400):
        username, client = dice.choice(clients)
        place = dice.choice(places)
        if dice.random() < 0.1:
            place = place.rstrip("/") + dice.choice(("%00/", "%E2%80%AE/", "%FF/", "/-1/", "%0A/"))
        if "logout" in place and username:
            continue
        sent = {dice.choice(PARAMETERS): dice.choice(TEXTS) for _ in range(dice.randrange(5))}
        posts = dice.random() < 0.4
        response = client.post(place, sent) if posts else client.get(place, sent)
        if response.status_code >= 500:
            broken.append((turn, username, "POST" if posts else "GET", place, sent))
    assert not broken, "\n".join(map(repr, broken))


@pytest.mark.parametrize("address", ["/login/", "/desk/login/"])
@pytest.mark.parametrize("next", ["-1", "home", "x" * 50])
def test_a_way_on_that_is_no_address_is_refused(furnished, address, next):  # noqa: A002
    client = Client()
    assert client.get(address, {"next": next}).status_code == 400
    assert client.post("/display/", {"next": next}).status_code == 400


@pytest.mark.parametrize("value", ["a\x00b", pytest.param("\x1b", marks=pytest.mark.full)])
def test_control_characters_are_refused_on_every_page(case, value):
    client = Client(raise_request_exception=False)
    for place in addresses(case):
        assert client.get(place, {"q": value}).status_code == 400, place
        assert client.post(place, {"q": value}).status_code == 400, place
