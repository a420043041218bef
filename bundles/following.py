"""What waits for an earlier step is handed in when that is granted, or stops with the reason.

Found by one statement, whatever has happened meanwhile: a killed process, a lost message or a day
without an engine leave nothing behind. Each step goes in a transaction of its own, so that one that
cannot be handed in harms no other; handed in twice it is one application, by its key.
"""

import datetime
import hashlib
import logging
from uuid import UUID

import orjson
from django.db import connection, transaction

from approvals import actions
from approvals.actions import Applicant
from approvals.actions.submission import Key
from approvals.models import Application
from approvals.rows.confirmations import ConfirmationState
from approvals.states import SETTLED, State
from bundles.actions import application, move
from bundles.models import BundleStep
from bundles.states import StepState
from certificates.models import Certificate
from certificates.states import State as CertificateState
from ledger import canonical
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services.bundles import NAME, NUMBER

log = logging.getLogger(__name__)
BUNDLES = Actor(Kind.MACHINE, "bundles")
AGAIN = datetime.timedelta(seconds=30)  # after a failure that is not the application's

# Parameters: now, how many. Waiting steps whose fate is known: all that they wait for is granted,
# and no more provisionally, or some of it will not be.
_DUE = f"""
SELECT s.id FROM bundles_bundlestep s CROSS JOIN LATERAL (
    SELECT bool_and(a.state = '{State.APPROVED}' AND NOT EXISTS (
            SELECT FROM approvals_confirmation c
            WHERE c.application_id = a.id AND c.state = '{ConfirmationState.DUE}')) AS granted,
        bool_or(q.state IN ('{StepState.STOPPED}', '{StepState.DROPPED}')
            OR a.state IN ({", ".join(f"'{s}'" for s in sorted(SETTLED) if s != State.APPROVED)}))
            AS ended
    FROM jsonb_array_elements_text(s.after) AS p(code)
    LEFT JOIN bundles_bundlestep q ON q.case_id = s.case_id AND q.code = p.code
    LEFT JOIN approvals_application a ON a.id = q.application_id) AS before
WHERE s.state = '{StepState.WAITING}' AND s.next_at <= %s
  AND (before.granted IS NOT FALSE AND before.ended IS NOT TRUE AND NOT EXISTS (
        SELECT FROM jsonb_array_elements_text(s.after) AS p(code)
        LEFT JOIN bundles_bundlestep q ON q.case_id = s.case_id AND q.code = p.code
        WHERE q.application_id IS NULL)
    OR before.ended)
ORDER BY s.next_at LIMIT %s
"""  # noqa: S608 - states of ours


def follow(at: datetime.datetime, limit: int) -> int:
    """Hand in, or stop, the steps whose turn has come; returns how many were looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [at, limit])
        due = [row[0] for row in cursor.fetchall()]
    for key in due:
        try:
            _follow(key, at)
        except Exception:
            log.exception("step %s could not follow; it is tried again", key)
            BundleStep.objects.filter(pk=key).update(next_at=at + AGAIN)
    return len(due)


def _follow(key: UUID, at: datetime.datetime) -> None:
    with transaction.atomic():
        rows = BundleStep.objects.select_for_update(skip_locked=True, of=("self",))
        step = rows.select_related("case__client", "edition").filter(pk=key).first()
        if step is None or step.state != StepState.WAITING:
            return  # somebody else has it, or had it
        if why := _ended(step):
            move(step, StepState.STOPPED, at, why=why)
            return
        try:
            with transaction.atomic():
                made = _submit(step, at)
        except ActionRejected as error:
            why = {"code": error.code, "zh": error.zh, "en": error.en}
            move(step, StepState.STOPPED, at, why=why)
            return
        move(step, StepState.SUBMITTED, at, application=made.id)


def _before(step: BundleStep) -> list[BundleStep]:
    rows = BundleStep.objects.filter(case=step.case_id, code__in=step.after)
    return list(rows.select_related("application").order_by("place"))


def _ended(step: BundleStep) -> dict[str, str]:
    """Say which step it waits for in vain; nothing where all are granted."""
    for one in _before(step):
        state = one.application.state if one.application else None
        if state == State.APPROVED:
            continue
        number = one.application.number if one.application else ""
        return {
            "code": "waits_in_vain",
            "step": one.code,
            "zh": f"前一事项未获批准，本事项不能继续：{number or one.service_id}",
            "en": f"An earlier step was not granted, so this cannot follow: {number or one.code}",
        }
    return {}


def _submit(step: BundleStep, at: datetime.datetime) -> Application:
    issued = _certificates(step)
    answers = dict(step.answers)
    for question, source in step.takes.items():
        code, _dot, field = source.partition(".")
        answers[question] = _field(issued.get(code), field)
    case = step.case
    by, applicant = _party(step, issued)
    body = hashlib.sha256(orjson.dumps(answers, option=orjson.OPT_SORT_KEYS)).digest()
    new = application(case, step, applicant, answers, Key(f"bundle:{step.id}", body))
    return actions.submit(new=new, by=by, now=at)


def _party(step: BundleStep, issued: dict[str, Certificate]) -> tuple[Actor, Applicant]:
    """Return who hands the step in, and for whom: as the case was handed in."""
    case = step.case
    applicant = Applicant("person", case.applicant_plain, case.applicant_name)
    by = Actor(Kind.CITIZEN, case.applicant, case.applicant_name)
    if case.client is not None:
        by = Actor(Kind.AGENCY, case.client.code, case.client.name_zh)
    if step.holder:
        licence = issued.get(step.holder)
        if licence is None:
            raise _no_certificate()
        applicant = Applicant("enterprise", licence.number, _field(licence, NAME))
        by = by if case.client is not None else BUNDLES
    return by, applicant


def _certificates(step: BundleStep) -> dict[str, Certificate]:
    """Return the live certificates of all earlier steps, by step."""
    rows = BundleStep.objects.filter(case=step.case_id, application__isnull=False)
    named = rows.values_list("application__number", "code")
    numbers = {str(number): code for number, code in named}
    live = Certificate.objects.filter(application__in=numbers, state=CertificateState.VALID)
    return {numbers[one.application]: one for one in live.order_by("version")}


def _field(certificate: Certificate | None, field: str) -> str:
    """Return what a certificate says, as text; raises ``ActionRejected`` where it says nothing."""
    if certificate is None:
        raise _no_certificate()
    payload = canonical.loads(bytes(certificate.payload))
    if field == NUMBER:
        return certificate.number
    if field == NAME:
        return str(payload["holder"]["name"])
    for one in payload["fields"]:
        if one["id"] == field and isinstance(one["value"], str) and one["value"]:
            return one["value"]
    raise _no_certificate()


def _no_certificate() -> ActionRejected:
    return ActionRejected(
        "no_certificate",
        "前一事项的证照现在无效，本事项不能继续",
        "The certificate of an earlier step is not in force, so this step cannot go on.",
    )
