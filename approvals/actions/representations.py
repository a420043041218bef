"""Handing in online for another: as a guardian (民法典 §§23, 27, 28) or an agent (§§161, 165).

The service's pack says which of them it allows; an enterprise acts by its representative always
(§61). Each is logged in as who they are; of a guardian the registry of kinship is asked, of a
representative that of enterprises, of an agent the principal's own mandate.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import bulk
from approvals.actions import capacities, mandates
from approvals.actions.applicants import Applicant
from approvals.actions.intakes import ADULT, age
from approvals.models import Application, Mandate, Representation
from approvals.rows.intakes import Acting, Relation
from approvals.rows.representations import REPRESENTED
from exchange import kinship
from ledger.clock import city_date
from people import identity, names
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Represents:
    """That whoever hands it in acts for the applicant: ``acting``, and an agent's ``mandate``."""

    acting: str
    mandate: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Right:
    """By what somebody acts, as it was found now: a guardian's ``relation``, or a mandate."""

    acting: Acting
    user: User
    relation: str = ""
    mandate: Mandate | None = None


def right(
    acts: Represents, rulebook: Rulebook, applicant: Applicant, *, by: Actor, now: datetime.datetime
) -> Right:
    """Return by what ``by`` may hand in for the applicant, whose number and name were checked.

    Each look-up names ``by`` and the purpose. Raises ``ActionRejected`` (403 the service does not
    allow it, 404 no mandate in force, 422 no such guardian, or the registry is silent).
    """
    statutory = applicant.kind == "enterprise" and acts.acting == Acting.STATUTORY
    if not statutory and (
        acts.acting not in rulebook.pack.represented_by or acts.acting not in REPRESENTED
    ):
        raise ActionRejected(
            "not_for_others",
            "该事项不能在网上为他人代办，请由申请人本人办理或到窗口办理",
            "This service is not applied for online for others: the applicant applies, or somebody"
            " comes to a counter for them.",
            status=403,
        )
    if by.kind is not Kind.CITIZEN or not by.code:
        raise mandates.no_mandate()
    if applicant.kind == "enterprise":
        return _for_enterprise(acts, rulebook, applicant, by, now)
    number = names.normal_number(applicant.number)
    if by.code == identity.index(number):
        raise ActionRejected(
            "for_oneself",
            "申请人是您本人，请直接以本人身份办理",
            "That is you: apply for yourself.",
            status=422,
            field="/applicant/number",
        )
    user = User.objects.get(subject=by.code, role=User.Role.CITIZEN)
    assert user.number is not None  # encrypted beside the subject
    own = identity.decrypt(bytes(user.number), by.code)
    if age(own, city_date(now)) < ADULT:
        raise ActionRejected(
            "under_age",
            "代他人办理须年满十八周岁（民法典第十七条、第十八条）",
            "Whoever acts for another is at least 18 years old (Civil Code arts. 17, 18).",
            status=403,
        )
    if acts.acting == Acting.AGENT:
        found = mandates.usable(acts.mandate, rulebook.code, identity.index(number), by, now)
        return Right(Acting.AGENT, user, mandate=found)
    relation = _relation(number, own, rulebook.code, by, now) if kinship.is_kept() else None
    if relation not in Relation.values:
        raise ActionRejected(
            "no_guardian",
            "亲属关系库没有查到您是此人的监护人，请核对姓名和证件号码；确有监护关系的，请携带证明到窗口办理",
            "The registry of kinship does not have you as a guardian of this person. Check name and"
            " number; where you are the guardian all the same, bring the papers to a counter.",
            status=422,
            field="/applicant/number",
        )
    return Right(Acting.GUARDIAN, user, relation=str(relation))


def _for_enterprise(
    acts: Represents, rulebook: Rulebook, applicant: Applicant, by: Actor, now: datetime.datetime
) -> Right:
    """Return by what an enterprise's representative or agent hands it in, for that one alone."""
    if by.enterprise != identity.index(names.normal_number(applicant.number)):
        raise capacities.ended()
    mandate = capacities.require(acts.acting, acts.mandate, rulebook.code, by=by, now=now)
    user = User.objects.get(subject=by.code, role=User.Role.CITIZEN)
    return Right(Acting(acts.acting), user, mandate=mandate)


def _relation(number: str, own: str, service: str, by: Actor, now: datetime.datetime) -> str | None:
    purpose = f"guardian:{service}"
    return kinship.relation(ward=number, guardian=own, purpose=purpose, by=by, now=now)


def row(found: Right | None, application: Application, now: datetime.datetime) -> Representation:
    """Return the row of an application that somebody hands in by a right; it is unsaved."""
    assert found is not None and found.user.number is not None
    return bulk.new(
        Representation,
        application_id=application.id,
        at=now,
        acting=found.acting.value,
        representative=found.user.subject,
        representative_number=bytes(found.user.number),
        representative_name=names.normal(found.user.name),
        relation=found.relation,
        mandate_id=found.mandate.pk if found.mandate else None,
    )


def of(application: Application) -> Representation | None:
    """Return who handed an application in online for its applicant; no query of any other."""
    return by_case([application]).get(application.pk)


def by_case(applications: Sequence[Application]) -> dict[uuid.UUID, Representation]:
    """Return the representation of each case that has one; no query where none has."""
    some = [a.pk for a in applications if a.channel in REPRESENTED]
    found = Representation.objects.filter(application__in=some)
    rows = found.select_related("mandate__principal") if some else ()
    return {row.application_id: row for row in rows}
