"""Payment lists at the desk: released, taken, paid, returned; totals are those of the rows."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from affairs.models import Message
from entitlements.models import Entitlement, PaymentList
from ledger.models import Event
from people import identity
from tests.approvals.cases import audited
from tests.entitlements.cases import granted, granted_to, kinds, month, old_people, paid
from tests.entitlements.test_desk import LISTS, enter

pytestmark = pytest.mark.usefixtures("furnished")


def listed() -> tuple[PaymentList, Entitlement, Entitlement]:
    """One list with two people on it."""
    one, other = granted(), granted_to(old_people()[0])
    made = paid(max(month(one), month(other))).payments
    assert made is not None and made.entries == 2
    return made, one, other


def test_a_list_is_released_by_one_taken_by_another_and_is_the_same_bytes() -> None:
    made, row, _other = listed()
    clerk, head = enter("clerk", row.office_id), enter("head", row.office_id)
    place = f"{LISTS}{made.pk}/"
    early = clerk.post(f"{place}export/")
    assert early.status_code == 409 and "放行" in early.content.decode()
    assert clerk.post(f"{place}do/", {"action": "release"}).status_code == 403
    assert head.post(f"{place}do/", {"action": "release"}).status_code == 302
    assert head.post(f"{place}do/", {"action": "release"}).status_code == 409
    assert head.post(f"{place}export/").status_code == 403
    assert clerk.get(f"{place}export/").status_code == 302  # a link takes nothing
    first, again = clerk.post(f"{place}export/"), clerk.post(f"{place}export/")
    assert first.status_code == 200 and first.content == again.content
    assert hashlib.sha256(first.content).hexdigest() == made.sha256
    assert identity.decrypt(row.holder_number, row.holder) in first.content.decode()
    assert "no-store" in first["Cache-Control"] and "attachment" in first["Content-Disposition"]
    events = list(Event.objects.filter(subject=made.subject).order_by("seq"))
    assert [(e.kind, e.by) for e in events] == [
        ("released", "officer:t-head"),
        *[("exported", "officer:t-clerk")] * 2,
    ]
    facts = {"sha256": made.sha256, "entries": "2", "total": f"{made.total:.2f}"}
    assert json.loads(events[-1].data) == facts
    assert audited() == []


def test_an_exported_list_cannot_change() -> None:
    made, _row, _other = listed()
    for statement in (
        "UPDATE entitlements_instalment SET amount = 1 WHERE payment_id = %s",
        "UPDATE entitlements_instalment SET payment_id = NULL WHERE payment_id = %s",
        "UPDATE entitlements_paymentlist SET total = 1 WHERE id = %s",
        "DELETE FROM entitlements_instalment WHERE payment_id = %s",
        "DELETE FROM entitlements_paymentlist WHERE id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [made.pk])
    assert audited() == []


def test_the_page_says_totals_of_the_rows_and_what_the_treasury_and_the_bank_answer() -> None:
    made, row, other = listed()
    clerk, head = enter("clerk", row.office_id), enter("supervisor", row.office_id)
    place = f"{LISTS}{made.pk}/"
    body = head.get(f"{place}change/").content.decode()
    assert f"{made.total:.2f}" in body and "与清单一致" in body
    assert row.holder_name in body and other.holder_name in body
    assert "已生成" in head.get(LISTS).content.decode()
    total = made.total
    assert total == Decimal(400) or total == sum(
        (i.amount or Decimal(0) for i in made.instalments.all()), Decimal(0)
    )
    paid_form = {"action": "record_paid", "entries": "2", "total": f"{total:.2f}"}
    assert clerk.post(f"{place}do/", paid_form).status_code == 409  # nobody has taken it there
    head.post(f"{place}do/", {"action": "release"})
    clerk.post(f"{place}export/")
    for wrong in ({"entries": "3"}, {"total": "1.00"}, {"entries": "两"}, {"total": "1e99"}):
        answer = clerk.post(f"{place}do/", {**paid_form, **wrong})
        assert answer.status_code == 422, wrong
    one = made.instalments.get(entitlement=row)
    back = {"action": "record_returned", "instalment": str(one.pk), "reason": "银行账户已注销"}
    assert clerk.post(f"{place}do/", back).status_code == 409  # nothing is paid yet
    assert clerk.post(f"{place}do/", paid_form).status_code == 302
    assert clerk.post(f"{place}do/", paid_form).status_code == 409
    assert clerk.post(f"{place}do/", {**back, "instalment": "x"}).status_code == 404
    assert clerk.post(f"{place}do/", {**back, "reason": ""}).status_code == 422
    assert clerk.post(f"{place}do/", back).status_code == 302
    assert clerk.post(f"{place}do/", back).status_code == 409
    body = clerk.get(f"{place}change/").content.decode()
    assert "银行账户已注销" in body and f"1 · {one.amount}" in body
    assert kinds(row)[-1] == "payment_returned" and "payment_returned" not in kinds(other)
    told = Message.objects.filter(subject=row.holder, topic=row.subject)
    assert told.filter(kind="entitlement_changed").exists()
    auditor = enter("auditor", None).get(f"{place}change/").content.decode()
    assert row.holder_name not in auditor and identity.mask_name(row.holder_name) in auditor
    assert audited() == []


def test_a_list_ends_at_office_and_district() -> None:
    made, row, _other = listed()
    for name, role, office, more in (
        ("elsewhere", "clerk", "market", {}),
        ("district", "clerk", row.office_id, {"region_id": row.region_id}),
        ("head-elsewhere", "head", "market", {}),
    ):
        client = enter(role, office, name, **more)
        assert client.get(f"{LISTS}{made.pk}/change/").status_code == 404
        assert client.post(f"{LISTS}{made.pk}/export/").status_code == 404
        assert client.post(f"{LISTS}{made.pk}/do/", {"action": "release"}).status_code == 404
        assert str(made.pk) not in client.get(LISTS).content.decode()


def test_one_payment_of_a_long_list_is_found_by_its_case() -> None:
    made, row, other = listed()
    client = enter("clerk", row.office_id)
    shown = client.get(f"{LISTS}{made.pk}/change/?case={row.application}").content.decode()
    assert row.holder_name in shown and other.holder_name not in shown
    for query in ("case=none", "p=99999", "p=x", "case=" + "9" * 90):
        answer = client.get(f"{LISTS}{made.pk}/change/?{query}")
        assert answer.status_code == 200
        assert (row.holder_name in answer.content.decode()) is (query == "p=x")
