"""A co-founder reads what would be signed, and signs or declines, from their own log-in."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from affairs.models import Message
from approvals.actions import Applicant
from approvals.models import Application, Cosignature
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
    unsafe = client.post(address, {"answer": "no", "reason": "not agreed\u202e"})
    assert unsafe.status_code == 422 and "not agreed\u202e</textarea>" in unsafe.content.decode()
    switched = client.post(address, {"switch": "zh-hans", "answer": "no", "reason": "not agreed"})
    assert ">not agreed</textarea>" in switched.content.decode()
    client.cookies.clear()
    client.force_login(User.objects.get(subject=identity.index(founders[1].number)))
    assert client.post(address, {"answer": "no", "reason": "not agreed"}).status_code == 302
    assert Application.objects.get(id=case.id).state == "review"


def test_a_signature_needs_the_log_in_that_the_service_needs(
    case: Application, founders: tuple[Applicant, Applicant], settings: Any
) -> None:
    settings.SERVICE_LEVELS = {"limited_company": 3}
    client = logged_in(founders[1])
    session = client.session
    session["login_level"] = 2
    session.save()
    address = f"/cases/{case.number}/sign/"
    assert client.get(address).status_code == 403
    assert client.post(address, {"answer": "yes"}).status_code == 403
    assert Cosignature.objects.get(application=case).answered_at is None


def test_nobody_else_finds_the_page(
    case: Application, founders: tuple[Applicant, Applicant]
) -> None:
    assert logged_in(person("graduate")).get(f"/cases/{case.number}/sign/").status_code == 404
    assert Client().get(f"/cases/{case.number}/sign/").status_code == 302


def link_of(case: Application, applicant: Applicant) -> str:
    """Return the path of the link that the applicant's page has for the one who is awaited."""
    page = logged_in(applicant).get(f"/cases/{case.number}/").content.decode()
    (found,) = re.findall(r'readonly value="([^"]+)"', page)
    return urlsplit(found).path


def test_the_applicant_reads_by_name_and_role_who_has_signed_and_who_is_awaited(
    case: Application, founders: tuple[Applicant, Applicant]
) -> None:
    one, other = founders
    awaited = logged_in(one).get(f"/cases/{case.number}/").content.decode()
    assert other.name in awaited and "Shareholders" in awaited
    assert "not signed yet, asked on" in awaited and other.number not in awaited
    logged_in(other).post(f"/cases/{case.number}/sign/", {"answer": "yes"})
    signed = logged_in(one).get(f"/cases/{case.number}/").content.decode()
    assert "signed on" in signed and "not signed yet" not in signed
    assert "readonly value" not in signed  # there is nothing to hand on any more


def test_a_signer_reads_as_what_and_has_a_confirmation(
    case: Application, founders: tuple[Applicant, Applicant]
) -> None:
    client = logged_in(founders[1])
    assert "you sign as: Shareholders" in client.get("/cases/").content.decode()
    address = f"/cases/{case.number}/sign/"
    assert "You are named as: Shareholders" in client.get(address).content.decode()
    client.post(address, {"answer": "yes"})
    message = Message.objects.get(kind="signature_given")
    assert message.subject == identity.index(founders[1].number)
    opened = client.get(f"/messages/{message.pk}/").content.decode()
    assert "Your answer to a request to sign is recorded" in opened
    assert f"/cases/{case.number}/" not in opened  # the case is its applicant's


def test_a_link_leads_only_whom_it_was_made_for(
    case: Application, founders: tuple[Applicant, Applicant]
) -> None:
    link = link_of(case, founders[0])
    assert "/login/?next=" in Client().get(link)["Location"]
    assert logged_in(founders[1]).get(link)["Location"] == f"/cases/{case.number}/sign/"
    for who in (person("graduate"), founders[0]):
        page = logged_in(who).get(link)
        assert page.status_code == 404 and "asks nothing of you" in page.content.decode()
        assert case.number not in page.content.decode() and "栖云澄" not in page.content.decode()
    forged = link.replace(link.split("/")[2].split(":")[0], Cosignature.objects.get().pk.hex[::-1])
    assert logged_in(founders[1]).get(forged).status_code == 404
    logged_in(founders[1]).post(f"/cases/{case.number}/sign/", {"answer": "yes"})
    assert logged_in(founders[1]).get(link).status_code == 404
