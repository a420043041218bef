"""Handing in a bundle; giving up what is left of it; taking up a step that had stopped.

The first steps are applications from the statement that writes the case on. What waits for them is
handed in by the clock (``bundles.following``) when they are granted.
"""

import datetime
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

import bulk
from approvals import actions, numbers
from approvals.actions import Applicant, editions
from approvals.actions.answers import validate
from approvals.actions.submission import Key, made_with
from approvals.errors import not_found
from approvals.models import Application
from approvals.rows.confirmations import ConfirmationState
from approvals.states import OPEN, State
from bundles import queries
from bundles.models import BundledCase, BundleStep
from bundles.states import StepState
from exchange.models import Partner
from ledger.clock import city_date
from ledger.identifiers import uuid7
from materials import actions as materials
from people import identity, names, protection
from people.actors import Actor
from people.errors import ActionRejected
from services import catalogue, schema, tokens
from services.bundles import Joint
from services.materials import listed

FILES_KEPT = datetime.timedelta(days=400)  # of steps that wait


@dataclass(frozen=True, slots=True)
class NewBundle:
    """What is handed in: by whom, which steps in which editions, and the joint form's answers.

    ``key``: whoever sends the same again gets what it led to before.
    """

    joint: Joint
    applicant: Applicant
    answers: dict[str, Any]
    key: Key
    channel: str = "portal"
    by_person: bool = False
    client: Partner | None = None
    identifiers: dict[str, Any] = field(default_factory=dict)  # of first steps: who waits for them


def hand_in(*, new: NewBundle, by: Actor, now: datetime.datetime) -> BundledCase:
    """Record a bundled case and the applications of its first steps in one statement.

    Raises ``ActionRejected``: 409 where another edition is in force, 422 naming each answer that is
    wrong by its place in the joint form, as ``approvals.actions.submit`` else; nothing is written.
    """
    if earlier := _before(new.key, by):
        return earlier
    joint = new.joint
    parts = {code: joint.answers_of(code, new.answers) for code in joint.books}
    kept = _validated(joint, parts, new.answers.keys(), city_date(now))
    case = _case(new, now)
    steps, news = [], []
    for place, code in enumerate(joint.books):
        step = _step(joint, case, code, place, now)
        if step.after:
            step.answers = kept[code]
        else:
            step.state = StepState.SUBMITTED.value
            step.application_id = new.identifiers.get(code) or uuid7()
            news.append(application(case, step, new.applicant, parts[code], new.key))
        steps.append(step)
    made = actions.submit_together(news=news, beside=([case], steps), by=by, now=now)
    if made[0].id != steps[0].application_id:  # a second tap, while the first was written
        return _of(made[0])
    _keep_files(steps, joint, by, now)
    return case


def _before(key: Key, by: Actor) -> BundledCase | None:
    """Return what the key led to; raises ``ActionRejected`` (422) where that was something else."""
    made = actions.earlier(key, by)
    return _of(made) if made else None


def _of(made: Application) -> BundledCase:
    case = BundledCase.objects.filter(steps__application=made).first()
    if case is None:
        raise ActionRejected(
            "key_reused",
            "该幂等键已用于另一份申请",
            "This Idempotency-Key was used for another application before.",
            status=422,
            field="Idempotency-Key",
        )
    return case


def made_before(key: str, by: Actor) -> BundledCase | None:
    """Return the bundled case that a key led to, whatever was handed in with it."""
    made = made_with(key, by)
    return BundledCase.objects.filter(steps__application=made).first() if made else None


def faults(joint: Joint, code: str, answers: dict[str, Any], on: datetime.date) -> list[Any]:
    """Return what is missing or wrong in a step's own answers, but for what it takes later."""
    try:
        schema.validate(joint.books[code], answers, protect=protection.protect, on=on)
    except schema.Invalid as error:
        taken = {f"/{name}" for name in joint.taken_by(code)}
        return [one for one in error.faults if one.pointer not in taken]
    return []


def _validated(
    joint: Joint, parts: dict[str, dict[str, Any]], given: Iterable[str], on: datetime.date
) -> dict[str, dict[str, Any]]:
    """Return the answers by step as they are kept; raises ``ActionRejected`` (422)."""
    kept: dict[str, dict[str, Any]] = {}
    zh, en = "没有这一项", "there is no such question"
    wrong: dict[str, dict[str, str]] = {
        name: {"pointer": "/answers" + schema.pointer(name), "zh": zh, "en": en}
        for name in set(given) - {question.name for question in joint.questions}
    }
    for code, answers in parts.items():
        try:
            kept[code] = validate(joint.books[code], answers, on=on)
        except ActionRejected as error:
            taken = {f"/answers/{name}" for name in joint.taken_by(code)}
            for fault in error.faults:
                if fault["pointer"] not in taken:
                    place = joint.pointer_of(code, fault["pointer"].removeprefix("/answers"))
                    wrong.setdefault(place, {**fault, "pointer": f"/answers{place}"})
    if wrong:
        refused = ActionRejected(
            "invalid_answers",
            "填写内容有误，请按提示修改",
            "Some answers are not valid; see each one.",
            status=422,
        )
        refused.faults = list(wrong.values())
        raise refused
    for code in parts.keys() - kept.keys():  # complete but for what it takes
        form, cleaned = joint.books[code].form, schema.clean(parts[code])
        kept[code] = tokens.change_numbers(form, cleaned, lambda text, _: protection.protect(text))
    return kept


