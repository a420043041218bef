"""The list of cases: what a row says, what finds it, and that a million rows cost no more."""

import datetime as dt
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from approvals import actions
from approvals.admin.queue.paging import AHEAD, DEEPEST, AtLeast, BoundedPaginator, shown_page
from approvals.models import Application
from approvals.numbers import plausible
from approvals.review.risk import Risk, risk
from certificates.models import Certificate
from ledger.clock import now
from people import identity
from people.actors import Actor
from people.models import Reading, User
from tests.approvals.cases import (
    answer_checks,
    citizen,
    decide,
    person,
    settled,
    submit,
    worker,
)
from tests.approvals.test_traces import enter
from tests.factories import UserFactory

QUEUE = "/desk/approvals/application/"
NUMBER = re.compile(r"MP\d{8}[0-9A-Z]{9}")


def by_person(place: int) -> Application:
    """A sole trader's case that waits for an officer because a person was asked for."""
    applicant, answers = worker(place)
    return settled(service="sole_trader", applicant=applicant, answers=answers, by_person=True)


def page(client: Client, **query: Any) -> str:
    answer = client.get(QUEUE, query, follow=True)  # what is typed into an address leaves it
    assert answer.status_code == 200, (query, answer.status_code)
    return answer.content.decode()


def rows(client: Client, **query: Any) -> list[str]:
    """Return the numbers of the cases on a page, in its order."""
    body = page(client, **query).partition('id="result_list"')[2]
    return re.findall(r'data-version="\d+">(MP\w+)<', body)


def sought(client: Client, term: str) -> list[str]:
    """Search as the form does: by POST, and on to the page that it leads to."""
    answer = client.post(f"{QUEUE}search/", {"q": term})
    assert answer.status_code == 302
    kept = query_of(answer).get("q", "")
    assert (kept == term) is (not term or plausible(term.upper()))  # a case number alone
    return rows(client, **query_of(answer))


def query_of(answer: Any) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


# --- rows


def test_a_row_says_whose_it_is_where_since_when_and_how_risky(
    furnished: None, clerk: Actor
) -> None:
    case = settled("credit_hit")
    assert case.region is not None
    body = page(enter("clerk-a")).partition('id="result_list"')[2]
    for text in (case.applicant_name, case.region.name_zh, "失信", "0 日", "高"):
        assert text in body, text


def test_a_row_has_two_reasons_and_how_many_more_there_are(furnished: None, clerk: Actor) -> None:
    case = submit("registry_silent")
    answer_checks(case, education="timeout")
    (case,) = decide(case)
    assert case.handover.count(",") == 6
    body = page(enter("clerk-a")).partition('id="result_list"')[2]
    assert "另有 5 项" in body and body.count("无法核实") == 1


def test_an_auditor_reads_names_masked(furnished: None) -> None:
    case = settled("credit_hit")
    auditor = enter("aud", "auditor")
    for query in ({}, {"q": case.applicant_name}, {"state": "open"}):
        body = page(auditor, **query).partition('id="result_list"')[2]
        assert case.number in body and case.applicant_name not in body
        assert identity.mask_name(case.applicant_name) in body


def test_more_rows_ask_no_more(furnished: None, clerk: Actor) -> None:
    UserFactory(clerk=True, username="clerk-m", office__code="market")
    client = enter("clerk-m")
    by_person(0)
    page(client)  # what is read once a process
    counts = []
    for more in ((), (1, 2, 3)):
        for place in more:
            by_person(place)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert len(rows(client)) == 1 + len(more)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 15, counts


def test_the_page_of_a_case_asks_no_more_for_many_cases(furnished: None, clerk: Actor) -> None:
    UserFactory(clerk=True, username="clerk-m", office__code="market")
    client, case = enter("clerk-m"), by_person(0)
    address = f"{QUEUE}{case.pk}/change/"
    client.get(address)
    counts = []
    for more in ((), (1, 2, 3)):
        for place in more:
            by_person(place)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1], counts


# --- pages


