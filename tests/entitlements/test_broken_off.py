"""A run that is killed in the middle: run again, nobody is paid twice and nobody forgotten."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction

from entitlements import queries
from entitlements.actions import pay, review, reviewing
from entitlements.models import Entitlement, Instalment, PaymentList
from ledger.clock import now
from people.actors import CLOCK
from tests.approvals.cases import audited
from tests.entitlements import cases
from tests.entitlements.cases import ALLOWANCE, month

SECONDS = 60
WAITS = """
SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
"""


class Run(threading.Thread):
    """One step of a run, over a connection of its own, as the process of a worker has."""

    def __init__(self, step: str, period: object) -> None:
        super().__init__()
        self.step, self.period, self.error = step, period, ""

    def run(self) -> None:
        try:
            do = review if self.step == "review" else pay
            do(service=ALLOWANCE, period=self.period, by=CLOCK, now=now())
        except (OperationalError, InterfaceError) as error:
            self.error = type(error).__name__
        finally:
            connection.close()


def killed_at(row: Entitlement, step: str, period: object) -> None:
    """Let a step run until it waits for ``row``, and end its session there, as a kill does."""
    with transaction.atomic():
        Entitlement.objects.select_for_update().get(pk=row.pk)
        run = Run(step, period)
        run.start()
        with connection.cursor() as cursor:
            for _ in range(SECONDS * 20):
                cursor.execute(WAITS)
                if waiting := cursor.fetchone():
                    break
                time.sleep(0.05)
            assert waiting, "the run does not wait for the row"
            cursor.execute("SELECT pg_terminate_backend(%s)", waiting)
    run.join(SECONDS)
    assert not run.is_alive() and run.error, run.error


@pytest.mark.parametrize("step", ["review", "pay"])
def test_a_run_that_is_killed_is_made_up_for(
    step: str, furnished_committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewing, "BATCH", 2)
    people = cases.old_people()[:4]
    made = sorted((cases.granted_to(person) for person in people), key=lambda row: row.pk)
    period = month(made[0])
    if step == "pay":
        review(service=ALLOWANCE, period=period, by=CLOCK, now=now())
    assert len(made) == 4
    killed_at(made[3], step, period)
    judged = Entitlement.objects.filter(reviewed_for=period).count()
    assert (
        judged == {"review": 2, "pay": len(made)}[step]
    )  # the first batch stands, the second does not
    assert not Instalment.objects.exists() and not PaymentList.objects.exists()
    for _ in range(2):  # by hand, or by the next round of the engine
        for due in queries.periods_due(ALLOWANCE, period):
            review(service=ALLOWANCE, period=due, by=CLOCK, now=now())
            pay(service=ALLOWANCE, period=due, by=CLOCK, now=now())
    listed = PaymentList.objects.get()
    assert listed.entries == len(people) == Instalment.objects.count()
    assert set(listed.instalments.values_list("entitlement", flat=True)) == {r.pk for r in made}
    assert queries.periods_due(ALLOWANCE, period) == []
    assert audited() == []
