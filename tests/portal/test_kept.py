"""A session that ends, or a log-in in another tab, costs nobody what they have filled in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from lxml import html

from people.models import User
from portal import kept
from tests.portal.test_switching import citizen

APPLY = "/services/graduate_settlement/apply/"
PASSWORD = {"backend": "django.contrib.auth.backends.ModelBackend"}
pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def answers(home: str) -> dict[str, str]:
    return {"/district": "440305", "/address": home}


def parsed(response: Any) -> Any:
    return html.fromstring(response.content.decode())


def form(client: Client, path: str = APPLY) -> dict[str, str]:
    """The form as it stands on the page, with its token."""
    return dict(parsed(client.get(path)).get_element_by_id("answers").form_values())


def fields(page: Any, button: str) -> dict[str, str]:
    """The values of the form whose button says this."""
    return dict(page.xpath(f"//form[.//button[contains(., '{button}')]]")[0].form_values())


def idle(client: Client) -> None:
    """Nothing was opened for longer than a session lasts."""
    session = client.session
    session["seen"] = time.time() - 31 * 60
    session["since"] = session["seen"]
    session.save()


def log_in(client: Client, username: str) -> None:
    """As the log-in page does it: what the anonymous session holds goes on."""
    answer = client.post("/login/persona/", {"username": username})
    assert answer.status_code == 302


def test_answers_sent_after_the_session_ended_are_there_after_the_log_in(
    answers: dict[str, str],
) -> None:
    client = citizen()
    filled = form(client) | answers | {"step": "check"}
    idle(client)
    sent = client.post(APPLY, filled)
    assert sent.status_code == 302 and sent["Location"] == f"/login/?next={APPLY}"
    assert "填写的内容已保留" in client.get(sent["Location"]).content.decode()
    log_in(client, "graduate")
    page = parsed(client.get(APPLY))
    resent = client.post(APPLY, fields(page, "继续"))
    assert resent.status_code == 200 and "核对" in resent.content.decode()
    shown = dict(parsed(resent).get_element_by_id("answers").form_values())
    assert {name: shown[name] for name in answers} == answers
    assert kept.KEPT not in client.session or APPLY not in client.session[kept.KEPT]


def test_a_submission_comes_again_as_it_was_so_that_it_makes_one_case(
    answers: dict[str, str],
) -> None:
    """The page's key is in it: twice the same key and body are one application (test_api_keys)."""
    client = citizen()
    check = parsed(client.post(APPLY, form(client) | answers | {"step": "check"}))
    whole = dict(check.get_element_by_id("answers").form_values())
    whole |= {"step": "submit", "/consent": "true"}
    idle(client)
    client.post(APPLY, whole)
    log_in(client, "graduate")
    again = fields(parsed(client.get(APPLY)), "继续")
    ours = ("csrfmiddlewaretoken", "owner")
    assert {k: v for k, v in again.items() if k not in ours} == {
        k: v for k, v in whole.items() if k not in ours
    }
    assert len(again["key"]) == 32


def test_they_are_encrypted_meanwhile_and_nobody_else_is_shown_them() -> None:
    client, answers = citizen(), {"/district": "440305", "/address": "440305-7654321"}
    filled = form(client) | answers | {"step": "check"}
    idle(client)
    client.post(APPLY, filled)
    stored = [Session.objects.get(pk=client.session.session_key).get_decoded()]
    assert kept.KEPT in stored[0] and answers["/address"] not in str(stored)
    log_in(client, "trader")
    page = client.get(APPLY).content.decode()
    assert "还在" not in page and answers["/address"] not in page
    client.post("/logout/")
    log_in(client, "graduate")  # and they are gone for good
    assert "还在" not in client.get(APPLY).content.decode()


def test_they_can_be_dropped(answers: dict[str, str]) -> None:
    client = citizen()
    filled = form(client) | answers
    idle(client)
    client.post(APPLY, filled)
    log_in(client, "graduate")
    page = parsed(client.get(APPLY))
    dropped = client.post(APPLY, fields(page, "重新填写") | {"drop": "1"})
    assert dropped.status_code == 302 and dropped["Location"] == APPLY
    assert form(client)["/address"] == ""


@pytest.mark.parametrize("owner", ["", "forged:signature", "x" * 500])
def test_what_no_page_of_ours_made_is_not_kept(owner: str, answers: dict[str, str]) -> None:
    client = Client()
    client.post(APPLY, answers | {"owner": owner})
    assert kept.KEPT not in client.session


def test_at_most_three_forms_of_a_bounded_size_are_kept() -> None:
    mark = kept.mark(User.objects.get(username="graduate"))
    client = Client()
    for number in range(5):
        client.post(f"/cases/MP{number}/contest/", {"owner": mark, "reason": "x"})
    assert len(client.session[kept.KEPT]) == 3
    client.post(APPLY, {"owner": mark, "/address": "x" * 200_000})
    assert APPLY not in client.session[kept.KEPT]


def strict() -> Client:
    """A browser whose forms need their token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(username="graduate"), **PASSWORD)
    return client


def log_in_again(client: Client, username: str) -> None:
    """In another tab: the form's token is of the earlier log-in from then on."""
    token = fields(parsed(client.get("/login/")), "")["csrfmiddlewaretoken"]
    sent = {"username": username, "csrfmiddlewaretoken": token}
    assert client.post("/login/persona/", sent).status_code == 302


def test_a_log_in_in_another_tab_costs_one_tap(answers: dict[str, str]) -> None:
    client = strict()
    filled = form(client) | answers | {"step": "check"}
    log_in_again(client, "graduate")
    refused = client.post(APPLY, filled)
    assert refused.status_code == 403 and "还在" in refused.content.decode()
    taken = client.post(APPLY, fields(parsed(refused), "继续"))
    assert taken.status_code == 200 and "核对" in taken.content.decode()


def test_after_a_log_in_as_somebody_else_the_answers_are_not_theirs() -> None:
    client, answers = strict(), {"/district": "440305", "/address": "440305-7654321"}
    filled = form(client) | answers | {"step": "check"}
    log_in_again(client, "trader")
    refused = client.post(APPLY, filled)
    assert refused.status_code == 403 and answers["/address"] not in refused.content.decode()


def test_a_form_of_another_site_is_not_offered_for_sending(answers: dict[str, str]) -> None:
    refused = strict().post(APPLY, answers | {"step": "submit", "consent": "1"})
    assert refused.status_code == 403 and answers["/address"] not in refused.content.decode()


def test_a_session_ends_when_nothing_is_opened_and_after_its_longest_time() -> None:
    client = citizen()
    assert client.get("/cases/").status_code == 200
    session = client.session
    session["seen"] = time.time() - 29 * 60
    session.save()
    assert client.get("/session/").status_code == 204
    assert client.get("/cases/").status_code == 200
    session = client.session
    session["since"] = time.time() - 8 * 3600 - 1
    session.save()
    assert client.get("/cases/").status_code == 302
    assert client.get("/session/").status_code == 403
