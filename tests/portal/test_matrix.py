"""Every page and action of the desk, by the resolver, asked by everybody: no leak, no 500.

A page or button that somebody adds joins by itself. What may not be seen: name, ID number, case
number and certificate of two applicants, in whatever is answered: pages, titles, lists, searches,
autocompletion, error texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import pytest
from django.apps import apps
from django.db.models import UUIDField
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from approvals import actions
from approvals.admin.buttons import BUTTONS
from approvals.models import Application
from certificates.models import Certificate
from exchange.models import Lookup
from ledger.clock import now
from ledger.models import Event
from people import actors, identity, rights, roles
from people.models import User
from tests import officers
from tests.approvals.cases import settled

WITHOUT_KEYS = {"jsi18n", "logout"}  # a catalogue of texts; and what would end the session


@dataclass(frozen=True)
class Secrets:
    """What two cases of the human resources bureau have that not everybody may read."""

    names: frozenset[str]
    numbers: frozenset[str]  # ID numbers
    cases: frozenset[str]  # case numbers, certificates

    def found(self, body: str, *, names: bool, cases: bool) -> list[str]:
        hidden = self.numbers
        hidden |= frozenset() if names else self.names
        hidden |= frozenset() if cases else self.cases
        return sorted(one for one in hidden if one in body)


@dataclass(frozen=True)
class Visitor:
    """Somebody at the desk, and whether they may read names and case numbers."""

    role: str
    more: tuple[tuple[str, str], ...] = ()
    names: bool = False
    cases: bool = False


ELSEWHERE = (("office_id", "market"),)
OUTSIDE = {
    "elsewhere": Visitor("clerk", ELSEWHERE),
    "of another district": Visitor("clerk", (("office_id", "hrss"), ("region_id", "440399"))),
    "supervisor elsewhere": Visitor("supervisor", ELSEWHERE),
    "head elsewhere": Visitor("head", ELSEWHERE),
    "head of another district": Visitor("head", (("office_id", "hrss"), ("region_id", "440399"))),
    "legal": Visitor("legal", (("office_id", "hrss"),)),  # neither case was referred
    "policy": Visitor("policy"),
    "technical": Visitor("technical"),
    "administrator": Visitor("administrator"),
    "citizen": Visitor("citizen"),
    "nobody": Visitor(""),
}
HERE = (("office_id", "hrss"),)
INSIDE = {
    "owner": Visitor("clerk", HERE, names=True, cases=True),
    "colleague": Visitor("clerk", HERE, names=True, cases=True),
    "supervisor": Visitor("supervisor", HERE, names=True, cases=True),
    "head": Visitor("head", HERE, names=True, cases=True),
    "auditor": Visitor("auditor", cases=True),
    # look-ups and notices name the case that they were for, and nobody
    "operator": Visitor("operator", cases=True),
}
EVERYBODY = OUTSIDE | INSIDE
QUICKLY = {"elsewhere", "legal", "auditor"}  # of the rest each asks with --full: minutes


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """Whoever asks; most of them only in a full run."""
    found = str(request.param)
    if found not in QUICKLY and not request.config.getoption("--full"):
        pytest.skip("with --full")
    return found


@pytest.fixture
def city(furnished: None) -> tuple[Application, Certificate, Secrets]:
    rights.write_groups()
    case, granted = settled("credit_hit"), settled("graduate")
    certificate = Certificate.objects.get(application=granted.number)
    return case, certificate, Secrets(
        names=frozenset({case.applicant_name, granted.applicant_name}),
        numbers=frozenset(identity.decrypt(bytes(c.applicant_number)) for c in (case, granted)),
        cases=frozenset(
            {case.number, granted.number, certificate.public_id, certificate.number}
        ),
    )  # fmt: skip


def enter(name: str, visitor: Visitor, region: str) -> Client:
    client = Client(raise_request_exception=False)
    if visitor.role == "citizen":
        user = User.objects.get(username="trader")
    elif visitor.role:
        more = dict(visitor.more)
        if "region_id" in more:
            more["region_id"] = "440304" if region != "440304" else "440303"
        user = officers.make(f"t-{name.replace(' ', '-')}", visitor.role, **more)
    else:
        return client
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def desk() -> Iterator[URLPattern]:
    """Yield every named address below /desk/, however deep."""

    def walk(resolver: URLResolver) -> Iterator[URLPattern]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern)
            elif pattern.name:
                yield pattern

    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.namespace == "admin":
            yield from walk(resolver)


def addresses(case: Application, certificate: Certificate) -> dict[str, str]:
    """Return name: address of every page, about the two cases wherever it is about a row."""
    found = {}
    for pattern in desk():
        if pattern.name in WITHOUT_KEYS:
            continue
        keys = pattern.pattern.converters or pattern.pattern.regex.groupindex
        values = {key: _key(key, str(pattern.name), case, certificate) for key in keys}
        found[str(pattern.name)] = reverse(f"admin:{pattern.name}", kwargs=values)
    return found


def _key(key: str, name: str, case: Application, certificate: Certificate) -> str:
    if key == "app_label":
        return "approvals"
    if key == "content_type_id":
        return "1"
    if key == "code":
        return case.service_id
    if key in ("page", "place"):  # of a file that was handed in, of a case in a trial
        return "1"
    if key in ("form", "section"):  # of a pack as a file, of a draft's forms
        return {"form": "xlsx", "section": "parameters"}[key]
    if key == "other":  # edition
        return str(apps.get_model("services", "edition")._default_manager.order_by("pk")[0].pk)
    if key in ("trial", "draft"):
        row = apps.get_model("services", key)._default_manager.first()
        return str(row.pk if row else {"trial": uuid4(), "draft": 1}[key])
    if key == "number":  # of a returned case, at a counter
        return case.number
    if key == "key" and name in ("counter_appointment_mark", "affairs_rating_do"):
        return str(uuid4())
    if key == "key":  # of a document: the decision that it puts in writing
        return str(case.decisions.order_by("at")[0].pk)
    if key not in ("object_id", "pk", "id"):
        raise AssertionError(f"{name}: say here what {key} shall be")
    label, _, rest = name.partition("_")
    rows: dict[str, Any] = {
        "approvals_application": case.pk,
        "certificates_certificate": certificate.pk,
        "exchange_lookup": Lookup.objects.filter(case=case.number).values_list("pk", flat=True)[0],
        "ledger_event": Event.objects.filter(subject=case.subject).values_list("pk", flat=True)[0],
        "people_user": User.objects.get(username="credit_hit").pk,
    }
    model_name = rest.split("_")[0]
    if f"{label}_{model_name}" in rows:
        return str(rows[f"{label}_{model_name}"])
    try:
        model = apps.get_model(label, model_name)
    except LookupError:
        return str(case.pk)
    row = model._default_manager.order_by("pk").first()
    if row is not None:
        return str(row.pk)
    return str(uuid4()) if isinstance(model._meta.pk, UUIDField) else "1"


def searches(secrets: Secrets) -> Iterator[str]:
    """Yield searches and autocompletions for what may not be found."""
    for term in sorted(secrets.names | secrets.cases):
        yield f"/desk/approvals/application/?state=all&q={quote(term)}"
        yield f"/desk/certificates/certificate/?q={quote(term)}"
    for model, field in (("decision", "application"), ("evidence", "application")):
        yield (
            f"/desk/autocomplete/?app_label=approvals&model_name={model}&field_name={field}"
            f"&term={quote(min(secrets.cases)[:4])}"
        )


def text(answer: HttpResponse) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return str(body.decode(errors="replace")) + str(answer.headers)


def typed(body: str, address: str) -> str:
    """Return the page without what the visitor typed: the search's own words, the address."""
    body = body.replace(address.partition("?")[0], "")
    term = address.partition("q=")[2]
    if not term:
        return body
    return body.replace(escape(unquote(term)), "").replace(term, "").replace(unquote(term), "")


