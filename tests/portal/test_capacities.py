"""Acting for an enterprise holds while registry and mandate say so; forms are for whom they say."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from approvals import actions
from approvals.actions import capacities
from approvals.models import Application, Mandate
from exchange import enterprises
from exchange.models import Record
from exchange.queries import Answer
from ledger.clock import now
from people import identity
from people.errors import ActionRejected
from portal import kept
from tests.approvals.cases import person
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.counter.desk import hidden
from tests.portal.enterprises import (
    APPLY,
    COMPANY,
    OTHER,
    SERVICE,
    SHOP,
    STRANGER,
    Walk,
    actor,
    agent,
    of_person,
    owned,
    owner_mark,
    publish,
    replace,
    subject,
    user,
    write,
)
from tests.portal.test_sweep import EXPECTED, PUBLIC, address, patterns

pytestmark = pytest.mark.usefixtures("furnished", "nobody_waits", "services")
OWN = ("/cases/", "/messages/", "/wallet/", "/accesses/", "/mandates/", APPLY)


@pytest.fixture
def services(furnished: None) -> None:
    publish(SERVICE, OTHER)


def of_case(case: Application) -> list[str]:
    return [
        f"/cases/{case.number}/{page}"
        for page in ("", "state/", "answers/", "withdraw/", "contest/", "deliver/", "rate/")
    ]


def statuses(client: Client, paths: list[str]) -> set[int]:
    return {client.get(path).status_code for path in paths}


# --- whose it is


@pytest.mark.parametrize(
    "who", ["another", "former representative", "ended agent", "agent elsewhere", "themselves"]
)
def test_nobody_else_reaches_a_case_or_does_anything_with_it(who: str) -> None:
    case = Walk(COMPANY, COMPANY).apply()
    others: dict[str, Any] = {
        "another": lambda: Walk(SHOP, SHOP).client,
        "former representative": lambda: former().client,
        "ended agent": lambda: ended_agent().client,
        "agent elsewhere": lambda: agent(OTHER).client,
        "themselves": lambda: Walk(COMPANY).client,
    }
    client = others[who]()
    events = Application.objects.get(pk=case.pk).events
    # the first page says that it is over, from then on there is nothing
    first = client.get(f"/cases/{case.number}/").status_code
    over = who in ("former representative", "ended agent")
    assert first == (403 if over else 404)
    assert statuses(client, of_case(case)) == {404}
    assert statuses(client, [f"/cases/{case.number}/receipt/"]) == {404}
    for deed in ("withdraw", "contest", "deliver", "correct", "rate", "wrong/state"):
        sent = {"version": events, "reason": "x", "owner": owner_mark(client)}
        assert client.post(f"/cases/{case.number}/{deed}/", sent).status_code in (403, 404), deed
    left = Application.objects.get(pk=case.pk)
    assert (left.events, left.state) == (events, "submitted")
    assert case.number not in client.get("/cases/").content.decode()


def test_no_page_of_the_portal_shows_its_case_to_who_acts_for_it_no_more() -> None:
    """Every address of the portal's table, for three who are near and have no right."""
    case = Walk(COMPANY, COMPANY).apply()
    walks = {
        "representative of another": Walk(SHOP, SHOP),
        "agent whose mandate ended": ended_agent(),
        "former representative": former(),
    }
    for role, walk in walks.items():
        walk.get("/cases/")  # which says that it is over, where it is
        for pattern in patterns():
            route = str(pattern.pattern)
            if "logout" in route or "together/" in route or EXPECTED[pattern.name] is PUBLIC:
                continue
            answer = walk.get(address(pattern, case))
            assert answer.status_code < 500, (role, pattern.name)
            body = walk.page.replace(f"/{case.number}/", "")  # the address that was asked for
            for secret in (case.number, owned(COMPANY).name, owned(COMPANY).uscc):
                assert secret not in body, (role, pattern.name)


def former() -> Walk:
    walk = Walk(COMPANY, COMPANY)
    replace(COMPANY, "elder")
    return walk


def ended_agent() -> Walk:
    walk = agent()
    actions.end_mandate(key=Mandate.objects.get().pk, by=actor(COMPANY), now=now())
    return walk


