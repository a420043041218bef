"""Entitlements at the desk: who sees which, what an officer does, and what nobody may."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from affairs.models import Message
from entitlements import actions
from entitlements.admin.moves import MOVES
from entitlements.models import Entitlement, Overpayment
from exchange.models import Lookup
from ledger.clock import city_date, now
from ledger.models import Event
from people import identity, rights, roles
from people.models import Reading, User
from tests import officers
from tests.approvals.cases import audited
from tests.entitlements import cases
from tests.entitlements.cases import fresh, granted, kinds, month, paid

pytestmark = pytest.mark.usefixtures("furnished")

LIST = "/desk/entitlements/entitlement/"
LISTS = "/desk/entitlements/paymentlist/"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def enter(role: str, office: str | None, name: str = "", **more: Any) -> Client:
    rights.write_groups()
    user = officers.make(name or f"t-{role}", role, office_id=office, **more)
    client = Client()
    client.force_login(user, BACKEND)
    return client


def page(client: Client, row: Entitlement) -> str:
    answer = client.get(f"{LIST}{row.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def do(client: Client, row: Entitlement, action: str, **form: str) -> Any:
    sent = {"action": action, "version": str(fresh(row).events), **form}
    return client.post(f"{LIST}{row.pk}/do/", sent)


def offered(body: str) -> set[str]:
    return set(re.findall(r'id="move-([a-z]+)"', body))


def test_the_list_finds_by_number_and_person_and_each_search_leaves_a_trace() -> None:
    row, person = granted(), cases.CITY.person(39)
    paid(month(row))
    client = enter("clerk", row.office_id)
    shown = client.get(LIST).content.decode()
    assert row.holder_name in shown and person.number not in shown
    assert "200.00 元/月" in shown or "200.00" in shown
    assert month(row, 1).isoformat() in shown and "正在发放" in shown
    sent = client.post("/desk/search/", {"list": LIST, "q": person.number})
    assert sent.status_code == 302 and person.number not in sent["Location"]
    assert row.holder_name in client.get(sent["Location"]).content.decode()
    assert row.holder_name in client.get(f"{LIST}?q={row.application}").content.decode()
    assert row.holder_name not in client.get(f"{LIST}?q={uuid4().hex}").content.decode()
    traces = Reading.objects.filter(kind=Reading.Kind.SEARCH).values_list("subject", flat=True)
    assert {row.holder, row.application} <= set(traces)
    for query, found in {
        "state=active": True, "state=held": False, "state=overpaid": False,
        f"service={row.service}": True, f"region={row.region_id}": True, "state=x": False,
    }.items():  # fmt: skip
        answer = client.get(f"{LIST}?{query}", follow=True)
        assert answer.status_code == 200
        assert (row.holder_name in answer.content.decode()) is found, query


def test_the_page_shows_periods_payments_what_was_read_and_the_case() -> None:
    row = granted()
    paid(month(row))
    body = page(enter("clerk", row.office_id), row)
    for text in (row.holder_name, row.application, month(row).isoformat(), "200.00"):
        assert text in body
    assert "民政" in body and LISTS in body
    read = Lookup.objects.filter(case=row.application).values_list("registry", flat=True)
    for registry in set(read):  # each that was asked, in words
        assert settings.CITY.registries[registry].zh in body
    assert len(set(read)) >= 2
    assert offered(body) == {"hold", "stop"}
    assert Reading.objects.filter(subject=row.application, kind="case").exists()
    assert identity.decrypt(row.holder_number, row.holder) not in body


def test_an_officer_holds_and_resumes_with_a_reason_that_the_holder_reads() -> None:
    row = granted()
    client = enter("clerk", row.office_id)
    assert do(client, row, "hold", reason="").status_code == 422
    stale = client.post(
        f"{LIST}{row.pk}/do/", {"action": "hold", "version": "0", "reason": "电话核实账户"}
    )
    assert stale.status_code == 409 and fresh(row).state == "active"
    assert do(client, row, "hold", reason="电话核实账户").status_code == 302
    paid(month(row))
    body = page(client, row)
    assert offered(body) == {"resume", "stop"} and "电话核实账户" in body
    assert do(client, row, "hold", reason="再次暂缓").status_code == 409
    assert do(client, row, "resume", reason="账户已核实").status_code == 302
    made = paid(month(row)).payments
    assert made is not None and made.entries == 1  # what was kept is released
    assert kinds(row)[-2:] == ["held", "resumed"]
    told = Message.objects.filter(subject=row.holder, topic=row.subject)
    assert told.filter(kind="entitlement_changed").count() == 2
    assert audited() == []


def test_a_stop_is_asked_once_more_and_two_officers_decide_what_is_paid_back() -> None:
    row = granted()
    for n in range(2):
        paid(month(row, n))
    first = enter("clerk", row.office_id, "first")
    second = enter("clerk", row.office_id, "second")
    form = {"reason": "户籍早已迁出", "on": city_date(now()).isoformat()}
    assert do(first, row, "stop", reason="户籍早已迁出", on="昨天").status_code == 422
    asked = do(first, row, "stop", **form)
    assert asked.status_code == 200 and fresh(row).state == "active"
    assert "400.00" in asked.content.decode()  # what would be overpaid then
    back = do(first, row, "stop", edit="stop", **form)
    assert "户籍早已迁出" in back.content.decode() and fresh(row).state == "active"
    assert do(first, row, "stop", confirmed="1", **form).status_code == 302
    claim = Overpayment.objects.get()
    assert (fresh(row).state, claim.amount) == ("ended", Decimal(400))
    assert row.holder_name in first.get(f"{LIST}?state=overpaid").content.decode()
    assert offered(page(first, row)) == {"recover", "waive"}
    assert do(first, row, "recover", claim=str(uuid4()), reason="应退回").status_code == 200
    of = {"claim": str(claim.pk), "confirmed": "1"}
    wrong = do(first, row, "recover", claim=str(uuid4()), reason="应退回", confirmed="1")
    assert wrong.status_code == 404
    assert do(first, row, "recover", reason="应退回", **of).status_code == 302
    assert offered(page(first, row)) == {"disagree"}  # who proposed cannot decide
    assert do(first, row, "agree", **of).status_code == 403
    assert offered(page(second, row)) == {"agree", "disagree"}
    assert "<b>追回</b>" in page(second, row)  # what was proposed
    assert "recovered" not in do(second, row, "agree", claim=str(claim.pk)).content.decode()
    assert do(second, row, "agree", **of).status_code == 302
    claim.refresh_from_db()
    assert claim.state == "recovered" and claim.decided_by.username == "second"
    assert offered(page(second, row)) == set()
    assert audited() == []


@pytest.mark.parametrize("role", [role.value for role in roles.OFFICERS])
def test_each_page_opens_for_the_roles_of_the_table_alone(role: str) -> None:
    row = granted()
    made = paid(month(row)).payments
    assert made is not None
    key = {"entitlement": row.pk, "payments": made.pk}
    here = enter(role, row.office_id)
    other = enter(role, "market", f"x-{role}")
    district = "440303" if row.region_id != "440303" else "440305"
    away = enter(role, row.office_id, f"y-{role}", region_id=district)
    before = (kinds(row), Event.objects.filter(subject=made.subject).count())
    for one in roles.PAGES:
        if not one.address.startswith("/desk/entitlements/"):
            continue
        place, may = one.address.format(**key), role in one.roles
        if not one.posted:
            assert (here.get(place).status_code == 200) is may, one
            if one.within and role != "auditor":
                for client in (other, away):
                    assert client.get(place).status_code in (403, 404), one
            for client in (other, away):  # lists: nobody of another office or district is there
                body = client.get(place).content.decode()
                assert role == "auditor" or row.holder_name not in body, one
        else:
            forms = [{}, *({"action": name} for name in (*MOVES, "release", "record_paid"))]
            for client in (other, away) if may else (here, other, away):
                for form in forms:
                    sent = {**form, "version": "1", "reason": "核实", "confirmed": "1"}
                    status = client.post(place, sent).status_code
                    assert status in (403, 404), (one, form, status)
    assert (kinds(row), Event.objects.filter(subject=made.subject).count()) == before


def test_an_auditor_reads_it_masked_and_moves_nothing() -> None:
    row = granted()
    client = enter("clerk", row.office_id)
    reason = f"与{row.holder_name}通话，号码 13800138000"
    assert do(client, row, "hold", reason=reason).status_code == 302
    paid(month(row))
    auditor = enter("auditor", None)
    for body in (page(auditor, row), auditor.get(LIST).content.decode()):
        assert row.holder_name not in body and "13800138000" not in body
        assert identity.mask_name(row.holder_name) in body
    assert offered(page(auditor, row)) == set()
    assert do(auditor, row, "resume", reason="核实").status_code == 404


def test_nobody_handles_their_own() -> None:
    row = granted()
    mine = enter("clerk", row.office_id, person=row.holder)
    assert mine.get(f"{LIST}{row.pk}/change/").status_code == 404
    assert row.holder_name not in mine.get(LIST).content.decode()
    assert do(mine, row, "hold", reason="核实").status_code == 404


def test_the_numbers_are_those_of_the_rows() -> None:
    row = granted()
    for n in range(2):
        paid(month(row, n))
    supervisor = enter("supervisor", row.office_id)
    body = supervisor.get(f"{LIST}numbers/").content.decode()
    assert body.count("200.00") == 3 and "正在发放" in body  # a month, and two periods
    clerk = enter("clerk", row.office_id)
    on = city_date(now()).isoformat()
    form = {"reason": "户籍早已迁出", "on": on, "confirmed": "1"}
    assert do(clerk, row, "stop", **form).status_code == 302
    body = supervisor.get(f"{LIST}numbers/").content.decode()
    assert "400.00" in body and "由工作人员决定" in body
    assert clerk.get(f"{LIST}numbers/").status_code == 403
    empty = enter("head", "market").get(f"{LIST}numbers/")
    assert empty.status_code == 200 and "200.00" not in empty.content.decode()


@pytest.mark.parametrize("action", ["", "x", *MOVES])
def test_odd_forms_are_answered_in_words(action: str) -> None:
    row = granted()
    client = enter("clerk", row.office_id)
    for form in (
        {},
        {"version": "1", "reason": "\x00", "on": "2026-02-30"},
        {"version": "9" * 30, "reason": "核" * 500, "claim": "x"},
        {"version": "1", "reason": "核实", "on": "9999-12-31", "confirmed": "1", "claim": "汪"},
    ):
        answer = client.post(f"{LIST}{row.pk}/do/", {"action": action, **form})
        moved = action == "hold" and answer.status_code == 302
        assert moved or answer.status_code in (400, 404, 409, 422), (form, answer.status_code)
        if not moved and answer.status_code != 400:  # which is of every form: a NUL
            assert 'role="alert"' in answer.content.decode()
    twice = client.post(f"{LIST}{row.pk}/do/", {"action": [action, "hold"], "version": "1"})
    assert twice.status_code == 422


def test_what_is_ended_cannot_be_moved_from_an_old_page() -> None:
    row = granted()
    client = enter("clerk", row.office_id)
    by, on = cases.clerk(row), city_date(now())
    actions.stop(key=row.pk, reason="迁出", on=on, version=row.events, by=by, now=now())
    for action in ("hold", "resume", "stop"):
        form = {"reason": "核实", "on": on.isoformat(), "confirmed": "1"}
        answer = do(client, row, action, **form)
        assert answer.status_code == 409, action
    assert User.objects.get(username="t-clerk").role == "clerk"
