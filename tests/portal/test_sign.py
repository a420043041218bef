"""A co-founder reads what would be signed, and signs or declines, from their own log-in."""

import pytest
from django.test import Client

from approvals.actions import Applicant
from approvals.models import Application
from people import identity
from people.models import User
from tests.approvals.cases import answer_checks, decide, person, submit
from tests.approvals.test_signing import company


@pytest.fixture
def founders(furnished: None) -> tuple[Applicant, Applicant]:
    return person("trader"), person("trader_ban_over")


@pytest.fixture
def case(founders: tuple[Applicant, Applicant]) -> Application:
    made = submit("trader", "limited_company", answers=company(founders))
    answer_checks(made)
    return decide(made)[0]


def logged_in(who: Applicant) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.get(subject=identity.index(who.number)))
    return client


def test_a_founder_signs(case: Application, founders: tuple[Applicant, Applicant]) -> None:
    client = logged_in(founders[1])
    address = f"/cases/{case.number}/sign/"
    assert address in client.get("/cases/").content.decode()
    page = client.get(address).content.decode()
    assert "栖云澄" in page
    assert founders[0].number not in page and founders[1].number not in page
    assert client.post(address, {"answer": "yes"}).status_code == 302
    assert Application.objects.get(id=case.id).state == "submitted"
    assert client.get(address).status_code == 404


def test_declining_needs_a_reason(case: Application, founders: tuple[Applicant, Applicant]) -> None:
    client = logged_in(founders[1])
    address = f"/cases/{case.number}/sign/"
    refused = client.post(address, {"answer": "no"})
    assert refused.status_code == 422
    assert "Give a reason." in refused.content.decode()
    assert client.post(address, {"answer": "no", "reason": "not agreed"}).status_code == 302
    assert Application.objects.get(id=case.id).state == "review"


def test_nobody_else_finds_the_page(
    case: Application, founders: tuple[Applicant, Applicant]
) -> None:
    assert logged_in(person("graduate")).get(f"/cases/{case.number}/sign/").status_code == 404
    assert Client().get(f"/cases/{case.number}/sign/").status_code == 302
