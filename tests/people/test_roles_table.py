"""The table of roles (people/roles.py): its document, and every page and action asked by each."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.test import Client

from affairs import ratings
from affairs.models import Rating
from approvals.admin.buttons import BUTTONS
from approvals.models import Application
from approvals.trials import running
from certificates.models import Certificate
from ledger.clock import city_date, now
from people import rights, roles, roles_document
from people.actors import Actor, Kind
from people.models import User
from services import drafts
from services.models import Draft, Proposal, Trial
from tests import officers
from tests.approvals import planted
from tests.approvals.cases import settled
from tests.approvals.test_trials import draft_of, in_force, ordered

ROOT = Path(__file__).parents[2]
HERE = {"office_id": "hrss"}


class Row(dict[str, str]):
    """What stands for the parts of addresses; what is dear to make, when it is asked for."""

    def __missing__(self, key: str) -> str:
        self[key] = str({"trial": _trial, "draft": _draft}[key]().pk)
        return self[key]


@pytest.fixture
def row(furnished: None) -> Row:
    """A case with an officer of the human resources bureau, one of its certificates, a citizen."""
    rights.write_groups()
    case = settled("credit_hit")
    granted = settled("graduate")
    certificate = Certificate.objects.get(application=granted.number)
    user = User.objects.get(username="graduate")
    attempt = AccessAttempt.objects.create(
        username="nobody", ip_address="198.51.100.7", failures_since_start=1
    )
    found = {
        "case": str(case.pk),
        "certificate": str(certificate.pk),
        "user": str(user.pk),
        "attempt": str(attempt.pk),
        "service": "sole_trader",
        "edition": str(case.edition_id),
        "proposal": str(Proposal.objects.order_by("pk")[0].pk),
        "rating": str(_bad_rating(granted).pk),
        "section": "raw",
        **dict.fromkeys(
            (
                *("decision", "finding", "filing", "review", "change", "appointment", "file"),
                *("inspection", "entitlement", "payments", "regression"),
            ),
            str(uuid4()),
        ),
        "page": "1",
        "other": str(case.edition_id),
    }
    return Row(found)


def _trial() -> Trial:
    """A finished trial of a draft that would change some of 40 cases."""
    planted.store(in_force(), list(planted.cases(40)), now())
    return running.run(ordered(draft_of(*planted.CHANGES)).pk, now=now())


def _bad_rating(case: Application) -> Rating:
    by = Actor(Kind.CITIZEN, case.applicant)
    return ratings.rate(number=case.number, opinion=ratings.Opinion(1), by=by, now=now())


def _draft() -> Draft:
    by = Actor(Kind.OFFICER, "t-policy", role="policy")
    return drafts.open_edition("move_out", by=by, now=now(), today=city_date(now()))


def enter(role: str, name: str = "", **more: str) -> Client:
    user = officers.make(name or f"t-{role}", role, **{**HERE, **more})
    assert [g.name for g in user.groups.all()] == [role] and Group.objects.count() >= 5
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


NO_ROW = re.compile("{(decision|finding|file|entitlement|payments)}")


def test_the_document_is_the_table() -> None:
    assert (ROOT / "docs" / "roles.md").read_text() == roles_document.document()


def test_every_role_and_every_button_of_a_case_is_in_the_table() -> None:
    assert set(roles.SUMMARY) == set(roles.NAMES) == set(roles.OFFICERS)
    assert {a.name for a in roles.ACTIONS if a.address == roles.CASE} == set(BUTTONS)


def test_every_list_of_the_desk_is_in_the_table() -> None:
    """A page class that somebody registers is entered here, with who may see it."""
    from django.contrib import admin

    lists = {
        f"/desk/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
    }
    known = {page.address for page in roles.PAGES}
    assert lists <= known, lists - known


@pytest.mark.parametrize("role", [role.value for role in roles.OFFICERS])
def test_every_page_opens_for_its_roles_alone(role: str, row: Row) -> None:
    client = enter(role)
    wrong = []
    for page in roles.PAGES:
        if page.posted or NO_ROW.search(page.address):
            continue  # below; and there is no such row: test_documents.py, sampling/, entitlements/
        status = client.get(page.address.format_map(row)).status_code
        # a case that nobody referred is not there for a legal officer (test_legal_review.py)
        may = role in page.roles and not (role == "legal" and page.within)
        if (status == 200) is not may or status not in (200, 403, 404):
            wrong.append((page.address, status))
    assert wrong == []


@pytest.mark.parametrize("role", [role.value for role in roles.OFFICERS])
def test_every_form_is_taken_of_its_roles_alone(role: str, row: Row) -> None:
    """An empty one: whoever may not gets 403 or 404, whoever may is told what it lacks."""
    client = enter(role)
    wrong = []
    for page in roles.PAGES:
        if page.posted:
            status = client.post(page.address.format_map(row)).status_code
            if (role not in page.roles and status not in (403, 404)) or status >= 500:
                wrong.append((page.address, status))
            if role in page.roles and status == 403:
                wrong.append((page.address, status))
    assert wrong == []


@pytest.mark.parametrize("more", [{"office_id": "market"}, {"region_id": "440304"}])
@pytest.mark.parametrize("role", [role.value for role in roles.OFFICERS])
def test_sight_ends_at_office_and_region(role: str, more: dict[str, str], row: Row) -> None:
    client = enter(role, **more)
    for page in roles.PAGES:
        if page.within and not NO_ROW.search(page.address):
            status = client.get(page.address.format_map(row)).status_code
            assert (status == 200) is (role == "auditor"), page.address


@pytest.mark.parametrize("role", [role.value for role in roles.OFFICERS])
def test_every_action_is_done_by_its_roles_alone(role: str, row: Row) -> None:
    """A forged POST: whoever may not gets no further than 403 or 404, and nothing is written.

    Whoever may is refused, if at all, for what the form lacks or the case is not.
    """
    client = enter(role)
    for action in roles.ACTIONS:
        case = Application.objects.get(pk=row["case"])
        before = (case.events, Certificate.objects.get(pk=row["certificate"]).events)
        form = {
            "action": action.name,
            "version": str(case.events),
            "reason": "经核对原件，信用记录已更正，予以办理",
            "law": "行政许可法",
            "ground": "deception",
            "proposal": str(uuid4()),
            "review": str(uuid4()),
        }
        status = client.post(action.address.format_map(row) + "do/", form).status_code
        case = Application.objects.get(pk=row["case"])
        after = (case.events, Certificate.objects.get(pk=row["certificate"]).events)
        if role in action.roles:
            none = {404} if action.name.endswith(("_approval", "_review")) else set()  # no such one
            assert status in {302, 409, 422} | none, (action.name, status)
        else:
            assert status in (302, 403, 404), (action.name, status)
            assert after == before, action.name
            assert status != 302, action.name


def test_nobody_who_is_not_logged_in_opens_anything(row: Row) -> None:
    for page in roles.PAGES:
        answer = Client().get(page.address.format_map(row))
        assert answer.status_code == 302 and "/login/" in answer["Location"], page.address
