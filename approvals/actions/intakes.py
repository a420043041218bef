"""What an officer states who takes an application at a counter, and who may take which.

The applicant need not be there: a guardian acts for who has limited capacity (民法典 §§23, 27, 28),
an agent by a written mandate (§165). The officer has seen the originals and says which.
"""

import datetime
from dataclasses import dataclass

from django.conf import settings

import bulk
from approvals.errors import not_found
from approvals.models import Application
from approvals.rows.intakes import (
    AUTHORITIES,
    FIRST,
    WINDOW,
    Acting,
    Authority,
    Intake,
    Paper,
    Relation,
)
from city.model import Counter
from exchange import kinship
from ledger.clock import city_date
from people import identity, names, text
from people import numbers as standard
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User

ADULT = 18  # 民法典 §17
OF_AGE = 16  # may be of full capacity from then on, by own labour (民法典 §18)
OF_PERSON = (Acting.SELF, Acting.GUARDIAN, Acting.AGENT)
OF_ENTERPRISE = (Acting.STATUTORY, Acting.AGENT)


@dataclass(frozen=True, slots=True)
class Representative:
    """Who acts for the applicant, what shows who they are, and why they may.

    ``relation`` is a guardian's (``Relation``); ``authority`` the paper, of the day ``on``.
    """

    number: str
    name: str
    paper: str
    authority: str
    on: datetime.date | None
    relation: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """What the officer at a counter saw: who came, and which originals.

    ``consented_at``: when whoever came agreed that registries are read to fill in the form.
    """

    counter: str
    acting: str
    paper: str
    consented_at: datetime.datetime
    representative: Representative | None = None


def counter_for(by: Actor, counter: str, service: str) -> Counter:
    """Return the counter where ``by`` takes applications for a service; else it is not there."""
    found: Counter | None = settings.CITY.counters.get(counter)
    if (
        by.kind is not Kind.OFFICER
        or by.role != User.Role.CLERK
        or found is None
        or not found.is_of(by.office, by.region)
        or not found.takes(service)
    ):
        raise not_found()
    return found


def has_counter(by: Actor, service: str) -> bool:
    """Whether ``by`` takes applications for a service at any counter."""
    is_clerk = by.kind is Kind.OFFICER and by.role == User.Role.CLERK
    counters = settings.CITY.counters_of(by.office, by.region) if is_clerk else ()
    return any(counter.takes(service) for counter in counters)


def require(
    presence: Presence, service: str, applicant: tuple[str, str], by: Actor, now: datetime.datetime
) -> None:
    """Raise ``ActionRejected`` unless the officer may take it and what was seen is whole.

    ``applicant``: kind and number, as it was checked before.
    """
    counter_for(by, presence.counter, service)
    kind, number = applicant
    acting = presence.acting
    fitting = OF_ENTERPRISE if kind == "enterprise" else OF_PERSON
    if acting not in fitting:
        raise _invalid(
            "/intake/acting",
            "请选择由谁办理：企业由法定代表人或代理人办理，个人由本人、监护人或代理人办理",
            "Say who acts: of an enterprise its legal representative or an agent; of a person that"
            " person, a guardian or an agent.",
        )
    _paper(presence.paper, kind, "/intake/paper")
    if kind == "person" and acting != Acting.GUARDIAN and age(number, city_date(now)) < OF_AGE:
        raise _invalid(
            "/intake/acting",
            "申请人未满十六周岁，请由监护人办理（民法典第十八条、第十九条）",
            "The applicant is under 16: a guardian acts (Civil Code arts. 18, 19).",
        )
    if (acting == Acting.SELF) != (presence.representative is None):
        raise _invalid(
            "/intake/representative",
            "代为办理的，请填写代办人；本人办理的，不填写代办人",
            "Name who acts for the applicant, and nobody where the applicant acts.",
        )
    if presence.representative is not None:
        _require_representative(presence.representative, acting, number, city_date(now))
    _require_no_interest(presence, number, by)


