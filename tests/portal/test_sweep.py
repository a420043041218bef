"""Every address of the site, asked by everybody: what each may see (I10).

A page that is not somebody's is not there for them: the same 404 as for what does not exist.
"""

import datetime as dt
import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from approvals import actions
from approvals.actions.submission import Key
from approvals.models import Application
from bundles import actions as bundles
from bundles import offers
from config import bodies
from demo.hints import demo_places
from ledger.clock import city_date
from people import actors, identity
from people.models import User

ROLES = ("anonymous", "citizen", "other citizen", "clerk", "clerk elsewhere", "operator")
ACCOUNTS = {
    "citizen": "graduate",
    "other citizen": "trader",
    "clerk": "clerk-hrss",
    "clerk elsewhere": "clerk-market",
    "operator": "operator",
}
LOGIN, OK, NO, NONE, AWAY, METHOD = "login", 200, 403, 404, 302, 405

# name: what GET answers for each of ROLES, in that order
PUBLIC = (OK,) * 6
CITIZENS = (LOGIN, OK, OK, NO, NO, NO)
OWNER = (LOGIN, OK, NONE, NO, NO, NO)
POSTED = (METHOD,) * 6
EXPECTED = {
    "home": PUBLIC,
    "about": PUBLIC,
    "service": PUBLIC,
    "life": PUBLIC,
    "ask": PUBLIC,
    "help": PUBLIC,
    "contact": PUBLIC,
    "privacy": PUBLIC,
    "accessibility": PUBLIC,
    "catalogue": PUBLIC,
    "service-data": PUBLIC,
    "login": PUBLIC,
    "passkeys": CITIZENS,
    "passkey-challenge": POSTED,
    "passkey-log-in": POSTED,
    "login-start": POSTED,
    "login-back": (NONE,) * 6,  # no provider is set here: see test_oidc
    "session": (NO, 204, 204, 204, 204, 204),
    "manifest": PUBLIC,
    "worker": PUBLIC,
    "offline": PUBLIC,
    "apply": CITIZENS,
    "bundle": PUBLIC,
    "bundle-apply": CITIZENS,
    "bundle-draft": POSTED,
    "bundle-case": OWNER,
    "bundle-state": OWNER,
    "bundle-receipt": OWNER,
    "bundle-give-up": OWNER,
    "bundle-take-up": POSTED,
    "bundle-alone": POSTED,
    "wrong": CITIZENS,
    "choices": (LOGIN, METHOD, METHOD, NO, NO, NO),
    "qualify": CITIZENS,
    "offer": (LOGIN, NONE, NONE, NO, NO, NO),  # nobody has one: tests/offers
    "entitlement": (LOGIN, NONE, NONE, NO, NO, NO),  # nobody has one: tests/entitlements
    "cases": CITIZENS,
    "material": (LOGIN, NONE, NONE, NO, NO, NO),  # nobody has handed one in: test_materials
    "material-page": (LOGIN, NONE, NONE, NO, NO, NO),
    "material-file": (LOGIN, NONE, NONE, NO, NO, NO),
    "wallet": CITIZENS,
    "messages": CITIZENS,
    "message-choices": CITIZENS,
    "message": (LOGIN, NONE, NONE, NO, NO, NO),  # nobody has one
    "accesses": CITIZENS,
    "accesses-pdf": CITIZENS,
    "accesses-json": CITIZENS,
    "draft": POSTED,
    "rate": OWNER,
    "sent": PUBLIC,
    "case": OWNER,
    "state": OWNER,
    "receipt": (LOGIN, NONE, NONE, NO, NO, NO),  # nothing is decided yet
    "document": (LOGIN, NONE, NONE, NO, NO, NO),  # nothing is in writing yet: see test_documents
    "answers": OWNER,
    "correct": (LOGIN, AWAY, NONE, NO, NO, NO),  # there is nothing to correct
    "withdraw": OWNER,
    "contest": (LOGIN, AWAY, NONE, NO, NO, NO),  # nothing is decided yet
    "dispute": OWNER,
    "undispute": (LOGIN, NONE, NONE, NO, NO, NO),  # nothing is disputed
    "hand-in": (LOGIN, NONE, NONE, NO, NO, NO),  # nothing was promised
    "take-back": (LOGIN, NONE, NONE, NO, NO, NO),  # nothing was signed
    "statement": (LOGIN, NONE, NONE, NO, NO, NO),  # nothing is to be revoked
    "deliver": OWNER,
    "mine": CITIZENS,
    "book": CITIZENS,
    "appointment": (LOGIN, NONE, NONE, NO, NO, NO),  # nobody has one
    "move": (LOGIN, NONE, NONE, NO, NO, NO),
    "progress": PUBLIC,
    "for-another": CITIZENS,
    "for-another-form": (LOGIN, AWAY, AWAY, NO, NO, NO),  # each page carries for whom
    "list": CITIZENS,
    "new": CITIZENS,
    "mandate": (LOGIN, NONE, NONE, NO, NO, NO),  # nobody lets an assistant act
    "end": POSTED,
    "mandates": CITIZENS,
    "mandate-end": POSTED,
    "capacities": CITIZENS,
    "capacity-leave": POSTED,
    "invitation": (LOGIN, NONE, NONE, NO, NO, NO),  # a link that was never made
    "sign": (LOGIN, NONE, NONE, NO, NO, NO),  # nobody else has to sign this one
    "persona": POSTED,
    "logout": POSTED,
    "elder": POSTED,
    "set_language": (AWAY,) * 6,
}
AUTOCOMPLETE = "/desk/autocomplete/?app_label=approvals&model_name=decision&field_name=application"
DESK = (LOGIN, LOGIN, LOGIN, OK, NONE, NONE)  # one case of the human resources bureau
DESK_LIST = (LOGIN, LOGIN, LOGIN, OK, OK, NO)


