"""Editions for tests, published as officers publish them."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group

from approvals.trials import ordering, running
from ledger.clock import city_date
from ledger.clock import now as clock_now
from people.actors import CLOCK, Actor, Kind
from people.models import Office, OfficerChange, User
from services import publish, reviews, trials
from services.models import Edition, Proposal, Trial, TrialFlip, TrialKind, TrialState
from tests.keys import with_key_for_trials
from tests.services.packs import LI, WANG, changed, text

LAW, TECH = (
    Actor(Kind.OFFICER, name, role=role, person=name.ljust(32, "0"))
    for name, role in (("han", "legal"), ("ding", "technical"))
)
HEAD = Actor(Kind.OFFICER, "yang", role="head", person="yang".ljust(32, "0"))

GRADUATES = text("graduate_settlement")
# the graduates' service as it would be were the social insurance registry asked, too
ANOTHER_REGISTRY = (
    (
        "\nform:\n",
        """
  social:
    zh: 社会保险库
    en: Social insurance registry
    basis: 深圳经济特区数据条例 §38
    purpose: {zh: 核实参保, en: verify insurance}

form:
""",
    ),
    (
        "  address_text: {",
        "  months: {from: social.months, type: number, min: 0, max: 999, none: allowed,"
        " zh: 累计缴费月数, en: months paid}\n  address_text: {",
    ),
    (
        "- id: address\n",
        "- {id: insured, must: months = null or months >= 0, zh: 参保情况已核实,"
        " en: Insurance was verified, law: 本市人才引进办法}\n- id: address\n",
    ),
    (
        "    credit: {dishonest: false}\n",
        "    credit: {dishonest: false}\n    social: {months: 3}\n",
    ),
    ("手机号码（选填）", "手机号（选填）"),
)


def graduates_newer(now: datetime.datetime) -> Edition:
    """The next edition of the graduates' service: it asks another registry, in force today."""
    source = changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now)}", GRADUATES)
    for before, after in ANOTHER_REGISTRY:
        source = changed(before, after, source)
    return published(source, now, file="graduate_settlement.yaml")


def published(source: str, now: datetime.datetime, file: str = "bus_pass.yaml") -> Edition:
    """The edition of a pack: proposed, reviewed by two officers, published."""
    with_officers()
    return passed(publish.propose(source, by=LI, now=now, file=file), now)


def passed(proposal: Proposal, now: datetime.datetime) -> Edition:
    """The edition of a proposal that nobody has reviewed."""
    approved(proposal, now)
    return publish.publish(proposal.pk, by=WANG, now=now)


def approved(proposal: Proposal, now: datetime.datetime) -> Proposal:
    """A proposal that was tried, after a legal and a technical officer have approved its text."""
    tried(proposal, now)
    agree(proposal, LAW, now)
    return agree(proposal, TECH, now)


# What a trial on generated cases finds is the same each time: by the texts, what it says, and its
# cases. Judged once in a process, since hundreds of tests begin with an edition.
_FOUND: dict[tuple[str, str], tuple[dict[str, Any], list[dict[str, Any]]]] = {}
_SAID = ("cases", "judged", "flips", "moves")
_OF_FLIP = ("place", "live", "draft", "changes", "facts")


def tried(proposal: Proposal, now: datetime.datetime) -> Trial:
    """A finished trial of a proposal's text over what the city asks for, signed.

    On the service's decided cases, where there are any: then it is run. Otherwise on generated
    cases, which are judged for the first trial of a text, and stored again for the next.
    """
    with_key_for_trials(now)
    first, last = ordering.usual_period(proposal.service_id, proposal.hash, now)
    trial = ordering.order(
        text=proposal.source, first_day=first, last_day=last, by=WANG, now=now,
        file=f"{proposal.service_id}.yaml",
    )  # fmt: skip
    key = trial.hash, trial.live.hash if trial.live else ""
    if trial.kind == TrialKind.PAST or key not in _FOUND:
        trial = running.run(trial.pk, now=now)
        assert trial.state == TrialState.FINISHED, trial.fault
        if trial.kind == TrialKind.BOUNDARY:
            flips = TrialFlip.objects.filter(trial=trial).order_by("place").values(*_OF_FLIP)
            _FOUND[key] = {name: getattr(trial, name) for name in _SAID}, list(flips)
        return trial
    said, flips = _FOUND[key]
    trials.begin(trial, by=CLOCK, now=now)
    TrialFlip.objects.bulk_create(TrialFlip(trial=trial, **flip) for flip in flips)
    for name, value in said.items():
        setattr(trial, name, value)
    trials.finish(trial, by=CLOCK, now=now)
    return trial


def agree(proposal: Proposal, by: Actor, now: datetime.datetime) -> Proposal:
    """The proposal after one officer has approved its text."""
    opinion = reviews.Opinion(True, "已逐条核对，同意", proposal.hash)
    return reviews.review(proposal.pk, opinion, by=by, now=now)


def with_officers(*actors: Actor) -> None:
    """Make the accounts of these officers, or of the usual ones, where they are not there.

    As ``tests.officers`` makes one, but all at once: many tests begin with it.
    """
    wanted = {by.code: by for by in actors or (LI, WANG, LAW, TECH)}
    for name in User.objects.filter(username__in=wanted).values_list("username", flat=True):
        del wanted[name]
    if not wanted:
        return
    at, office = clock_now(), _office()
    admins = list(User.objects.filter(role="administrator", is_active=True).order_by("pk")[:2])
    if len(admins) < 2:
        admins = _made(
            OfficerChange(
                kind="enrol", username=f"first-{n}", name=f"first-{n}", role="administrator",
                person=uuid.uuid4().hex, is_active=True, first=n,
                proposed_at=at, settled_at=at, confirmed=True,
            )
            for n in (1, 2)
        )  # fmt: skip
    changes = [
        OfficerChange(
            kind="enrol", username=by.code, name=by.code, role=by.role, person=by.person,
            is_active=True, office_id=office if by.role in ("legal", "head") else None,
            proposed_by=admins[0], proposed_at=at,
        )
        for by in wanted.values()
    ]  # fmt: skip
    OfficerChange.objects.bulk_create(changes)
    settled = {"settled_by": admins[1], "settled_at": at, "confirmed": True}
    OfficerChange.objects.filter(pk__in=[one.pk for one in changes]).update(**settled)
    users = _accounts(changes)
    through = User.groups.through
    groups = dict(Group.objects.values_list("name", "pk"))
    through.objects.bulk_create(
        through(user_id=user.pk, group_id=groups[user.role])
        for user in users
        if user.role in groups
    )


def _made(changes: Iterable[OfficerChange]) -> list[User]:
    return _accounts(OfficerChange.objects.bulk_create(changes))


def _accounts(changes: Iterable[OfficerChange]) -> list[User]:
    return User.objects.bulk_create(
        User(
            username=one.username, name=one.name, role=one.role, person=one.person,
            office_id=one.office_id, is_active=True, is_staff=True, password="!", change=one,
        )
        for one in changes
    )  # fmt: skip


def _office() -> str:
    found = Office.objects.order_by("code").first()
    if found is None:
        found = Office.objects.create(code="law", name_zh="司法局", name_en="Justice bureau")
    return str(found.pk)