@pytest.mark.parametrize("name", EVERYBODY, indirect=True)
def test_no_page_shows_what_somebody_may_not_see(
    name: str, city: tuple[Application, Certificate, Secrets]
) -> None:
    case, certificate, secrets = city
    visitor = EVERYBODY[name]
    client = enter(name, visitor, str(case.region_id))
    if name == "owner":
        by = actors.officer(User.objects.get(username="t-owner"))
        actions.take(number=case.number, by=by, now=now())
    wrong = []
    places = [*addresses(case, certificate).values(), *searches(secrets)]
    for place in places:
        answer = client.get(place, follow="?" in place)  # a search leads on to a token
        body = typed(text(answer), place)
        leaks = secrets.found(body, names=visitor.names, cases=visitor.cases)
        if answer.status_code >= 500 or leaks:
            wrong.append((place, answer.status_code, leaks))
    assert wrong == []


@pytest.mark.parametrize("name", OUTSIDE, indirect=True)
def test_no_action_says_or_does_anything_to_who_may_not(
    name: str, city: tuple[Application, Certificate, Secrets]
) -> None:
    case, certificate, secrets = city
    visitor = OUTSIDE[name]
    client = enter(name, visitor, str(case.region_id))
    before = (case.events, certificate.events)
    places = addresses(case, certificate)
    issued = {a.name for a in roles.ACTIONS if a.address == roles.CERTIFICATE}
    tried = {
        "approvals_application": set(BUTTONS),
        "certificates_certificate": issued | {"confirm", "drop"},
    }
    wrong = []
    for label, place in places.items():
        if place == "/desk/logout/" or label == "login":
            continue
        names = next((b for start, b in tried.items() if label == f"{start}_do"), {""})
        for action in names:
            form = {
                "action": action, "version": str(case.events),
                "reason": "经核对原件，情况属实，予以办理",
                "proposal": str(uuid4()), "review": str(uuid4()), "_selected_action": str(case.pk),
            }  # fmt: skip
            answer = client.post(place, form)
            leaks = secrets.found(typed(text(answer), place), names=False, cases=False)
            if answer.status_code >= 500 or leaks:
                wrong.append((place, action, answer.status_code, leaks))
    assert wrong == []
    case.refresh_from_db(fields=["events"])
    certificate.refresh_from_db(fields=["events"])
    assert (case.events, certificate.events) == before


def test_the_search_for_leaks_finds_one(city: tuple[Application, Certificate, Secrets]) -> None:
    """The matrix itself: a colleague's pages hold what an outsider's must not."""
    case, certificate, secrets = city
    client = enter("colleague", INSIDE["colleague"], str(case.region_id))
    pages = addresses(case, certificate)
    assert len(pages) > 60 and "approvals_application_change" in pages
    body = text(client.get(pages["approvals_application_change"]))
    assert {case.applicant_name, case.number} <= set(secrets.found(body, names=False, cases=False))
    listed = text(client.get("/desk/approvals/application/"))
    assert secrets.found(listed, names=False, cases=False)