@pytest.fixture
def case(furnished: None, now: dt.datetime) -> Application:
    """A graduate's case, submitted and not decided: the first of what is handed in together."""
    user = User.objects.get(username="graduate")
    number = identity.decrypt(bytes(user.number))
    joint = offers.joint(settings.CITY.bundles["settle_in"], city_date(now))
    made = bundles.hand_in(
        new=bundles.NewBundle(
            joint=joint,
            applicant=actions.Applicant("person", number, user.name),
            answers={"district": "440305", "address": demo_places()[0]["code"], "consent": True},
            key=Key("0" * 32, b"0" * 32),
        ),
        by=actors.citizen(user),
        now=now,
    )
    return Application.objects.get(bundle_step__case=made)


@pytest.fixture
def clients(furnished: None) -> dict[str, Client]:
    made = {role: Client() for role in ROLES}
    for role, username in ACCOUNTS.items():
        made[role].force_login(
            User.objects.get(username=username),
            backend="django.contrib.auth.backends.ModelBackend",
        )
    return made


def answer(client: Client, address: str) -> object:
    response = client.get(address)
    if response.status_code == 302 and "/login/" in response["Location"]:
        return LOGIN
    return response.status_code


def patterns() -> list[URLPattern]:
    resolvers = [
        r
        for r in get_resolver().url_patterns
        if isinstance(r, URLResolver) and r.app_name in ("assistants", "portal", "counter", "demo")
    ]
    found = [p for r in resolvers for p in r.url_patterns if isinstance(p, URLPattern)]
    return [p for p in found if not str(p.pattern).startswith("api/")]  # programs', not pages


def address(pattern: URLPattern, case: Application) -> str:
    route = "/" + str(pattern.pattern)
    values = {
        "code": "graduate_settlement",
        "fact": "level",
        "dispute": "1",
        "question": "owners_consent",
        "box": "owners_committed",
        "event": "graduation",
        "number": case.number,
        "key": str(case.pk),
        "name": "district",
        "page": "1",
        "token": "forged",
        "step": "settlement",
    }
    if route.startswith("/bundles/"):
        values["code"] = "settle_in"
    if route.startswith("/together/"):
        values["number"] = case.bundle_step.case.number
    return re.sub(r"<\w+:(\w+)>", lambda m: values[m[1]], route)


def test_every_address_is_in_the_table():
    assert {p.name for p in patterns()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_portal(name, case, clients):
    pattern = next(p for p in patterns() if p.name == name)
    place = address(pattern, case)
    got = tuple(answer(clients[role], place) for role in ROLES)
    assert dict(zip(ROLES, got, strict=True)) == dict(zip(ROLES, EXPECTED[name], strict=True))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("/desk/approvals/application/", DESK_LIST),
        ("/desk/approvals/application/search/", (LOGIN, LOGIN, LOGIN, AWAY, AWAY, NO)),
        ("/desk/approvals/application/{id}/change/", DESK),
        ("/desk/approvals/application/{id}/history/", (LOGIN, LOGIN, LOGIN, AWAY, AWAY, AWAY)),
        ("/desk/approvals/application/{id}/do/", (LOGIN, LOGIN, LOGIN, AWAY, NONE, NONE)),
        (
            "/desk/approvals/application/{id}/documents/{id}/",
            (LOGIN, LOGIN, LOGIN, NONE, NONE, NONE),  # nothing is in writing yet
        ),
        ("/desk/approvals/application/{id}/delete/", (LOGIN, LOGIN, LOGIN, NONE, NONE, NONE)),
        # no such address: taken for the id of a case, which there is none of
        ("/desk/approvals/application/add/change/", (LOGIN, LOGIN, LOGIN, NONE, NONE, NONE)),
        ("/desk/approvals/evidence/", (LOGIN, LOGIN, LOGIN, NONE, NONE, NONE)),
        ("/desk/approvals/decision/", (LOGIN, LOGIN, LOGIN, NONE, NONE, NONE)),
        ("/desk/approvals/submission/", (LOGIN, LOGIN, LOGIN, NONE, NONE, NONE)),
        ("/desk/exchange/record/", (LOGIN, LOGIN, LOGIN, NONE, NONE, NONE)),
        (
            AUTOCOMPLETE,
            (LOGIN, LOGIN, LOGIN, OK, OK, NO),  # and what it finds ends at the office, see below
        ),
    ],
)
def test_desk(place, expected, case, clients):
    got = tuple(answer(clients[role], place.format(id=case.pk)) for role in ROLES)
    assert dict(zip(ROLES, got, strict=True)) == dict(zip(ROLES, expected, strict=True))


