"""What an applicant signs in place of files: signed, taken back, kept, lapsed (承诺).

A commitment (告知承诺) is personal: signed by the applicant or a guardian from their own log-in, at
the level that the service needs, or before an officer at a counter. A promise (容缺受理) is made by
whoever hands in. Both are signed with the application, whose event names them.
"""

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import answered, checks, inspections, materials, steps
from approvals.errors import illegal, not_found
from approvals.models import Application, Attachment, Inspection, Undertaking
from approvals.records import binding, correction, undertakings
from approvals.rows.intakes import Acting
from approvals.rows.undertakings import Cause, UndertakingKind
from approvals.rows.undertakings import UndertakingState as Is
from approvals.states import OPEN, State
from ledger.clock import city_date
from ledger.identifiers import uuid7
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue
from services.pack.program import StandIn
from services.rulebook import Rulebook

REMIND = 2  # working days before its last day whoever promised a file has a message
HANDS_IN = (State.WAITING, State.REVIEW, State.PROCEDURE, State.APPROVED)
PROMISED = (*OPEN, State.APPROVED)  # states in which a promise still matters
FIELDS = ("state", "ended_at")


def sign(
    application: Application,
    book: Rulebook,
    by: Actor,
    now: datetime.datetime,
    *,
    acting: str = "",
) -> list[Undertaking]:
    """Return what is signed with an application that is handed in, unsaved; mostly nothing.

    ``acting``: as what whoever hands it in acts for another (``Acting``), if so. Raises
    ``ActionRejected`` (403 not theirs to sign, 422 barred, or both signed for the same files).
    """
    if not undertakings.ticked(application, book):
        return []
    rows: list[Undertaking] = []
    for one in book.program.stand_ins:
        if not application.answers.get(one.name) or application.answers.get(one.question):
            continue
        if any(row.question == one.question for row in rows):
            raise ActionRejected(
                "signed_twice",
                "同一材料只能选择一项：告知承诺，或承诺补交",
                "Choose one for the same paper: the commitment, or to hand it in later.",
                status=422,
                field=f"/answers/{one.name}",
            )
        if one.name in book.pack.commitments:
            _require_may_commit(application, one, by, acting, city_date(now))
        rows.append(_row(application, book, one, by, now))
    return rows


def _row(
    application: Application, book: Rulebook, one: StandIn, by: Actor, now: datetime.datetime
) -> Undertaking:
    commitment, due = book.pack.commitments.get(one.name), None
    if commitment is not None:
        digest = commitment.sha256
    else:
        later = book.pack.materials[one.question].later
        assert later is not None, f"{one.name} promises nothing"
        node = book.form["properties"][one.question]
        digest = later.sha256(one.question, {"zh": node["x-zh"], "en": node["x-en"]})
        due = settings.CITY.calendar.deadline(city_date(now), later.days, later.unit).at
    kind = UndertakingKind.PROMISE if commitment is None else UndertakingKind.COMMITMENT
    return bulk.new(
        Undertaking,
        id=uuid7(),
        application_id=application.id,
        box=one.name,
        question=one.question,
        kind=kind.value,
        waits=one.waits,
        sha256=digest,
        signed_by=str(by),
        signed_at=now,
        due_at=due,
        state=Is.SIGNED.value,
    )


def _require_may_commit(
    application: Application, one: StandIn, by: Actor, acting: str, on: datetime.date
) -> None:
    field = f"/answers/{one.name}"
    if by.kind is Kind.AGENCY or acting in (Acting.AGENT, Acting.STATUTORY):
        raise ActionRejected(
            "sign_yourself",
            "告知承诺须由申请人本人（或监护人）登录后签署，或到窗口当面签署",
            "A commitment is signed by the applicant, or a guardian, from their own log-in or at a"
            " counter.",
            status=403,
            field=field,
        )
    until = undertakings.barred_until(application.applicant, on)
    if until is not None:
        raise ActionRejected(
            "commitment_barred",
            f"此前的承诺经核查不实，{until} 以前不能适用告知承诺，请提交材料",
            f"An earlier commitment was found untrue: until {until} you can sign none. Hand in the"
            " paper instead.",
            status=422,
            field=field,
        )


