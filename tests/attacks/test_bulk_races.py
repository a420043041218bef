"""Two officers decide and give away the same cases at once, each list in another order."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from approvals import actions
from approvals.models import Application, Decision
from ledger.clock import now
from ledger.models import Event
from people.actors import officer
from tests.approvals.cases import audited
from tests.approvals.returns import enter
from tests.approvals.test_races import in_review
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished_committed")
LIST = "/desk/approvals/application/"
FEW, ALL = 4, 60
CASES = 6


def at_once(*calls: Any) -> list[Any]:
    ready = threading.Barrier(len(calls))

    def run(call: Any) -> Any:
        ready.wait(30)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def rows(cases: list[Application]) -> list[str]:
    return [f"{case.pk}:{case.version}" for case in cases]


def test_each_case_has_one_winner_and_the_other_is_told(pytestconfig: pytest.Config) -> None:
    for name in ("clerk-a", "clerk-b", "clerk-d"):
        UserFactory(clerk=True, username=name, office__code="hrss")
    UserFactory(supervisor=True, username="boss", office__code="hrss")
    turns = ALL if pytestconfig.getoption("--full") else FEW
    for turn in range(turns):
        made = [in_review(turn * CASES + place, None) for place in range(CASES)]
        first, second, boss = enter("clerk-a"), enter("clerk-b"), enter("boss")
        reason = "材料经人工核对无误，准予办理"
        yes = {"case": rows(made), "action": "approve", "reason": reason}
        no = {"case": rows(made)[::-1], "action": "refuse", "reason": "不同意", "law": "某法"}
        give = {"case": rows(made), "to": "clerk-d", "reason": "请协助办理"}
        answers = at_once(
            lambda c=first, f=yes: c.post(f"{LIST}together/", f),
            lambda c=second, f=no: c.post(f"{LIST}together/", f),
            lambda c=boss, f=give: c.post(f"{LIST}assign/", f),
        )
        assert {a.status_code for a in answers} <= {302, 409, 422}, [a.status_code for a in answers]
        for case in made:
            after = Application.objects.get(pk=case.pk)
            standing = Decision.objects.filter(application=case, live=True).count()
            assert standing == (after.state in ("approved", "refused"))
            last = Event.objects.filter(subject=case.subject).order_by("-seq")[0]
            assert (last.seq, last.after) == (after.events, after.state)
            kinds = Event.objects.filter(subject=case.subject, seq__gt=case.events)
            told = [k for k in kinds.values_list("kind", flat=True) if k in ("approved", "refused")]
            assert len(told) == standing
            if after.state == "review":
                assert after.taken_by is not None
        states = {Application.objects.get(pk=c.pk).state for c in made}
        assert states <= {"approved", "refused", "review"}
        left = [c for c in made if Application.objects.get(pk=c.pk).state == "review"]
        for case in left:  # given to the third meanwhile: that officer has it, and decides
            by = officer(Application.objects.get(pk=case.pk).taken_by)
            actions.approve(number=case.number, reason=reason, by=by, now=now())
    assert audited() == []