def test_autocompletion_and_search_end_at_the_office(case, clients):
    number, applicant = case.number, case.applicant_name
    for term in (number, applicant, ""):
        found = {
            who: clients[who].get(f"{AUTOCOMPLETE}&term={term}").content.decode()
            for who in ("clerk", "clerk elsewhere")
        }
        assert number in found["clerk"] and number not in found["clerk elsewhere"], term
        page = clients["clerk elsewhere"].get(
            f"/desk/approvals/application/?q={term}&state=all", follow=True
        )
        assert f">{number}<" not in page.content.decode()


def test_posting_to_somebody_elses_case_changes_nothing(case, clients):
    for role in ROLES:
        if role == "citizen":
            continue
        for deed in ("withdraw", "contest", "correct", "deliver"):
            response = clients[role].post(
                f"/cases/{case.number}/{deed}/", {"version": case.events, "reason": "x"}
            )
            assert response.status_code in (302, 403, 404)
    again = Application.objects.get(pk=case.pk)
    assert (again.state, again.events) == ("submitted", 1)


def test_no_answer_holds_an_identity_number(case, clients):
    number = identity.decrypt(bytes(User.objects.get(username="graduate").number))
    for pattern in patterns():
        body = clients["citizen"].get(address(pattern, case)).content.decode(errors="replace")
        assert number not in body
    desk = clients["clerk"].get(f"/desk/approvals/application/{case.pk}/change/")
    assert number not in desk.content.decode()


def test_outside_a_demo_nobody_becomes_a_persona(furnished, settings):
    settings.DEMO = False
    response = Client().post("/login/persona/", {"username": "graduate"})
    assert response.status_code == 404
    assert "汪" not in Client().get("/login/").content.decode()


def test_the_way_back_leads_nowhere_else(furnished):
    response = Client().post("/login/persona/", {"username": "graduate", "next": "//evil.example/"})
    assert response["Location"] == "/"


def test_more_than_a_megabyte_is_refused_in_two_languages(clients):
    response = clients["citizen"].post(
        "/services/graduate_settlement/apply/", {"x": "a" * 1_100_000}
    )
    assert response.status_code == 413
    assert "1 MB" in response.content.decode() and "too large" in response.content.decode()


def test_files_that_are_too_large_together_are_refused_with_what_to_do(clients):
    length = str(bodies.LARGEST_WITH_FILES + 1)
    for path in (
        "/services/sole_trader/apply/",
        "/services/graduate_settlement/for/form/",
        "/cases/X/correct/",
    ):
        response = clients["citizen"].generic("POST", path, b"x", CONTENT_LENGTH=length)
        body = response.content.decode()
        assert response.status_code == 413
        assert "超过 22 MB" in body and "22 MB, came" in body and " 1 MB" not in body


def test_more_files_than_anybody_chooses_are_refused_with_what_to_do(clients):
    files = [SimpleUploadedFile("a.png", b"x") for _ in range(101)]
    response = clients["citizen"].post("/services/sole_trader/apply/", {"/owners_consent": files})
    assert response.status_code == 413 and "文件过多" in response.content.decode()


def test_errors_are_told_in_two_languages(clients):
    for place, status in (("/nothing/", 404), ("/cases/", 403)):
        response = clients["clerk"].get(place)
        assert response.status_code == status
        assert re.search(r"[\u4e00-\u9fff]", response.content.decode())
        assert 'lang="en"' in response.content.decode()


def test_a_forged_form_is_refused(furnished):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/login/persona/", {"username": "graduate"})
    assert response.status_code == 403
    assert "刷新" in response.content.decode()


@pytest.mark.parametrize(
    "answers",
    [
        {"/district": "999999", "/address": "440305-0000001"},
        {"/district": "440305", "/address": "440305-1\x00"},
        {"/district": "440305", "/address": "\u202e440305"},
        {"/district": "440305", "/address": "4" * 5000},
        {"/district": "440305", "/address": "４４０３０５-0000001"},
        {"/district": "440305", "/address": "440305-0000001", "/phone": "not a number"},
    ],
)
def test_answers_off_the_form_are_named_and_nothing_is_written(answers, clients):
    me = clients["citizen"]
    response = me.post(
        "/services/graduate_settlement/apply/",
        {**answers, "/consent": "true", "step": "submit", "key": "a" * 32},
    )
    assert response.status_code == 422
    assert 'id="problems"' in response.content.decode()
    assert not Application.objects.exists()


@pytest.mark.parametrize("key", ["", "short", "中" * 32])
def test_a_missing_or_odd_key_asks_to_submit_again(key, clients):
    response = clients["citizen"].post(
        "/services/graduate_settlement/apply/",
        {
            "/district": "440305",
            "/address": "440305-0000001",
            "/consent": "true",
            "step": "submit",
            "key": key,
        },
    )
    assert response.status_code == 422
    assert not Application.objects.exists()
