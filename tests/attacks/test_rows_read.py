"""Issue 11.3 and 11.9: what each role reads of people in any row of any list of the desk.

A day with a row of every kind (``history``), and officers' and citizens' words that name people.
The page of every kind of row is opened as every role that reads no names, or reads them masked.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse

from approvals import actions
from approvals.models import Application
from certificates.actions import lifecycle
from certificates.models import Certificate
from ledger.clock import now
from people import actors, identity
from people.models import User
from tests.approvals.cases import CITY, citizen, person, settled
from tests.approvals.returns import enter
from tests.attacks import history, outside

# a column whose values tell kinds of rows apart; two rows of each kind are opened
KINDS = {
    "ledger.event": "kind",
    "exchange.notice": "kind",
    "exchange.message": "kind",
    "exchange.lookup": "registry",
    "people.reading": "kind",
    "approvals.application": "state",
    "certificates.certificate": "kind",
    "certificates.filing": "item",
}
NO_NAMES = ("operator", "policy", "technical", "administrator")
OF_EACH = 1
FULL_ONLY = {
    "test_no_row_shows_a_name_or_a_number": {"policy", "technical", "administrator"},
}


@pytest.fixture
def city(furnished: None, tmp_path: Path) -> set[str]:
    """Live through a day; returns what nobody of these roles may read: names and numbers."""
    history.live_through(tmp_path)
    case = settled("credit_hit")
    name = person("credit_hit").name
    first = actors.officer(User.objects.get(username="clerk-hrss"))
    second = actors.officer(User.objects.get(username="clerk-hrss-2"))
    actions.take(number=case.number, by=first, now=now())
    reason = f"{name}本人到窗口说明，失信记录已经修复，材料属实"
    made = actions.propose_approval(number=case.number, reason=reason, by=first, now=now())
    back = {"reason": f"{name}的证明未盖章", "by": second, "now": now()}
    actions.send_back_approval(proposal=made.pk, **back)
    actions.refuse(number=case.number, reason=f"{name}尚在失信期内", by=first, now=now())
    me = citizen(person("credit_hit"))
    words = f"我{name}的失信记录上月已撤销"
    actions.reopen(number=case.number, reason=words, by=me, now=now())
    granted = settled("graduate")
    paper = Certificate.objects.get(application=granted.number)
    holder = person("graduate").name
    lifecycle.suspend(
        public_id=paper.public_id, reason=f"{holder}的学历正在核实", by=first, now=now()
    )
    clerk = enter("clerk-hrss")
    for typed in (name, holder):
        found = clerk.post("/desk/approvals/application/search/", {"q": typed})
        assert clerk.get(found["Location"]).status_code == 200
    clerk.get(f"/desk/approvals/application/{case.pk}/change/")
    secrets = set()
    people = [outside.worker(place)[0] for place in range(3)]
    people += [person("credit_hit"), person("graduate")]
    for one in people:
        secrets |= {one.name, one.number}
    for row in Application.objects.all():
        secrets.add(identity.decrypt(bytes(row.applicant_number)))
        if row.applicant_kind == "person" and row.applicant_name != "某人":
            secrets.add(row.applicant_name)
    shown = set(User.objects.exclude(role="citizen").values_list("name", flat=True))
    assert len(secrets - shown) > 12
    return secrets - shown


def rows() -> Iterator[tuple[str, str]]:
    """Yield (model, address) of the pages: some rows of each kind of each model of the desk."""
    for model in admin.site._registry:
        label = model._meta.label_lower
        for row in _some(model, label):
            try:
                page = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
                yield label, reverse(page, args=[row.pk])
            except NoReverseMatch:
                break


def _some(model: type[Model], label: str) -> list[Any]:
    every = model._default_manager.order_by("-pk")
    if label not in KINDS:
        return list(every[: 2 * OF_EACH])
    kinds = every.order_by().values_list(KINDS[label], flat=True).distinct()
    return [row for kind in kinds for row in every.filter(**{KINDS[label]: kind})[:OF_EACH]]


def leaks(client: Client, secrets: set[str], places: list[tuple[str, str]]) -> list[Any]:
    wrong = []
    for label, address in places:
        answer = client.get(address)
        if answer.status_code >= 500:
            wrong.append((label, address, answer.status_code))
        if answer.status_code != 200:
            continue
        body = answer.content.decode(errors="replace")
        body = unescape(body)
        body += re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), body)
        found = sorted(one for one in secrets if one in body)
        for one in found[:2]:
            at = body.index(one)
            wrong.append((label, one, re.sub(r"\s+", " ", body[max(0, at - 60) : at + 30])))
    return wrong


def everything() -> list[tuple[str, str]]:
    places = list(rows())
    for model in admin.site._registry:
        page = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        for query in ("", "?state=all", "?state=settled", "?at=all"):
            places.append((model._meta.label_lower, reverse(page) + query))
    return [*places, ("front", "/desk/"), ("numbers", "/desk/approvals/application/numbers/")]


@pytest.mark.parametrize("role", ["auditor", *NO_NAMES])
def test_no_row_shows_a_name_or_a_number(role: str, city: set[str], request: Any) -> None:
    from tests.factories import UserFactory

    UserFactory(**{role: True}, username="reader")
    User.objects.get(username="reader").groups.set(_groups(role))
    places = everything()
    assert len(places) > 70
    found = leaks(enter("reader"), city, places)
    assert found == [], "\n".join(map(str, found))


def _groups(role: str) -> Any:
    from django.contrib.auth.models import Group

    from people import rights

    rights.write_groups()
    return Group.objects.filter(name=role)


def test_the_search_for_names_finds_some(city: set[str]) -> None:
    """The tool itself: a clerk of the office reads names where the others must not."""
    client = enter("clerk-hrss")
    assert leaks(client, city, [("list", "/desk/approvals/application/")])
    assert CITY