def sign_again(
    application: Application, book: Rulebook, by: Actor, now: datetime.datetime, *, acting: str = ""
) -> tuple[list[Undertaking], list[Undertaking]]:
    """Return what a correction newly signs, unsaved, and what it no longer has, ended in memory.

    What stays ticked stays as it was signed: a promise gains no days by a correction, nor by having
    lapsed. What was taken back is signed once more only where the return has opened its box.
    """
    stored = Undertaking.objects.filter(application=application).order_by("signed_at", "id")
    newest = {row.box: row for row in stored} if book.program.stand_ins else {}
    wanted = sign(application, book, by, now, acting=acting)
    fresh = [row for row in wanted if _is_anew(newest.get(row.box), application)]
    live = {box: row for box, row in newest.items() if row.state == Is.SIGNED}
    ended = [row for box, row in live.items() if box not in {one.box for one in wanted}]
    for row in ended:
        row.state, row.ended_at = Is.WITHDRAWN.value, now
    return fresh, ended


def _is_anew(before: Undertaking | None, returned: Application) -> bool:
    """Whether a box that a correction has ticked is signed by it, given the newest row of it."""
    if before is None or before.state != Is.WITHDRAWN:
        return before is None or before.state == Is.KEPT
    opened = correction.opened(returned)
    return opened is None or f"/{before.box}" in opened


