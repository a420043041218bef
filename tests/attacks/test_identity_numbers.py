"""ID numbers stand in no address, log, Redis, task and column in clear, whoever types them where.

Citizens, officers and programs write a number into every field that takes a text, and into every
search; afterwards every row of the database, every log line, every command that Redis got, and
every address that was answered or linked to is looked through.
"""

import logging
import os
import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.db import connection
from django.test import Client
from lxml import html

from approvals import actions
from approvals.models import Application, SavedFilter
from certificates.models import Certificate
from ledger.clock import now
from people import identity
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.logs import Formatter
from people.models import Reading, User
from tests import officers
from tests.approvals import cases
from tests.approvals.cases import person, settled
from tests.approvals.program import PATH, Program, another_body, body, secret
from tests.approvals.returns import enter
from tests.attacks.webhooks import post
from tests.factories import UserFactory

LIST = "/desk/approvals/application/"


@pytest.fixture
def number() -> str:
    """The number of a person who applies for nothing here: whoever is found with it typed it."""
    return cases.CITY.person(next(iter(cases.CITY.members("worker")))).number


def kept(number: str) -> list[str]:
    """Return the tables with a row that holds the number, as text or as bytes."""
    plain, raw = f"%{number}%", f"%{number.encode().hex()}%"
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE %s OR t::text ILIKE %s",
                [plain, raw],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found


@pytest.fixture
def commands(redis_client: redis.Redis) -> Iterator[list[str]]:
    """Every command that Redis gets meanwhile, as MONITOR shows it."""
    seen: list[str] = []
    patient = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None)
    with patient.monitor() as monitor:
        ends = threading.Event()

        def listen() -> None:
            for command in monitor.listen():
                seen.append(str(command["command"]))
                if "end-of-the-test" in seen[-1]:
                    break
            ends.set()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield seen
        redis_client.echo("end-of-the-test")
        assert ends.wait(30)


def written(caplog: pytest.LogCaptureFixture) -> str:
    """Return what the product's own formatter writes of every record (``people.logs``)."""
    formatter = Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    return "\n".join(formatter.format(record) for record in caplog.records)


def addresses(answer: Any) -> list[str]:
    """Return every address of an answer: where it leads, and what it links to."""
    found = [str(answer.get("Location", ""))]
    if "html" in answer.get("Content-Type", "") and getattr(answer, "content", b""):
        page = html.fromstring(answer.content)
        found += [
            str(a) for a in page.xpath("//@href | //@action | //@src | //@hx-get | //@hx-post")
        ]
    return found


class Asker:
    """A browser that notes every answer in which the number is an address, or a 500."""

    def __init__(self, client: Client, number: str) -> None:
        self.client, self.number, self.wrong = client, number, []

    def __call__(self, way: str, address: str, data: Any = None, **more: Any) -> Any:
        answer = getattr(self.client, way)(address, data or {}, **more)
        if answer.status_code >= 500:
            self.wrong.append((way, address.replace(self.number, "#"), answer.status_code))
        for one in addresses(answer):
            if self.number in one or quote(self.number) in one:
                self.wrong.append((way, address.replace(self.number, "#"), one[:90]))
        return answer


def lists(client: Client) -> list[str]:
    """Return the lists that somebody may open at the desk, from its own navigation."""
    found = set()
    page = html.fromstring(client.get("/desk/").content)
    for link in page.xpath("//a/@href"):
        address = str(link).partition("?")[0]
        if re.fullmatch(r"/desk/\w+/\w+/", address):
            found.add(address)
    return sorted(found)


FULL_ONLY = {
    "test_a_search_of_the_desk_posts_what_is_typed": {
        *("supervisor", "head", "policy", "operator", "administrator", "auditor")
    }
}
ROLES = ("clerk", "supervisor", "head", "policy", "operator", "administrator", "auditor")


