"""Every column of what is paid by period, edited by a superuser with the triggers off, is found."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest

from approvals.records.audit import faults
from deploy.local.servers import with_database
from entitlements import actions
from entitlements.models import Overpayment
from ledger.clock import city_date, now
from tests.approvals.cases import audited
from tests.attacks.test_insiders import edit
from tests.entitlements.cases import clerk, granted, month, paid

pytestmark = [
    pytest.mark.usefixtures("furnished_committed"),
    pytest.mark.skipif(
        not os.environ.get("DATABASE_ADMIN_URL"), reason="needs a superuser of PostgreSQL"
    ),
]
COLUMNS = """
SELECT table_name, column_name, udt_name FROM information_schema.columns
WHERE table_name LIKE 'entitlements_%%' AND table_schema = 'public' ORDER BY 1, ordinal_position
"""
DECISIVE = {
    "entitlements_entitlement.holder_number",
    "entitlements_entitlement.amount",
    "entitlements_entitlement.ended_on",
    "entitlements_instalment.amount",
    "entitlements_instalment.payment_id",
    "entitlements_overpayment.amount",
    "entitlements_paymentlist.total",
    "entitlements_paymentlist.signature",
}


def test_an_edit_of_any_column_is_found(at_furnished: str, pytestconfig: pytest.Config) -> None:
    """The decisive ones in an ordinary run, all of them with ``--full``."""
    row = granted()
    paid(month(row))
    by, second = clerk(row), clerk(row)
    row = actions.stop(key=row.pk, reason="迁出", on=city_date(now()), version=1, by=by, now=now())
    claim = Overpayment.objects.get()
    actions.propose(claim=claim.pk, choice="waived", reason="数额很小", by=by, now=now())
    actions.decide(claim=claim.pk, agreed=True, by=second, now=now())
    assert audited() == []
    url = with_database(os.environ["DATABASE_ADMIN_URL"], at_furnished)
    missed, untried = [], []
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        columns: list[Any] = admin.execute(COLUMNS).fetchall()
        assert len(columns) > 50
        for table, column, kind in columns:
            name = f"{table}.{column}"
            if name not in DECISIVE and not pytestconfig.getoption("--full"):
                continue
            undo = edit(admin, table, column, kind)
            if undo is None:
                untried.append(name)
                continue
            if next(iter(faults()), None) is None:
                missed.append(name)
            undo()
    assert missed == []
    assert not DECISIVE & set(untried), untried
    assert audited() == []
