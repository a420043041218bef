"""The first editions of a demo: as anywhere, proposed, tried, and approved by two officers.

Each has a trial of its own, on cases generated at the boundaries of its rules.
"""

from __future__ import annotations

import datetime

from approvals.trials import ordering, running
from people.actors import Actor, officer
from people.models import User
from services import publish, reviews
from services.models import Edition

AUTHOR, REVIEWERS = "policy", ("legal-hrss", "technical")  # accounts (demo.accounts)
OPINION = {
    "legal-hrss": "条件、期限与所引法条逐条核对，一致",
    "technical": "输入、边界与测试已核对",
}


def officers() -> dict[str, Actor]:
    """Return the author and the reviewers by user name; raises ``User.DoesNotExist``."""
    return {
        name: officer(User.objects.get(username=name, is_active=True))
        for name in (AUTHOR, *REVIEWERS)
    }


def publish_first(text: str, file: str, *, by: dict[str, Actor], now: datetime.datetime) -> Edition:
    """Publish the first edition of a service; ``by`` as ``officers`` returns it.

    Raises ``SourceError`` and ``ActionRejected``.
    """
    proposal = publish.propose(text, by=by[AUTHOR], now=now, file=file)
    for name in REVIEWERS:
        opinion = reviews.Opinion(True, OPINION[name], proposal.hash)
        reviews.review(proposal.pk, opinion, by=by[name], now=now)
    first, last = ordering.usual_period(proposal.service_id, proposal.hash, now)
    trial = ordering.order(
        text=text, first_day=first, last_day=last, by=by[AUTHOR], now=now, file=file
    )
    running.run(trial.pk, now=now)
    return publish.publish(proposal.pk, by=by[AUTHOR], now=now)
