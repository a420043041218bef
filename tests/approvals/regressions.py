"""Making regression cases as officers do: approved by the machine, contested, refused."""

import datetime

from approvals import actions
from approvals.models import Application
from ledger.clock import city_date, now
from people.actors import Actor, officer
from services.models import Regression
from services.regressions.actions import Acceptance, accept
from tests import officers
from tests.approvals.cases import citizen, graduate_answers, person, settled
from tests.services.editions import GRADUATES
from tests.services.packs import changed

WHY = "毕业院校出具证明，该生系委托培养，按规定不得落户"
LAW = "本市人才引进办法第六条"
REASON = "委托培养的毕业生不得批准落户"
_CAP = "    2018-06-01: P45Y\n"


def overturned(clerk: Actor, why: str = WHY, **answers: object) -> Application:
    """An approval of the machine's that its applicant contests and ``clerk`` refuses."""
    made = settled("graduate", answers=graduate_answers(**answers))
    assert made.state == "approved"
    applicant = person("graduate")
    actions.reopen(number=made.number, reason="请再看一次", by=citizen(applicant), now=now())
    actions.take(number=made.number, by=clerk, now=now())
    actions.refuse(number=made.number, reason=why, by=clerk, now=now())
    return Application.objects.get(pk=made.pk)


def legal(name: str = "legal-a") -> Actor:
    return officer(officers.make(name, "legal", office_id="hrss"))


def accepted(row: Regression, by: Actor, **more: str) -> Regression:
    said = Acceptance(**{"law": LAW, "reason": REASON, **more})
    return accept(regression=row.pk, acceptance=said, by=by, now=now())


def later(days: int = 30) -> datetime.date:
    return city_date(now()) + datetime.timedelta(days=days)


def repeating(days: int = 30) -> str:
    """The graduates' pack from a later day on, with the rules that erred."""
    return changed("in_force_from: 2026-01-01", f"in_force_from: {later(days)}", GRADUATES)


def mended(until: datetime.date | None = None) -> str:
    """The same, with an age limit from its day on that keeps the case out, for good or ``until``"""
    again = f"    {until}: P45Y\n" if until else ""
    return changed(_CAP, f"{_CAP}    {later()}: P18Y\n{again}", repeating())
