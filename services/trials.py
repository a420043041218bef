"""Whether a draft was tried on past cases, as the city demands, and the states of a trial.

A trial is run by ``approvals.trials``, which knows the cases; whoever publishes asks ``standing``.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

import bulk
from ledger import events
from ledger.clock import city_date
from ledger.models import Event
from people.errors import ActionRejected
from services import catalogue, trial_document
from services.edition import Draft
from services.models import Edition, Trial, TrialKind, TrialState

DAY = datetime.timedelta(days=1)


def standing(service: str, digest: str, now: datetime.datetime) -> Trial:
    """Return the latest finished trial of a text (by its ``digest``) if it is all that is asked.

    The city's data say over how many days of receipt, and for how long it stands
    (``governance.trial``); an earlier edition's text goes over fewer. Raises ``ActionRejected``:
    ``no_trial``; ``trial_too_short``; ``trial_outdated``, also where SQL and judge disagreed, or
    another edition is in force by now. ``now`` is aware.
    """
    asked = settings.CITY.governance.trials
    trial = (
        Trial.objects.filter(service=service, hash=digest, state=TrialState.FINISHED)
        .order_by("-finished_at", "-id")
        .first()
    )
    if trial is None:
        zh = "该文本尚未用以往办件试算；改动一个字也须重新试算"
        en = "This text was not tried on past cases; a text with any change is another one."
        raise ActionRejected("no_trial", zh, en)
    if fault := trial_document.document_fault(trial):
        raise ActionRejected(
            "no_trial", f"试算记录不可信：{fault}", f"Not to be believed: {fault}."
        )
    if trial.disagreements:
        n = trial.disagreements
        zh = f"试算中 SQL 与判定程序有 {n} 件不一致，不得采用"
        en = f"In the trial SQL and judge disagreed on {n} cases: it does not count."
        raise ActionRejected("trial_outdated", zh, en)
    current = catalogue.current(service, city_date(now))
    if (current.pk if current else None) != trial.live_id:
        zh, en = (
            "试算之后现行版本已变更，请重新试算",
            "Another edition is in force since; try again.",
        )
        raise ActionRejected("trial_outdated", zh, en)
    assert trial.finished_at is not None
    if now - trial.finished_at > asked.valid_days * DAY:
        zh = f"试算完成已超过 {asked.valid_days} 天，请重新试算"
        en = f"The trial finished more than {asked.valid_days} days ago; try again."
        raise ActionRejected("trial_outdated", zh, en)
    if trial.kind == TrialKind.BOUNDARY:
        if has_cases(service):
            zh = "该事项已有办结的办件，须用以往办件试算"
            en = "The service has decided cases by now: try the draft on them."
            raise ActionRejected("trial_outdated", zh, en)
        return trial
    first, last = required(service, digest, trial.asked_at)
    if trial.first_day > first or trial.last_day < last:
        zh = f"试算期间须包含 {first} 至 {last}，实为 {trial.first_day} 至 {trial.last_day}"
        en = (
            f"A trial has to go over {first} to {last};"
            f" this one went over {trial.first_day} to {trial.last_day}."
        )
        raise ActionRejected("trial_too_short", zh, en)
    return trial


def subject(trial: Trial) -> str:
    """Return the name under which a trial has its events."""
    return f"trial:{trial.pk}"


def required(
    service: str, digest: str, asked_at: datetime.datetime
) -> tuple[datetime.date, datetime.date]:
    """Return the first and last day of receipt that a trial ordered at a moment has to include."""
    asked = settings.CITY.governance.trials
    is_earlier = Edition.objects.filter(service=service, hash=digest).exists()
    days = asked.rollback_days if is_earlier else asked.days
    last = city_date(asked_at) - DAY
    return last - (days - 1) * DAY, last


def has_cases(service: str) -> bool:
    """Whether any case of a service was ever decided; asked of the app that has the cases."""
    return bool(import_string(settings.PAST_CASES)(service))


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be tried: a draft that was read, beside which edition, on which cases."""

    draft: Draft
    live: Edition | None
    kind: TrialKind
    first_day: datetime.date
    last_day: datetime.date


def ordered(order: Order, *, by: object, now: datetime.datetime) -> Trial:
    """Write a trial that a worker will take up, with its first event; returns it."""
    trial = Trial(
        service_id=order.draft.pack.service,
        source=order.draft.source.text,
        city=dict(order.draft.city),
        hash=order.draft.digest(),
        live=order.live,
        kind=order.kind,
        first_day=order.first_day,
        last_day=order.last_day,
        asked_by=str(by),
        asked_at=now,
    )
    data = {
        "draft": trial.hash,
        "live": order.live.hash if order.live else "",
        "kind": str(order.kind),
        "first_day": str(order.first_day),
        "last_day": str(order.last_day),
    }
    with transaction.atomic():
        event = events.append(
            trial, subject(trial), "ordered", by=by, now=now, after=trial.state, data=data
        )
        bulk.insert(Event, [event])
        trial.save(force_insert=True)
    return trial


def begin(trial: Trial, *, by: object, now: datetime.datetime) -> None:
    """Begin a locked trial; the caller has written its groups in memory."""
    trial.begun_at = now
    _moved(trial, "begin", "begun", {}, by=by, now=now)


def finish(trial: Trial, *, by: object, now: datetime.datetime) -> None:
    """Sign what a locked trial found, for good; raises ``ledger.keys.KeyUnusable``."""
    trial_document.sign(trial, now=now)
    data = {"document": trial_document.hashed(trial), "changed": str(trial.flips)}
    _moved(trial, "finish", "finished", data, by=by, now=now)


def fail(trial: Trial, fault: str, *, by: object, now: datetime.datetime) -> None:
    """Give a locked trial up, for a reason that an officer can read."""
    trial.fault = fault[:200]
    _moved(trial, "fail", "failed", {"fault": trial.fault}, by=by, now=now)


def _moved(
    trial: Trial, edge: str, kind: str, data: dict[str, Any], *, by: object, now: datetime.datetime
) -> None:
    before = trial.state
    trial.take_edge(edge)
    event = events.append(
        trial,
        subject(trial),
        kind,
        by=by,
        now=now,
        before=before,
        after=trial.state,
        data=data,
    )
    bulk.insert(Event, [event])
    trial.save(force_update=True)