@pytest.mark.parametrize("role", ROLES)
def test_a_search_of_the_desk_posts_what_is_typed(
    role: str, furnished: None, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A form that is sent by GET writes the number into the address, and so into proxies' logs."""
    caplog.set_level(logging.DEBUG)
    made = settled("graduate")
    in_office = role in ("clerk", "supervisor", "head")
    UserFactory(
        **{role: True}, username="seeker", **({"office__code": "hrss"} if in_office else {})
    )
    officers_groups()
    ask = Asker(enter("seeker"), number)
    pages, forms = lists(ask.client), 0
    assert pages, role
    for address in pages:
        page = html.fromstring(ask("get", address).content)
        for form in page.forms:
            names = [i.name for i in form.inputs if i.name in ("q", "term")]
            if not names:
                continue
            forms += 1
            if form.method.lower() != "post":
                ask.wrong.append(("form", address, "GET"))
            target = form.get("action") or address
            values = {k: v for k, v in form.form_values() if k not in names}
            for typed in (number, f" {number.lower()} ", number[:6] + " " + number[6:]):
                answer = ask("post", target, {**values, names[0]: typed})
                if answer.status_code == 302:
                    answer = ask("get", answer["Location"])
                assert answer.status_code == 200, (address, typed)
    assert forms, role
    for address in pages:  # and whoever writes it into the address leaves it at once
        answer = ask("get", address, {"q": number})
        assert number not in str(answer.get("Location", "")), address
    assert ask.wrong == []
    assert kept(number) == []
    assert Reading.objects.filter(subject__contains=number[6:14]).count() == 0
    assert number not in written(caplog)
    assert made.number


def officers_groups() -> None:
    from people import rights

    rights.write_groups()
    from django.contrib.auth.models import Group

    for user in User.objects.filter(username="seeker"):
        user.groups.set(Group.objects.filter(name=user.role))


def test_an_officer_who_types_a_number_into_a_reason_is_stopped(
    case: Application, clerk: Actor, boss: Actor, number: str, commands: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    reason = f"经核对，申请人证件号码{number}与登记信息不一致，特此说明"
    ask, form = Asker(enter(clerk.code), number), {"version": str(case.version), "reason": reason}
    more = {
        "refuse": {"law": "本市人才引进办法"},
        "return_": {"opened": "/address"},
        "propose_approval": {},
        "open_procedure": {"kind": "hearing", "days": "3", "basis": "行政许可法 §46"},
        "transfer": {"to": "market"},
    }
    for action, fields in more.items():
        for name in ("action", "preview"):
            answer = ask("post", f"{LIST}{case.pk}/do/", {**form, **fields, name: action})
            assert answer.status_code == 422, (action, name)
    wide = reason.replace(number, number.translate({48 + i: 0xFF10 + i for i in range(10)}))
    spaced = reason.replace(number, f"{number[:6]} {number[6:14]} {number[14:]}")
    for text in (wide, spaced):
        sent = {**form, "reason": text, "action": "refuse", "law": "法"}
        assert ask("post", f"{LIST}{case.pk}/do/", sent).status_code == 422
    law = {**form, "reason": "失信记录尚在期内", "law": f"法 {number}", "action": "refuse"}
    assert ask("post", f"{LIST}{case.pk}/do/", law).status_code == 422
    lead = Asker(enter("boss"), number)
    for action in ("release_for", "reassign"):
        sent = {**form, "action": action, "to": "clerk-a"}
        assert lead("post", f"{LIST}{case.pk}/do/", sent).status_code == 422, action
    rows = {"case": f"{case.pk}:{case.version}", "action": "refuse", "law": "法", "to": "clerk-a"}
    for address in ("together/", "assign/"):
        asker = ask if address == "together/" else lead
        asker("post", f"{LIST}{address}", {**rows, "reason": reason})
    ask("post", f"{LIST}filters/?hand=mine", {"name": number})
    assert not SavedFilter.objects.exists()
    auditor = Asker(enter_as("auditor"), number)
    answer = auditor("post", f"{LIST}{case.pk}/unmask/", {"reason": reason})
    assert answer.status_code == 422
    assert ask.wrong + lead.wrong + auditor.wrong == []
    assert kept(number) == []
    assert number not in written(caplog)
    assert not [c for c in commands if number in c]


def enter_as(role: str) -> Client:
    UserFactory(**{role: True}, username=f"as-{role}")
    return enter(f"as-{role}")


def test_a_certificates_reason_holds_no_number_either(
    furnished: None, clerk: Actor, colleague: Actor, number: str
) -> None:
    made = settled("graduate")
    paper = Certificate.objects.get(application=made.number)
    ask = Asker(enter(clerk.code), number)
    for action in ("suspend", "cancel", "propose"):
        form = {"action": action, "ground": "deception", "version": str(paper.events)}
        address = f"/desk/certificates/certificate/{paper.pk}/do/"
        answer = ask("post", address, {**form, "reason": f"冒用他人证件{number}取得"})
        assert answer.status_code == 422, action
    assert ask.wrong == [] and kept(number) == []


def test_a_citizen_who_types_a_number_anywhere(
    furnished: None, clerk: Actor, number: str, commands: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    case = settled("credit_hit")
    actions.take(number=case.number, by=clerk, now=now())
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    ask = Asker(enter("credit_hit"), number)
    version = str(Application.objects.get(pk=case.pk).version)
    words = {"reason": f"我的证件是{number}，请复核", "version": version}
    answer = ask("post", f"/cases/{case.number}/contest/", words)
    assert answer.status_code == 422
    for name in ("q", "number", "next", "username"):
        ask("post", "/verify/", {name: number})
    for address in ("/login/", "/desk/login/"):
        ask("post", address, {"username": number, "password": number, "next": number})
    for htmx in ({}, {"HTTP_HX_REQUEST": "true"}):
        ask("post", "/", {"q": number}, **htmx)
        ask("post", "/", {"q": f"我的{number}"}, **htmx)
    assert "q=" not in Client().get("/", {"q": number})["Location"]
    ask("get", "/login/", {"next": "/cases/"})
    ask("get", "/services/graduate_settlement/apply/")
    for field in ("/address", "/district", "/phone", "/trade_name"):
        ask("post", "/services/graduate_settlement/apply/", {"step": "check", field: number})
        ask("post", "/services/sole_trader/apply/", {"step": "check", field: number})
    ask("post", "/language/", {"language": "en", "next": "/"})
    wrong = [one for one in ask.wrong if one[0] != "get"]
    assert wrong == []
    assert kept(number) == []
    assert number not in written(caplog)
    assert not [c for c in commands if number in c]


def test_a_program_that_writes_a_number_where_none_belongs(
    furnished: None, number: str, commands: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    program = Program()
    program.post(another_body(), Idempotency_Key=f"key-{number}")
    program.post(another_body(), Idempotency_Key=number)
    program.post({**body(), "service": number})
    program.post({**body(), "edition": number})
    program.post({**body(), number: 1})
    program.post(body(answers={**cases.graduate_answers(), number: number}))
    program.get(f"{PATH}/{number}")
    program.get(f"{PATH}/{number}/receipt")
    program.get(f"/api/v1/certificates/{number}?purpose={number}")
    who, answers = cases.worker(1)
    scope = {**answers, "scope": ["H6210"]}
    applicant = {"kind": "person", "number": who.number, "name": who.name}
    sent = program.post(
        {**body(), "service": "sole_trader", "applicant": applicant, "answers": scope}
    )
    found = Application.objects.get(number=sent.json["number"])
    cases.answer_checks(found)
    cases.decide(found)
    data = {"application": found.number, "item": "food", "granted": False}
    message = {"type": "approval.answered", "data": {**data, "reason": f"当事人{number}被处罚"}}
    post("food", secret("food"), message)
    message["data"]["reason"], message["data"]["application"] = "不同意", number
    post("food", secret("food"), message)
    assert kept(number) == []
    assert number not in written(caplog)
    assert not [c for c in commands if number in c]


def test_an_officers_account_keeps_none(furnished: None, number: str) -> None:
    from people import officers as accounts

    first, _second = officers.administrators()
    duties = accounts.Duties(f"某{number}", "clerk", "hrss")
    for username, wanted in ((number, accounts.Duties("某", "clerk", "hrss")), ("x1", duties)):
        with pytest.raises(ActionRejected):
            accounts.propose(kind="enrol", username=username, by=first, now=now(), duties=wanted)
    assert kept(number) == []


def test_the_search_for_numbers_finds_one(furnished: None, clerk: Actor, number: str) -> None:
    """The tool itself: a number in a text column and one in bytes are both found."""
    assert kept(number) == []
    SavedFilter.objects.create(
        officer=User.objects.get(username=clerk.code), name=number, query="hand=mine"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_user SET number = %s WHERE username = 'graduate'", [number.encode()]
        )
    assert kept(number) == ["approvals_savedfilter", "people_user"]
    assert identity.index(number) and officer and person