def test_nobody_counts_further_than_some_pages_ahead(furnished: None) -> None:
    users = User.objects.order_by("pk")
    there = users.count()
    assert there > 30
    assert BoundedPaginator(users, there, page=1).count == there
    bounded = BoundedPaginator(users, 1, page=3)
    assert bounded.count == 3 + AHEAD and str(bounded.count) == f"{3 + AHEAD}+"
    assert isinstance(bounded.count, AtLeast) and bounded.num_pages == 3 + AHEAD
    assert BoundedPaginator(users, 1, page=DEEPEST + 9).most == DEEPEST
    with CaptureQueriesContext(connection) as asked:
        assert BoundedPaginator(users, 1, page=1).count == 1 + AHEAD
    assert f"LIMIT {1 + AHEAD + 1}" in asked[0]["sql"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999", "", "９"])
def test_a_page_that_there_is_not_is_no_fault(furnished: None, clerk: Actor, number: str) -> None:
    settled("credit_hit")
    assert enter("clerk-a").get(QUEUE, {"p": number}).status_code in (200, 302)


def test_settled_cases_are_listed_newest_first_whatever_the_address_says(
    furnished: None, clerk: Actor
) -> None:
    clients = enter("clerk-a")
    waits = settled("credit_hit")
    first, second = settled("graduate"), settled("graduate_23")
    assert {first.state, second.state} == {"approved"}
    for more in ({}, {"o": "1"}, {"o": "-1.2"}, {"hand": "mine"}, {"due": "over"}):
        assert rows(clients, state="settled", **more) == [second.number, first.number], more
    assert rows(clients, state="open") == rows(clients) == rows(clients, state="all")
    assert rows(clients) == [waits.number]
    assert 'href="?state=settled' not in page(clients, state="settled").partition("hand=")[1]


# --- risk


SOON, LATER = dt.timedelta(days=1), dt.timedelta(days=9)


@pytest.mark.parametrize(
    ("handover", "left", "expected"),
    [
        ("credit:unmet", LATER, Risk.HIGH),
        ("degree:unknown,credit:unmet", LATER, Risk.HIGH),
        ("consent_denied:fire", LATER, Risk.HIGH),
        ("name_differs", LATER, Risk.HIGH),
        ("degree:unknown", LATER, Risk.MEDIUM),
        ("unanswered:education", LATER, Risk.MEDIUM),
        ("engine_failed", LATER, Risk.MEDIUM),
        ("person_requested,automatic_off", LATER, Risk.LOW),
        ("person_requested,degree:unknown", LATER, Risk.MEDIUM),
        ("", LATER, Risk.LOW),
        ("person_requested", SOON, Risk.MEDIUM),
        ("degree:unknown", -SOON, Risk.HIGH),
        ("credit:unmet", SOON, Risk.HIGH),
    ],
)
def test_risk_is_what_is_against_it_and_how_near_the_day_is(
    handover: str, left: dt.timedelta, expected: Risk
) -> None:
    at = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
    assert risk(handover, at + left, at) is expected
    assert risk(handover, None, at) <= expected


# --- search


def test_a_case_is_found_by_what_somebody_at_the_window_says(furnished: None, clerk: Actor) -> None:
    waits, granted = settled("credit_hit"), settled("graduate")
    certificate = Certificate.objects.get(application=granted.number)
    client, name = enter("clerk-a"), granted.applicant_name
    assert not waits.applicant_name.startswith(name[:-1])
    for term in (
        granted.number,
        granted.number.lower(),
        f" {name} ",
        name[:-1],
        person("graduate").number,
        person("graduate").number.lower(),
        certificate.number,
        certificate.identifier,
        certificate.public_id,
        certificate.public_id.lower(),
    ):
        assert sought(client, term) == [granted.number], term
    assert sought(client, waits.applicant_name) == [waits.number]
    for term in (name[1:], "%", "_", f"%{name}", "MP", granted.number[:-1], "11010519491231002X"):
        assert granted.number not in sought(client, term), term
    assert sought(client, "") == [waits.number]  # the queue


def test_nobody_finds_what_is_of_another_office_or_district(furnished: None) -> None:
    case = settled("graduate")
    certificate = Certificate.objects.get(application=case.number)
    UserFactory(clerk=True, username="there", office__code="market")
    UserFactory(clerk=True, username="far", office__code="hrss", region_id="440304")
    assert case.region_id != "440304"
    terms = (case.number, case.applicant_name, person("graduate").number, certificate.number)
    for who in ("there", "far"):
        for term in terms:
            assert sought(enter(who), term) == [], (who, term)
    assert sought(enter("aud", "auditor"), case.number) == [case.number]
    for role in ("policy", "operator"):
        client = enter(f"a-{role}", role)
        assert client.post(f"{QUEUE}search/", {"q": case.number}).status_code == 403
    assert Client().post(f"{QUEUE}search/", {"q": "x"}).status_code == 302  # to the log-in


@pytest.mark.parametrize("text", ["0", "-1", "x", "000201", "000001" + "9" * 5000])
def test_a_page_that_there_is_not_is_the_first(text: str) -> None:
    assert shown_page(RequestFactory().get(QUEUE, {"p": text})) == 1


def test_an_id_number_stands_in_no_address_and_in_no_trace(furnished: None, clerk: Actor) -> None:
    case, number = settled("graduate"), person("graduate").number
    client, index = enter("clerk-a"), identity.index(number)
    for term in (number, f" {number.lower()} "):
        answer = client.post(f"{QUEUE}search/", {"q": term})
        assert answer["Location"] == f"{QUEUE}?q={index}"
        typed = client.get(QUEUE, {"q": term, "state": "approved"})
        assert typed["Location"] == f"{QUEUE}?q={index}&state=approved"
    assert not Reading.objects.filter(kind="search").exists()  # nothing was found yet
    body = page(client, q=index)
    assert case.number in body and number not in body and f'value="{index}"' not in body
    trace = Reading.objects.get(kind="search")
    assert (trace.by, trace.subject) == ("officer:clerk-a", index)
    wrong = "0" if number[-1] != "0" else "1"
    for mistyped in (
        number[:-1] + wrong,
        number[:-1],
        f"{number[:6]} {number[6:14]} {number[14:]}",
    ):
        assert number[6:14] not in client.post(f"{QUEUE}search/", {"q": mistyped})["Location"]
        sought(client, mistyped)
    assert not Reading.objects.filter(subject__contains=number[6:14]).exists()


def test_a_name_stands_in_no_address_and_is_the_officers_own(
    furnished: None, clerk: Actor, colleague: Actor
) -> None:
    case, client = settled("credit_hit"), enter("clerk-a")
    name = case.applicant_name
    (index,) = (identity.index(person("credit_hit").number),)
    for term in (name, name[:2], "13800138000", "Li Ming"):
        found = client.post(f"{QUEUE}search/", {"q": term})["Location"]
        typed = client.get(QUEUE, {"q": term, "state": "all"})["Location"]
        for address in (found, typed):
            assert term not in unquote(address) and index not in address, address
    address = client.post(f"{QUEUE}search/", {"q": name})["Location"]
    shown = client.get(address)
    body = shown.content.decode()
    assert case.number in body and f'value="{name}"' in body
    links = re.findall(r'(?:href|action)="([^"]*)"', body)
    assert len(links) > 20 and not [link for link in links if name in unquote(link)]
    assert not [value for value in shown.headers.values() if name in unquote(value)]
    assert Reading.objects.get(kind="search").subject == name  # the trace says what was searched
    other = enter("clerk-b").get(address, follow=True)  # a link that was passed on
    assert other.redirect_chain == [(f"{QUEUE}?q=", 302)]
    assert name not in other.content.decode().partition('id="result_list"')[0]
    changed = address[:-2] + ("A" if address[-2] != "A" else "B") + address[-1]
    assert client.get(changed)["Location"] == f"{QUEUE}?q="


def test_a_name_that_finds_too_many_finds_no_more_than_a_few_pages(
    furnished: None, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from approvals.admin.queue import search

    cases = [settled("credit_hit"), settled("graduate"), settled("graduate_23")]
    letters = {c.applicant_name[0] for c in cases}
    client = enter("clerk-a")
    assert sum(len(sought(client, letter)) for letter in letters) == 3
    monkeypatch.setattr(search, "MOST", 1)
    assert all(len(sought(client, letter)) == 1 for letter in letters)


def test_what_was_contested_stands_beside_the_reason(furnished: None, clerk: Actor) -> None:
    case = settled("credit_hit")
    actions.take(number=case.number, by=clerk, now=now())
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    me = person("credit_hit")
    why = f"{me.name}的记录已于上月撤销"
    actions.reopen(number=case.number, reason=why, by=citizen(me), now=now())
    assert why in page(enter("clerk-a"))
    masked = page(enter("aud", "auditor"))
    assert why not in masked and f"{identity.mask_name(me.name)}的记录已于上月撤销" in masked