def withdraw_commitment(
    *, number: str, box: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Take a commitment back before the decision; the condition is then judged without it.

    Raises ``ActionRejected`` (404 nothing of one's own, 409 decided, or being decided).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_applicant(by, application, now)
        rows = Undertaking.objects.filter(application=application, box=box, state=Is.SIGNED)
        row = rows.filter(kind=UndertakingKind.COMMITMENT).first()
        if row is None:
            raise not_found()
        if application.state not in OPEN:
            raise ActionRejected(
                "decided",
                "已经作出决定，承诺不能再撤回",
                "It is decided: a commitment can be taken back before the decision alone.",
            )
        row.state, row.ended_at = Is.WITHDRAWN.value, now
        data = {"box": box, **undertakings.of_undertakings([row])}
        event = steps.event_in_place(application, "commitment_withdrawn", by=by, now=now, data=data)
        steps.write([application], [application.state], [event])
        bulk.update(Undertaking, [row], FIELDS, old={"state": [Is.SIGNED.value]})
        steps.announce([application])
    return application


def hand_in(
    *,
    number: str,
    question: str,
    files: Sequence[str],
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Hand in the files that were promised, by their hash; what waited for them goes on.

    Raises ``ActionRejected`` (404 nothing promised, 409 not now or too late, 422 the files).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_corrector(by, application, now)
        row = open_promise(application, question)
        if row is None:
            raise not_found()
        if application.state not in HANDS_IN:
            raise illegal("hand_in", application.state)
        if row.due_at is not None and now >= row.due_at:
            raise ActionRejected(
                "too_late",
                "补交期限已过",
                "The day by which you promised it is over.",
            )
        book = catalogue.rulebook(application.edition_id)
        answers = {k: v for k, v in application.answers.items() if k != row.box}
        application.answers = _valid({**answers, question: list(files)}, book, question)
        attached = materials.rows_of(application, book, by)
        row.state, row.ended_at = Is.KEPT.value, now
        _go_on(application, row, attached, by, now)
    return application


def _valid(answers: dict[str, Any], book: Rulebook, question: str) -> dict[str, Any]:
    """Hold the files against the form; the other answers are as they were."""
    if not answers[question]:
        raise ActionRejected(
            "nothing_handed_in",
            "请选择要补交的文件",
            "Choose the file that you hand in.",
            status=422,
            field=f"/answers/{question}",
        )
    limit = book.form["properties"][question]["maxItems"]
    if len(set(answers[question])) != len(answers[question]) or len(answers[question]) > limit:
        raise materials.many(limit, f"/answers/{question}")
    return answers


def _go_on(
    application: Application,
    row: Undertaking,
    attached: Sequence[Attachment],
    by: Actor,
    now: datetime.datetime,
) -> None:
    """Write what was handed in; a case that waited is judged again, in a new round."""
    data: dict[str, Any] = {
        "question": row.question,
        "answers": binding.answers_hash(application.answers),
        **undertakings.of_undertakings([row]),
    }
    before, kind = application.state, "material_handed_in"
    if before == State.WAITING:
        book = catalogue.rulebook(application.edition_id)
        round_checks = checks.begin_round(application, book, now)
        for one in attached:
            one.round = application.round
        data |= binding.of_term(application)
        event = steps.move(application, "resume", by=by, now=now, kind=kind, data=data)
        steps.write([application], [before], [event], ("answers", *checks.FIELDS))
        checks.save(round_checks)
    else:
        event = steps.event_in_place(application, kind, by=by, now=now, data=data)
        steps.write([application], [before], [event], ("answers",))
    bulk.update(Undertaking, [row], FIELDS, old={"state": [Is.SIGNED.value]})
    bulk.insert(Attachment, attached)
    steps.announce([application])


def open_promise(application: Application, question: str) -> Undertaking | None:
    rows = Undertaking.objects.filter(application=application, question=question, state=Is.SIGNED)
    return rows.filter(kind=UndertakingKind.PROMISE).first()


def require_kept(application: Application, book: Rulebook) -> None:
    """Nobody grants what waits for a promised file; PostgreSQL asks the same."""
    if not undertakings.ticked(application, book):
        return
    if Undertaking.objects.filter(application=application, waits=True, state=Is.SIGNED).exists():
        raise ActionRejected(
            "promised_file_missing",
            "申请人承诺补交的材料尚未交来，不能批准",
            "A file that the applicant promised is not there yet: it cannot be granted.",
        )


def lapse(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """End the promises whose day has passed; returns how many.

    What waited for the file is closed: its acceptance is withdrawn, with that reason. What was
    granted without it goes to an officer, as an inspection. What an officer has stays there.
    """
    policies.require_machine(by)
    with transaction.atomic():
        due = Undertaking.objects.filter(
            state=Is.SIGNED, due_at__lte=now, application__state__in=PROMISED
        ).order_by("due_at")
        late = list(due.values_list("id", "application_id")[:limit])
        cases = {case.id: case for case in steps.lock_all(sorted({pk for _, pk in late}))}
        rows = [
            row
            for row in Undertaking.objects.filter(id__in=[pk for pk, _ in late], state=Is.SIGNED)
            if cases[row.application_id].state != State.SUBMITTED  # the machine has it just now
        ]
        for row in rows:
            row.state, row.ended_at = Is.LAPSED.value, now
        for case in cases.values():
            if mine := [row for row in rows if row.application_id == case.id]:
                _lapsed(case, mine, by, now)
        bulk.update(Undertaking, rows, FIELDS)
    return len(rows)


def _lapsed(
    case: Application, rows: Sequence[Undertaking], by: Actor, now: datetime.datetime
) -> None:
    data: dict[str, Any] = {
        "questions": sorted(row.question for row in rows),
        **undertakings.of_undertakings(rows),
    }
    before = case.state
    if before == State.WAITING and any(row.waits for row in rows):
        case.settled_at = now
        event = steps.move(case, "expire", by=by, now=now, kind="expired", data=data)
        steps.write([case], [before], [event], ("settled_at",))
        answered.send(answered.answers([case], now))
        steps.announce([case])
        return
    opened: list[Inspection] = []
    if before == State.APPROVED:
        opened = [inspections.opened(case, Cause.LAPSE, now)]
        data |= undertakings.of_inspections(opened)
    event = steps.event_in_place(case, "promise_lapsed", by=by, now=now, data=data)
    steps.write([case], [before], [event])
    bulk.insert(Inspection, opened)


def remind(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Tell whoever promised a file that its day is near, once; returns how many there were."""
    policies.require_machine(by)
    today = city_date(now)
    until = settings.CITY.calendar.deadline(today, REMIND, "working").at
    near = Undertaking.objects.filter(
        state=Is.SIGNED, reminded_at=None, due_at__lte=until, application__state__in=PROMISED
    )
    with transaction.atomic():
        rows = list(near.filter(due_at__gt=now).order_by("due_at")[:limit])
        cases = {case.id: case for case in steps.lock_all(sorted({r.application_id for r in rows}))}
        events = []
        for row in rows:
            row.reminded_at = now
            data = {"question": row.question}
            case = cases[row.application_id]
            events.append(steps.side_event(case, "promise_due", by=by, now=now, data=data))
        if rows:
            found = list(cases.values())
            steps.write(found, [case.state for case in found], events, steps.SIDE)
            bulk.update(Undertaking, rows, ("reminded_at",))
    return len(rows)