def row(presence: Presence, application: Application, by: Actor, now: datetime.datetime) -> Intake:
    """Return the row of an application, in its present round, that ``require`` let through.

    It is unsaved.
    """
    acts = presence.representative
    number = names.normal_number(acts.number) if acts else ""
    return bulk.new(
        Intake,
        application_id=application.id,
        round=application.round,
        office_id=by.office,
        counter=presence.counter,
        officer_id=User.objects.values_list("pk", flat=True).get(username=by.code),
        at=now,
        consented_at=presence.consented_at,
        acting=presence.acting,
        paper=presence.paper,
        representative=identity.index(number) if acts else "",
        representative_number=identity.encrypt(number) if acts else None,
        representative_name=names.normal(acts.name) if acts else "",
        representative_paper=acts.paper if acts else "",
        relation=acts.relation if acts else "",
        authority=acts.authority if acts else "",
        authority_on=acts.on if acts else None,
        authority_note=text.clean(acts.note, longest=200) if acts else "",
    )


def of(application: Application) -> list[Intake]:
    """Return how an application and its corrections were taken at counters, oldest first.

    No query of what neither came to a counter nor was ever corrected.
    """
    if application.channel != WINDOW and application.round <= FIRST:
        return []
    rows = Intake.objects.select_related("office", "officer").filter(application=application)
    return list(rows.order_by("round"))


def _require_representative(
    acts: Representative, acting: str, applicant: str, on: datetime.date
) -> None:
    number = names.normal_number(acts.number)
    if not standard.id_number_ok(number, on):
        raise _invalid(
            "/intake/representative/number",
            "代办人证件号码校验不通过，请核对",
            "The check digit of the number of whoever acts does not match; please check it.",
        )
    if number == applicant:
        raise _invalid(
            "/intake/representative/number",
            "代办人与申请人是同一人，请选择本人办理",
            "Whoever acts is the applicant; choose that the applicant acts.",
        )
    if not names.is_name(names.normal(acts.name), "person"):
        raise _invalid(
            "/intake/representative/name",
            "请按证件填写代办人姓名",
            "Give the name of whoever acts as it stands on the card.",
        )
    if age(number, on) < ADULT:
        raise _invalid(
            "/intake/representative/number",
            "代办人须年满十八周岁（民法典第十七条、第十八条）",
            "Whoever acts for another is at least 18 years old (Civil Code arts. 17, 18).",
        )
    _paper(acts.paper, "person", "/intake/representative/paper")
    if acts.authority not in AUTHORITIES[Acting(acting)] or (
        acts.authority == Authority.REGISTRY and not kinship.is_kept()
    ):
        raise _invalid(
            "/intake/representative/authority",
            "请选择已查验原件的委托或监护证明",
            "Choose the paper that shows why this person may act; you have seen its original.",
        )
    if (acting == Acting.GUARDIAN) != (acts.relation in Relation.values):
        raise _invalid(
            "/intake/representative/relation",
            "请选择监护人与申请人的关系",
            "Choose what the guardian is to the applicant.",
        )
    if acts.on is None or acts.on > on:
        raise _invalid(
            "/intake/representative/on",
            "请填写该证明的日期，不得晚于今天",
            "Give the day of that paper, today at the latest.",
        )
    text.clean(acts.note, longest=200, field="/intake/representative/note")


def _require_no_interest(presence: Presence, applicant: str, by: Actor) -> None:
    """Nobody takes what is their own, or what they hand in for another (公务员法 §76)."""
    numbers = [applicant]
    if presence.representative is not None:
        numbers.append(names.normal_number(presence.representative.number))
    if by.person and by.person in map(identity.index, numbers):
        raise ActionRejected(
            "own_application",
            "本人的申请须由其他工作人员收件",
            "Another officer takes an application of your own.",
            status=403,
        )


def _paper(chosen: str, kind: str, field: str) -> None:
    if chosen not in Paper.values or (chosen == Paper.LICENCE) != (kind == "enterprise"):
        raise _invalid(
            field,
            "请选择已查验原件的身份证件或营业执照",
            "Choose the original that you have seen: of a person an identity document, of an"
            " enterprise its business licence.",
        )


def age(number: str, on: datetime.date) -> int:
    """Return the full years, on a day, of whoever has a citizen's number."""
    born = standard.birth(number)
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _invalid(field: str, zh: str, en: str) -> ActionRejected:
    return ActionRejected("invalid_intake", zh, en, status=422, field=field)