@pytest.mark.parametrize("how", ["person", "enterprise", "both"])
def test_a_representative_whom_the_registry_replaces_loses_everything_at_once(how: str) -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.fill("春风")
    replace(COMPANY, "elder", how=how)
    answer = walk.submit()
    assert answer.status_code == 403 and f"您已不能代表{owned(COMPANY).name}办事" in walk.page
    assert not Application.objects.exists()
    assert {walk.get(path).status_code for path in OWN} == {200, 302}
    assert owned(COMPANY).name not in walk.get("/cases/").content.decode()
    assert walk.act_for(COMPANY).status_code == 404
    if how == "both":
        new = Walk("elder", COMPANY)
        assert 'value="春风"' in new.get(APPLY).content.decode()
        assert new.apply("春风").applicant == subject(COMPANY)


def test_a_namesake_is_nobody_and_a_record_without_the_number_is_none() -> None:
    write(subject(SHOP), legal_representative=person(STRANGER).name)
    assert Walk(STRANGER).act_for(SHOP).status_code == 404
    write(subject(SHOP), legal_representative=person(SHOP).name, representative=of_person(STRANGER))
    with pytest.raises(ActionRejected, match="Neither the registry"):
        actor(SHOP)  # two records that contradict are no proof, whatever the names
    write(subject(SHOP), legal_representative=person(STRANGER).name, representative=None)
    with pytest.raises(ActionRejected, match="Neither the registry"):
        actor(SHOP)
    write(subject(SHOP), legal_representative=person(SHOP).name)
    assert actor(SHOP).enterprise == subject(SHOP)


@pytest.mark.parametrize(
    "trade",
    [
        {"role": "股东"},
        {"role": None},
        {"uscc": "91440309596270967C"},
        {"uscc": ""},
        {"name": ""},
        {},
    ],
)
def test_only_whole_records_of_representatives_count(trade: dict[str, Any]) -> None:
    one = owned(COMPANY)
    whole = {"uscc": one.uscc, "name": one.name, "role": "法定代表人", "state": "active"}
    write(identity.index(person(STRANGER).number), trades=[{**whole, **trade}])
    status = Walk(STRANGER).act_for(COMPANY).status_code
    assert status == 404
    assert Walk(COMPANY).act_for(COMPANY).status_code == 302


def test_a_sole_trader_whom_the_city_has_just_registered_acts_for_the_shop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Record.objects.filter(subject=subject(SHOP), registry="enterprise").delete()
    assert Walk(SHOP, SHOP).apply().applicant == subject(SHOP)


# --- a registry that is silent, or is asked over the network


