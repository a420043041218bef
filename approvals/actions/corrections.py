"""Correcting a returned application: what its return has opened, and nothing else."""

import datetime
from typing import Any

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import (
    applicants,
    checks,
    guards,
    intakes,
    materials,
    quotas,
    steps,
    undertakings,
)
from approvals.actions.answers import region_of, validate
from approvals.actions.intakes import Presence
from approvals.errors import not_found
from approvals.models import Application, Attachment, GuardKey, Intake, Undertaking
from approvals.records import binding, correction
from approvals.records import undertakings as signed_rows
from approvals.states import State
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected
from services import catalogue
from services.inputs import gather_inputs
from services.pack.outcomes import split
from services.rulebook import Rulebook


def resubmit(
    *,
    number: str,
    answers: dict[str, Any],
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
    presence: Presence | None = None,
) -> Application:
    """Hand in the corrected answers of a returned application; every check is made anew.

    Only what the return opened may differ: else ``ActionRejected`` (422) names each other part.
    ``presence``: what the officer saw who takes the correction at a counter.
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        rulebook = catalogue.rulebook(application.edition_id)
        _require_may_correct(application, rulebook, presence, by, now)
        corrected = validate(rulebook, answers, on=application.as_of)
        require_opened(application, rulebook, corrected)
        require_one_result(rulebook, corrected)
        application.answers = corrected
        stated = gather_inputs(rulebook, corrected, {}, {}, city_date(now))
        application.region_id = region_of(rulebook, stated)
        before = application.state
        if before == State.DRAFT:
            raise not_found()
        policies.require_in_time(application, now)
        round_checks = checks.begin_round(application, rulebook, now)
        taken = [intakes.row(presence, application, by, now)] if presence else []
        files = materials.rows_of(application, rulebook, by)
        acting = presence.acting if presence else policies.acting_for(by, application, now)
        signed, ended = undertakings.sign_again(application, rulebook, by, now, acting=str(acting))
        data = {
            **binding.of_submission(application),
            **binding.of_intakes(taken),
            **signed_rows.of_undertakings([*signed, *ended]),
        }
        event = steps.move(application, "submit", by=by, now=now, kind="resubmitted", data=data)
        batch = bulk.Batch()  # PostgreSQL wants the case and what a counter took in one statement
        changed = ("answers", "region", *checks.FIELDS)
        steps.write([application], [before], [event], changed, batch)
        batch.insert(Intake, taken)
        batch.insert(Attachment, files)
        batch.insert(Undertaking, signed)
        batch.write()
        bulk.update(Undertaking, ended, undertakings.FIELDS)
        _claim_again(application, rulebook, now)
        quotas.follow(application, rulebook, now)
        checks.save(round_checks)
    return application


def _require_may_correct(
    application: Application,
    rulebook: Rulebook,
    presence: Presence | None,
    by: Actor,
    now: datetime.datetime,
) -> None:
    """The applicant corrects, or a clerk at a counter to which they or their proxy came."""
    if presence is None:
        policies.require_corrector(by, application, now)
        return
    applicant = applicants.of(application)
    intakes.require(presence, rulebook.code, (applicant.kind, applicant.number), by, now)


def _claim_again(application: Application, rulebook: Rulebook, now: datetime.datetime) -> None:
    """Claim what the corrected answers ask for; who was first with that stays first."""
    stated = gather_inputs(rulebook, application.answers, {}, {}, city_date(now))
    keys = guards.rows_of(application, rulebook, stated)
    GuardKey.objects.filter(application=application).delete()
    guards.claim([(keys, application, rulebook)], now, lambda: bulk.insert(GuardKey, keys))


def require_one_result(rulebook: Rulebook, corrected: dict[str, Any]) -> None:
    """Raise ``ActionRejected`` (422) where a case of one result would become one of several.

    They are granted apart, each by an application of its own: nobody decides two by one verdict.
    """
    if len(split(rulebook.pack.outcomes, corrected)) > 1:
        raise ActionRejected(
            "one_result",
            "一件申请只办理一项，另一项请另行申请",
            "An application is for one of them; apply for the other by itself.",
            status=422,
        )


def require_opened(application: Application, rulebook: Rulebook, corrected: dict[str, Any]) -> None:
    """Raise ``ActionRejected`` (422) naming each part that was not opened and differs."""
    if application.state != State.RETURNED:
        return  # the edge says what is wrong
    opened = correction.opened(application)
    closed = list(correction.changed(application.answers, corrected, opened))
    if not closed:
        return
    titles = {part.pointer: part for part in correction.parts(rulebook.form)}
    refused = ActionRejected(
        "field_not_opened",
        "只能修改退回时列明可修改的内容，其他内容须保持不变",
        "Only what the return opened may be changed; everything else stays as it was.",
        status=422,
    )
    for pointer in closed:
        title = titles.get(pointer, correction.Part(pointer, pointer, pointer))
        refused.faults.append(
            {
                "pointer": "/answers" + pointer,
                "zh": f"“{title.zh}”未列入可修改内容，须与原填报一致",
                "en": f'"{title.en}" was not opened for correction; it stays as it was',
            }
        )
    raise refused
