"""An approval of the machine's that officers overturn becomes a regression case of its service.

The machine decides nothing finally but an approval, so what is overturned is always one, and what
should have followed is always: anything else.
"""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from approvals.actions.decisions import Decided
from approvals.models import Application, Decision, Evidence, SampleFinding
from approvals.states import FINAL, Outcome
from certificates.models import Certificate, Revocation
from ledger.models import Event
from people.actors import Actor, Kind
from services import catalogue
from services.inputs import read_inputs
from services.models import Regression
from services.pack.model import AS_OF, CONSENTS, WITHHELD
from services.regressions import masking
from services.regressions.actions import Overturned, propose
from services.rulebook import Rulebook
from services.verdict import judge

# why a case was opened again: the decision itself is said to be wrong
_OF_THE_DECISION = ("contested", "own_error")


def propose_from_refusal(
    decided: Decided, *, why: str, by: Actor, now: datetime.datetime
) -> Regression | None:
    """Propose the approval that a refusal overturns; None where none does, or it was no error.

    ``why``: the case was opened again. Judged by the edition that approved it, on the facts as the
    officers know them now (what they do not know, as the machine knew it): approved again, the
    rule is wrong. Not approved, the facts were, and the row says which; where the case was opened
    because a record had changed, or was to be confirmed, nobody erred and there is no row.
    """
    application = decided.application
    if decided.ruling.outcome is not Outcome.REFUSE:
        return None
    before = Decision.objects.filter(
        application=application, outcome__in=[one.value for one in FINAL]
    ).exclude(pk=decided.decision.pk)
    machine = before.select_related("edition").order_by("-at", "-id").first()
    if machine is None or machine.officer_id is not None or machine.outcome != Outcome.APPROVE:
        return None
    book = catalogue.rulebook(machine.edition_id)
    known: Mapping[str, Any] = {}
    if machine.edition_id == application.edition_id:
        known = decided.inputs.facts
    facts = _facts(machine, known, decided.inputs.consents)
    approved = judge(book, read_inputs(book, facts)).outcome == Outcome.APPROVE
    if not approved and why not in _OF_THE_DECISION:
        return None
    found = Overturned(
        edition=machine.edition,
        decision=machine.pk,
        origin=Regression.Origin.REOPENING,
        cause=Regression.Cause.RULE if approved else Regression.Cause.FACTS,
        facts=facts,
        words=decided.ruling.reasons[0],
        involved=[*_acted(application), by.code],
        hidden=[*_hidden(application, book)],
        changed=[name for name, value in known.items() if machine.inputs.get(name) != value],
    )
    return propose(found=found, by=by, now=now)


def propose_from_finding(
    finding: SampleFinding, *, by: Actor, now: datetime.datetime
) -> Regression | None:
    """Propose an approval that re-review (双随机) has found false, confirmed by a second officer.

    Where it was got by deception, the facts were wrong and not the rule.
    """
    review, machine = finding.review, finding.review.decision
    book, application = catalogue.rulebook(machine.edition_id), finding.review.application
    ids = {condition.id for condition in book.conditions}
    deceived = finding.ground == Revocation.Ground.DECEPTION
    found = Overturned(
        edition=machine.edition,
        decision=machine.pk,
        origin=Regression.Origin.REVIEW,
        cause=Regression.Cause.FACTS if deceived else Regression.Cause.RULE,
        facts=_facts(machine, {}, {}),
        words=f"{review.reason}\n{finding.note}",
        involved=[*_acted(application), finding.found_by.username, by.code],
        hidden=[*_hidden(application, book)],
        conditions=[one for one in review.conditions if one in ids],
    )
    return propose(found=found, by=by, now=now)


def _facts(
    machine: Decision, known: Mapping[str, Any], consents: Mapping[str, str]
) -> dict[str, Any]:
    """The machine's inputs, on its day, with what officers know in place of what it took."""
    stored = {name: value for name, value in machine.inputs.items() if name != WITHHELD}
    answered = {**stored.get(CONSENTS, {}), **consents}
    return {**stored, **known, CONSENTS: answered, AS_OF: stored[AS_OF]}


def _acted(application: Application) -> Iterator[str]:
    """Every officer who did anything on a case."""
    prefix = f"{Kind.OFFICER}:"
    events = Event.objects.filter(
        subject=f"application:{application.number}", by__startswith=prefix
    )
    for by in events.values_list("by", flat=True).distinct():
        yield by.removeprefix(prefix)


def _hidden(application: Application, book: Rulebook) -> Iterator[str]:
    """What may say whom a case is about, beside the facts: answers, records, numbers, the name."""
    yield from (application.applicant_name, application.number)
    yield from Certificate.objects.filter(application=application.number).values_list(
        "number", flat=True
    )
    read = Evidence.objects.filter(application=application).values_list("facts", flat=True)
    yield from masking.identifying(
        book, [application.answers, *(orjson.loads(facts) for facts in read)]
    )
