"""Another language, or 长辈版, in the middle of a form: nothing that was typed is lost."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from lxml import html

from affairs.models import Contact, Draft, Rating
from approvals.models import Mandate
from people.models import User
from tests.factories import ApplicationFactory

APPLY = "/services/graduate_settlement/apply/"
pytestmark = pytest.mark.usefixtures("furnished")


def citizen(username: str = "graduate") -> Client:
    client = Client()
    client.force_login(
        User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def press(client: Client, path: str, page: Any, name: str, value: str, **answers: str) -> Any:
    """Post the form that a button belongs to, wherever on the page the button stands."""
    button = page.xpath(f"//button[@name='{name}' and @value='{value}']")[0]
    form = page.get_element_by_id(button.get("form")) if button.get("form") else None
    form = next(a for a in button.iterancestors("form")) if form is None else form
    sent = dict(form.form_values()) | {name: value} | answers
    response = client.post(path, sent)
    return response, html.fromstring(response.content.decode())


def filled(page: Any) -> dict[str, str]:
    return {k: v for k, v in page.get_element_by_id("answers").form_values() if k.startswith("/")}


def test_the_language_is_switched_on_the_form_with_its_answers_and_the_wish_for_a_person() -> None:
    client = citizen()
    page = html.fromstring(client.get(f"{APPLY}?person=1").content.decode())
    answers = {"/district": "440305", "/address": "not yet", "/phone": "138"}
    response, page = press(client, APPLY, page, "switch", "en", **answers)
    assert response.status_code == 200 and page.get("lang") == "en"
    assert filled(page).items() >= answers.items()
    assert page.xpath("//input[@name='by_person' and @value='1']")
    assert "Continue" in page.text_content()
    assert html.fromstring(client.get("/").content.decode()).get("lang") == "en"
    response, page = press(client, APPLY, page, "switch", "elder")
    assert "elder" in page.get("class") and filled(page).items() >= answers.items()
    assert client.cookies["elder"].value == "1"


def test_the_check_page_stays_the_check_page_with_what_was_ticked(home: str) -> None:
    client = citizen()
    page = html.fromstring(client.get(APPLY).content.decode())
    answers = {"/district": "440305", "/address": home}
    _, page = press(client, APPLY, page, "step", "check", **answers)
    ticked = {"/consent": "true", "by_person": "1"}
    response, page = press(client, APPLY, page, "switch", "en", **ticked)
    assert response.status_code == 200
    assert "Check your answers" in page.text_content()
    sent = dict(page.get_element_by_id("answers").form_values())
    assert sent.items() >= (answers | ticked).items()


def test_the_correction_page_keeps_what_was_corrected_and_hands_nothing_in() -> None:
    case = ApplicationFactory(returned=True)
    client = Client()
    client.force_login(
        User.objects.get(subject=case.applicant),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    path = f"/cases/{case.number}/correct/"
    page = html.fromstring(client.get(path).content.decode())
    name = next(k for k in filled(page) if k.endswith(("address", "premises")))
    response, page = press(client, path, page, "switch", "en", **{name: "440305-7654321"})
    assert response.status_code == 200 and page.get("lang") == "en"
    assert filled(page)[name] == "440305-7654321"
    assert type(case).objects.get(pk=case.pk).state == "returned"


def test_what_was_typed_before_a_switch_is_in_the_draft() -> None:
    client = citizen()
    page = html.fromstring(client.get(APPLY).content.decode())
    press(client, APPLY, page, "switch", "en", **{"/phone": "13800138000"})
    assert filled(html.fromstring(client.get(APPLY).content.decode()))["/phone"] == "13800138000"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/cases/{}/contest/", "reason"),
        ("/cases/{}/rate/", "words"),
        ("/messages/choices/", "email"),
        ("/ask/", "question"),
        ("/mandates/", "/name"),
        ("/services/graduate_settlement/for/", "/name"),
        ("/services/graduate_settlement/wrong/hukou_city/", "reason"),
    ],
)
def test_a_switch_keeps_what_is_typed_on_other_pages_and_sends_nothing(
    path: str, field: str
) -> None:
    case = ApplicationFactory(approved=True)
    client = Client()
    client.force_login(
        User.objects.get(subject=case.applicant),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    path = path.format(case.number)
    page = html.fromstring(client.get(path).content.decode())
    for choice in ("en", "elder", "zh-hans"):
        response, page = press(client, path, page, "switch", choice, **{field: "someone@here.cn"})
        assert response.status_code == 200
        assert dict(page.get_element_by_id("answers").form_values())[field] == "someone@here.cn"
    assert type(case).objects.get(pk=case.pk).version == case.version
    assert not Rating.objects.exists() and not Contact.objects.exists()
    assert not Mandate.objects.exists() and not Draft.objects.exists()


def test_a_switch_keeps_what_is_said_of_a_record_and_a_choice_in_the_other_language() -> None:
    client = citizen()
    path = "/services/graduate_settlement/wrong/full_time/"
    page = html.fromstring(client.get(path).content.decode())
    response, page = press(client, path, page, "switch", "en", claim="是", reason="not me")
    assert response.status_code == 200 and page.get("lang") == "en"
    sent = dict(page.get_element_by_id("answers").form_values())
    assert (sent["claim"], sent["reason"]) == ("yes", "not me")


def test_what_is_typed_outlives_the_session_on_every_page_behind_a_log_in() -> None:
    """The mark of whose a form is: without it nothing of it can be kept (``portal.kept``)."""
    # and of for whom: a form without one is not taken while its user acts for an enterprise
    for_everybody = {"ask.html", "progress.html", "progress_code.html", "login.html", "base.html"}
    of_the_account = {"level.html", "passkeys.html", "capacities.html", "other_capacity.html"}
    templates = Path("portal/templates/portal").rglob("*.html")
    for template in sorted(t for t in templates if t.name not in for_everybody | of_the_account):
        for form in template.read_text().split('<form method="post"')[1:]:
            is_log_in = template.name == "password.html"
            assert "{% form_owner %}" in form.partition("</form>")[0] or is_log_in, template.name