def far(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> list[str]:
    """Let the registry of enterprises be asked over the network; returns whom it was asked of."""
    asked: list[str] = []

    def ask(queries: Any, **_: Any) -> list[Answer]:
        asked.extend(q.subject for q in queries)
        return [
            Answer(q.registry, q.subject, "found", answers[q.subject])
            if answers
            else Answer(q.registry, q.subject, "failed", reason="timeout")
            for q in queries
        ]

    monkeypatch.setattr(enterprises, "query_registries", ask)
    monkeypatch.setattr(enterprises.registries, "is_remote", lambda _: True)
    return asked


def test_over_the_network_an_answer_is_believed_for_a_minute_and_silence_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = {
        row.subject: row.data
        for row in Record.objects.filter(
            registry="enterprise",
            subject__in=[subject(COMPANY), identity.index(person(COMPANY).number)],
        )
    }
    asked = far(monkeypatch, data)
    walk = Walk(COMPANY, COMPANY)
    before = len(asked)
    assert walk.get("/cases/").status_code == 200 and len(asked) == before
    monkeypatch.setattr(capacities, "BELIEVED", dt.timedelta(0))
    assert walk.get("/cases/").status_code == 200 and len(asked) == before + 2
    far(monkeypatch, {})
    assert walk.get("/cases/").status_code == 503 and "暂时没有应答" in walk.page
    assert owned(COMPANY).name in walk.get("/").content.decode()
    far(monkeypatch, data)
    assert walk.get("/cases/").status_code == 200
    far(monkeypatch, {})
    listed = walk.get("/acting/")
    assert listed.status_code == 200 and "没有应答" in walk.page
    assert walk.act_for(COMPANY).status_code == 503


def test_what_was_filled_in_while_the_registry_is_silent_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.fill("春风")
    with monkeypatch.context() as silent:
        asked = far(silent, {})
        assert walk.submit().status_code == 503 and "已保留" in walk.page
        assert len(asked) == 1  # once for the whole page
    assert "没有丢失" in walk.get(APPLY).content.decode()
    assert walk.post(APPLY).status_code == 302
    assert Application.objects.get().applicant == subject(COMPANY)


# --- forms, tabs and logs-in


def test_a_form_for_one_is_not_handed_in_for_another() -> None:
    replace(SHOP, COMPANY)  # one person, two enterprises
    one = owned(COMPANY)
    write(
        identity.index(person(COMPANY).number),
        trades=[
            {"uscc": e.uscc, "name": e.name, "role": "法定代表人", "state": "active"}
            for e in (one, owned(SHOP))
        ],
    )
    walk = Walk(COMPANY, COMPANY)
    walk.fill("春风")
    page = walk.page
    assert walk.act_for(SHOP).status_code == 302  # in another tab
    walk.page = page
    answer = walk.submit()
    assert answer.status_code == 409 and not Application.objects.exists()
    assert one.name in walk.page and "已保留" in walk.page
    assert walk.get(APPLY).status_code == 409  # not shown for the shop either
    assert walk.act_for(COMPANY, onward=APPLY)["Location"] == APPLY
    assert "没有丢失" in walk.get(APPLY).content.decode()
    again = walk.post(APPLY)
    assert again.status_code == 302
    assert Application.objects.get().applicant == subject(COMPANY)


def test_what_was_filled_in_for_another_may_be_dropped() -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.fill("春风")
    sent = hidden(walk.page)
    walk.client.post("/acting/leave/")
    assert walk.client.post(APPLY, {**sent, "/text": "春风", "step": "check"}).status_code == 409
    assert walk.get(APPLY).status_code == 409
    assert walk.post(APPLY, drop="1")["Location"] == APPLY
    assert walk.get(APPLY)["Location"].startswith("/acting/")


@pytest.mark.parametrize("now_for", ["", SHOP])
def test_without_its_mark_a_form_is_taken_for_oneself_alone(now_for: str) -> None:
    walk = Walk(SHOP, now_for)
    sent = {"/number": "1", "/name": "x", "/service": SERVICE}
    assert walk.client.post("/mandates/", sent).status_code == (409 if now_for else 422)
    forged = {**sent, "owner": kept.mark(user(SHOP), subject(COMPANY))}
    assert walk.client.post("/mandates/", forged).status_code == 409


def test_what_was_filled_in_survives_the_end_of_the_session_for_the_same_capacity() -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.fill("春风")
    page = walk.page
    walk.client.logout()
    walk.page = page
    assert walk.post(APPLY, step="check").status_code == 302
    walk.client.post("/login/persona/", {"username": COMPANY})
    assert walk.get(APPLY).status_code == 409 and "已保留" in walk.page
    assert walk.act_for(COMPANY, onward=APPLY).status_code == 302
    assert "没有丢失" in walk.get(APPLY).content.decode() or "重新登录" in walk.page
    assert walk.post(APPLY).status_code == 200 and "春风" in walk.page
    stranger = Walk(STRANGER)
    assert "春风" not in stranger.get("/cases/").content.decode()


def test_another_log_in_in_the_same_browser_acts_for_nobody() -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.client.post("/login/persona/", {"username": STRANGER})
    assert owned(COMPANY).name not in walk.get("/cases/").content.decode()
    walk.client.post("/logout/")
    assert walk.get("/cases/").status_code == 302


def test_what_is_ones_own_is_done_as_oneself() -> None:
    walk = Walk(COMPANY, COMPANY)
    graduates = "/services/graduate_settlement/apply/"
    for path in (graduates, "/services/graduate_settlement/for/", "/appointments/", "/passkeys/"):
        assert walk.get(path).status_code == 409, path
        assert 'name="next" value="' + path in walk.page
    walk.leave()
    assert walk.get(graduates).status_code == 200


def test_no_address_names_an_enterprise() -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.apply()
    for path in ("/", *OWN):
        page = walk.get(path).content.decode()
        for secret in (subject(COMPANY), owned(COMPANY).uscc, person(COMPANY).number):
            assert secret not in page, (path, secret)
    assert walk.act_for(COMPANY, onward="//evil.example/")["Location"] == "/"
    assert walk.client.post("/acting/leave/", {"next": "//evil.example/"})["Location"] == "/"