def _case(new: NewBundle, now: datetime.datetime) -> BundledCase:
    number, bundle = names.normal_number(new.applicant.number), new.joint.bundle
    return bulk.new(
        BundledCase,
        number=numbers.new(city_date(now), numbers.BUNDLE),
        bundle=bundle.code,
        zh=bundle.zh,
        en=bundle.en,
        applicant=identity.index(number),
        applicant_number=identity.encrypt(number),
        applicant_name=names.normal(new.applicant.name),
        channel=new.channel,
        client_id=new.client.pk if new.client else None,
        by_person=new.by_person,
        created_at=now,
    )


def _step(
    joint: Joint, case: BundledCase, code: str, place: int, now: datetime.datetime
) -> BundleStep:
    step = joint.bundle.steps[code]
    taken = joint.taken_by(code)
    return bulk.new(
        BundleStep,
        case_id=case.id,
        code=code,
        place=place,
        service_id=step.service,
        edition_id=_edition(joint, code, now),
        after=list(joint.after(code)),
        takes={name: f"{source.step}.{source.field}" for name, source in taken.items()},
        holder=step.applicant,
        state=StepState.WAITING.value,
        moved_at=now,
        next_at=now,
    )


def _edition(joint: Joint, code: str, now: datetime.datetime) -> int:
    """Return the id of the edition shown; raises ``ActionRejected`` (409): it is not in force."""
    book, today = joint.books[code], city_date(now)
    edition = catalogue.current(book.code, today)
    if edition is None or edition.number != book.number:
        current = catalogue.rulebook(edition) if edition else book
        raise editions.not_in_force(book.number, current, today)
    return int(edition.pk)


def application(
    case: BundledCase, step: BundleStep, applicant: Applicant, answers: dict[str, Any], key: Key
) -> actions.NewApplication:
    """Return the application of a step, as it is handed in."""
    return actions.NewApplication(
        service=str(step.service_id),
        edition=step.edition.number,
        applicant=applicant,
        answers=answers,
        channel=case.channel,
        by_person=case.by_person,
        client=case.client,
        key=key,
        identifier=step.application_id,
        within=actions.Within(case.number, step.code),
    )


def _keep_files(steps: list[BundleStep], joint: Joint, by: Actor, now: datetime.datetime) -> None:
    """Keep the files of steps that wait: no case has them yet."""
    named = {
        digest
        for step in steps
        if step.state == StepState.WAITING
        for some in listed(joint.books[step.code], step.answers).values()
        for digest in some
    }
    if named:
        materials.renew(named, by=by, until=now + FILES_KEPT)


def give_up(*, number: str, by: Actor, now: datetime.datetime) -> BundledCase:
    """Give up what waits, and withdraw what is not decided; what is granted stays.

    Raises ``ActionRejected``: 404 for a case of another, 409 where nothing is left to give up.
    """
    case = queries.case(number, by)
    with transaction.atomic():
        steps = list(case.steps.select_for_update().order_by("place"))
        applications = Application.objects.in_bulk([s.application_id for s in steps])
        is_any = False
        for step in steps:
            if step.state in (StepState.WAITING, StepState.STOPPED):
                move(step, StepState.DROPPED, now)
                is_any = True
            elif step.application_id and applications[step.application_id].state in OPEN:
                with suppress(ActionRejected), transaction.atomic():
                    actions.withdraw(
                        number=applications[step.application_id].number, by=by, now=now
                    )
                    is_any = True
        if not is_any:
            raise ActionRejected(
                "nothing_left",
                "没有可以放弃的事项：都已办结，或正在核验",
                "There is nothing left to give up: all of it is decided, or just being checked.",
            )
    return case


def take_up(*, number: str, step: str, by: Actor, now: datetime.datetime) -> BundledCase:
    """Let a step that had stopped follow again, now that what it waits for is granted.

    Raises ``ActionRejected``: 404 for a case of another or no such step, 409 where something still
    stands in its way.
    """
    case = queries.case(number, by)
    with transaction.atomic():
        steps = {s.code: s for s in case.steps.select_for_update().order_by("place")}
        found = steps.get(step)
        if found is None:
            raise not_found()
        before = [steps[code].application_id for code in found.after]
        granted = Application.objects.filter(pk__in=[b for b in before if b], state=State.APPROVED)
        granted = granted.exclude(confirmations__state=ConfirmationState.DUE)
        if found.state != StepState.STOPPED or granted.count() != len(before):
            raise ActionRejected(
                "cannot_follow",
                "该事项现在还不能继续办理",
                "This step cannot go on now.",
            )
        move(found, StepState.WAITING, now)
    return case


def move(
    step: BundleStep,
    to: StepState,
    now: datetime.datetime,
    *,
    application: uuid.UUID | None = None,
    why: dict[str, str] | None = None,
) -> None:
    """Write that a step has moved; the caller has locked it."""
    step.state, step.moved_at, step.next_at = to.value, now, now
    step.application_id, step.why = application, why or {}
    step.save(update_fields=["state", "moved_at", "next_at", "application", "why"])
