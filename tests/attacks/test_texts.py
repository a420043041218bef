"""B10: texts that are none, at every entry point; none is kept, and the audit goes on."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from approvals import actions
from approvals.models import Application
from ledger.clock import now
from people.actors import officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals import cases
from tests.approvals.program import Program, secret
from tests.attacks import outside
from tests.attacks.webhooks import post

pytestmark = pytest.mark.usefixtures("furnished")

BAD = [
    "\x00", "a\x00b", "\x01", "\x08", "\x0b", "\x1b[31m红", "\x7f", "\x85", "\x9f",
    "\u200b", "不\u200b服",
    "\u200e", "\u202e服不", "\u2066x\u2069", "\u2028", "\u2060", "\ufeff", "\ufff9", "\ufffe",
    "\U000e0041\U000e007f", "\u061c", "\u180e", "\u00ad", "\U000e0001",
]  # fmt: skip
SEEN = r"[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f"
SEEN += r"\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff\ufff9-\ufffb]"


def kept_anywhere():
    """Columns of any table in which such a character is stored, in clear or in JSON."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema ="
            " 'public' AND data_type IN ('text', 'character varying', 'jsonb')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ~ %s'
                f" OR \"{column}\"::text ~ '\\\\u00[01][0-9a-f]'",
                [SEEN],
            )
            if cursor.fetchone() != (0,) and table != "django_session":
                found.append(f"{table}.{column}")
    return found


def persona(name="graduate"):
    client = Client(raise_request_exception=False)
    client.post("/login/persona/", {"username": name})
    return client


def desk(name):
    client = Client(raise_request_exception=False)
    client.force_login(
        User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.fixture
def review():
    who = cases.person("graduate")
    answers = cases.graduate_answers()
    seen = outside.submit(outside.body("graduate_settlement", who.number, "某人", answers))
    assert seen.state == "review"
    return seen.case


def test_by_the_api_and_by_webhook(review):
    for place, text in enumerate(BAD):
        name, answers = cases.worker(place % 9)
        person = (name.number, name.name)
        for body in (
            outside.body("sole_trader", person[0], person[1] + text, answers),
            outside.body("sole_trader", *person, {**answers, "trade_name": f"云清{text}"}),
            outside.body("sole_trader", *person, {**answers, "phone": f"138{text}"}),
            outside.body("sole_trader", *person, {**answers, "premises": text}),
            outside.body(f"sole_trader{text}", *person, answers),
        ):
            with outside.undone():
                for raw in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
                    reply = Program().post(raw.encode("utf-8", "surrogatepass"))
                    assert reply.status < 500
                    if reply.status < 300:  # a space around it, which is not kept
                        case = Application.objects.get(number=reply.json["number"])
                        assert text not in case.applicant_name + json.dumps(case.answers)
        for message in ({"type": text, "data": {}}, {"type": "record.changed", "data": {text: 1}}):
            assert 400 <= post("food", secret("food"), message).status_code < 500
    assert kept_anywhere() == []


@pytest.mark.parametrize("page", ["withdraw", "contest", "correct", "sign", "wrong/level"])
def test_by_the_portal(page, review):
    client = persona()
    for text in BAD:
        sent = {"reason": f"我不服{text}", "version": str(review.events), "answer": text}
        sent |= {"/address": text, "/district": text, "step": "submit", "claim": f"本科{text}"}
        answer = client.post(f"/cases/{review.number}/{page}/", sent)
        assert answer.status_code < 500
        if page == "withdraw":
            assert answer.status_code >= 400 or text.isspace(), ascii(text)
    for path in ("/services/graduate_settlement/apply/", "/login/persona/", "/language/"):
        for text in BAD:
            answer = client.post(path, {"/address": text, "step": "check", "next": text})
            assert answer.status_code < 500
    assert kept_anywhere() == []


def test_by_the_desk(review):
    clerk = desk("clerk-hrss")
    by = officer(User.objects.get(username="clerk-hrss"))
    actions.take(number=review.number, by=by, now=now())
    place = f"/desk/approvals/application/{review.pk}"
    for text in BAD:
        for name in ("refuse", "return", "approve", "release", "await_consent"):
            sent = {"action": name, "reason": f"理由{text}", "version": "3", "note": text}
            assert clerk.post(f"{place}/do/", sent).status_code < 500
        for action in (actions.refuse, actions.return_):
            with pytest.raises(ActionRejected):
                action(number=review.number, reason=f"姓名不符{text}", by=by, now=now())
    assert Application.objects.get(pk=review.pk).state == "review"
    admin = desk("administrator")
    user = User.objects.get(username="clerk-market").pk
    for text in BAD:
        sent = {"username": f"x{text}", "name": text, "role": "clerk", "office": "hrss"}
        for path in (f"/desk/people/user/{user}/change/", "/desk/people/user/add/"):
            assert admin.post(path, sent).status_code < 500
    assert kept_anywhere() == []


def test_by_commands():
    """An operator pastes what he was sent; a code names a file, and stands in addresses."""
    for text in BAD:
        if "\x00" in text:
            continue  # no argument of a process can hold one
        for command in (
            ("partners", "add", "harbour", "--zh", f"港{text}务", "--en", "Harbour"),
            ("partners", "add", "harbour", "--zh", "港务局", "--en", f"Har{text}bour"),
            ("partners", "add", f"har{text}bour", "--zh", "港务局", "--en", "Harbour"),
            ("partners", "url", "food", f"https://agency.example/{text}x"),
        ):
            with pytest.raises((CommandError, ActionRejected)):
                call_command(*command)
    for code in ("../food", "a/b", "Food", "", "x" * 41, "food.json"):
        with pytest.raises((CommandError, ActionRejected)):
            call_command("partners", "add", code, "--zh", "港务局", "--en", "Harbour")
    assert kept_anywhere() == []
