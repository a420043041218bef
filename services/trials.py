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
    """Return the latest finished trial of a text (by its ``digest``) that is all that is asked.

    ``digest``: as ``services.edition.edition_hash`` makes it, which proposals and editions have,
    too. The city's data say over how many days of receipt, and for how long it stands
    (``governance.trial``); an earlier edition's text goes over fewer. Raises ``ActionRejected``
    with what the latest one lacks: ``no_trial``; ``trial_too_short``; ``trial_outdated``, also
    where SQL and judge disagreed, whatever was found before. ``now`` is aware.
    """
    finished = Trial.objects.filter(
        service=service, hash=digest, state=TrialState.FINISHED, finished_at__lte=now
    )
    refused: ActionRejected | None = None
    for trial in finished.order_by("-finished_at", "-id").select_related("live"):
        _require_sound(trial)
        fault = _fault(trial, now)
        if fault is None:
            return trial
        refused = refused or fault
    raise refused or _no_trial(service, digest, now)


def lacking(service: str, digest: str, now: datetime.datetime) -> ActionRejected | None:
    """Return what ``standing`` would refuse; None: the trial is all that is asked."""
    try:
        standing(service, digest, now)
    except ActionRejected as refused:
        return refused
    return None


def _require_sound(trial: Trial) -> None:
    """Raise ``ActionRejected`` for what nobody signed, and where SQL and judge disagreed."""
    if fault := trial_document.document_fault(trial):
        zh, en = f"试算记录不可信：{fault}", f"Not to be believed: {fault}."
        raise ActionRejected("no_trial", zh, en)
    if n := trial.disagreements:
        zh = f"试算中 SQL 与判定程序有 {n} 件不一致，不得采用"
        en = f"In the trial SQL and judge disagreed on {n} cases: it does not count."
        raise ActionRejected("trial_outdated", zh, en)


def _fault(trial: Trial, now: datetime.datetime) -> ActionRejected | None:
    """Return what keeps a finished trial from standing: its age, the edition beside it, its cases.

    They change with time, so that an earlier trial may stand where a later one does not.
    """
    valid = settings.CITY.governance.trials.valid_days
    current = catalogue.in_force(trial.service_id, city_date(now))
    assert trial.finished_at is not None
    if (current.pk if current else None) != trial.live_id:
        zh = "试算之后现行版本已变更，请重新试算"
        en = "Another edition is in force since; try again."
    elif now - trial.finished_at > valid * DAY:
        zh = f"试算完成已超过 {valid} 天，请重新试算"
        en = f"The trial finished more than {valid} days ago; try again."
    elif trial.kind == TrialKind.PAST:
        return _too_short(trial)
    elif has_cases(trial.service_id):
        zh = "该事项已有办结的办件，须用以往办件试算"
        en = "The service has decided cases by now: try the draft on them."
    else:
        return None
    return ActionRejected("trial_outdated", zh, en)


def _too_short(trial: Trial) -> ActionRejected | None:
    first, last = required(trial.service_id, trial.hash, trial.asked_at)
    if trial.first_day <= first and trial.last_day >= last:
        return None
    zh = f"试算期间须包含 {first} 至 {last}，实为 {trial.first_day} 至 {trial.last_day}"
    en = (
        f"A trial has to go over {first} to {last};"
        f" this one went over {trial.first_day} to {trial.last_day}."
    )
    return ActionRejected("trial_too_short", zh, en)


def _no_trial(service: str, digest: str, now: datetime.datetime) -> ActionRejected:
    """Return the refusal of what was never tried: it says on what to try it, and where."""
    first, last = required(service, digest, now)
    if has_cases(service):
        zh = f"用收件日为 {first} 至 {last} 的办结办件试算"
        en = f"on the decided cases received from {first} to {last}"
    else:
        zh = "该事项没有办结的办件，用自动生成的边界用例试算"
        en = "on generated boundary cases, as the service has no decided case"
    return ActionRejected(
        "no_trial",
        f"该文本未经试算（改动一个字即为另一文本）。请在“版本试算”中或以 manage.py pack backtest"
        f" {service} --against 文件 --store 启动：{zh}",
        "This text was not tried; with any change it is another text. Order a trial at the desk"
        f" or by manage.py pack backtest {service} --against FILE --store, {en}.",
    )


@dataclass(frozen=True, slots=True)
class Stated:
    """What a trial went over, as whoever publishes by it says it."""

    zh: str
    en: str


def stated(trial: Trial) -> Stated:
    """Say on which cases a trial was run; of an earlier text, that the period is the shorter."""
    if trial.kind == TrialKind.BOUNDARY:
        return Stated(
            f"该事项没有办结的办件，以自动生成的 {trial.cases} 个边界用例代替试算",
            f"no case of the service was decided: tried on {trial.cases} generated boundary cases",
        )
    zh = (
        f"以收件日为 {trial.first_day} 至 {trial.last_day} 的 {trial.cases} 件办结办件试算，"
        f"{trial.flips} 件结果改变"
    )
    en = (
        f"tried on {trial.cases} decided cases received from {trial.first_day} to"
        f" {trial.last_day}: {trial.flips} are decided otherwise"
    )
    if _is_earlier(trial.service_id, trial.hash, trial.asked_at):
        days = settings.CITY.governance.trials.rollback_days
        zh += f"（恢复旧版，期间缩短为至少 {days} 天）"
        en += f" (an earlier text again: the period is shortened to {days} days at least)"
    return Stated(zh, en)


def words_of_event(trial: Trial) -> dict[str, str]:
    """Return what the Event of a publication says of the trial: which one, and on which cases.

    ``tried_days``: how many days of receipt were asked for; none where boundary cases stand in.
    """
    days = _days(trial.service_id, trial.hash, trial.asked_at)
    return {**named(trial), "tried_days": str(days) if trial.kind == TrialKind.PAST else ""}


def named(trial: Trial) -> dict[str, str]:
    """Return what the Event says of a trial whatever the city asks for by now."""
    is_past = trial.kind == TrialKind.PAST
    return {
        "trial": str(trial.pk),
        "tried_on": str(trial.kind),
        "tried_from": str(trial.first_day) if is_past else "",
        "tried_until": str(trial.last_day) if is_past else "",
        "tried_cases": str(trial.cases),
    }


def subject(trial: Trial) -> str:
    """Return the name under which a trial has its events."""
    return f"trial:{trial.pk}"


def required(
    service: str, digest: str, asked_at: datetime.datetime
) -> tuple[datetime.date, datetime.date]:
    """Return the first and last day of receipt that a trial ordered at a moment has to include."""
    last = city_date(asked_at) - DAY
    return last - (_days(service, digest, asked_at) - 1) * DAY, last


def _days(service: str, digest: str, asked_at: datetime.datetime) -> int:
    asked = settings.CITY.governance.trials
    return asked.rollback_days if _is_earlier(service, digest, asked_at) else asked.days


def _is_earlier(service: str, digest: str, at: datetime.datetime) -> bool:
    """Whether a text was an edition of the service at a moment, so that it would be so again."""
    found = Edition.objects.filter(service=service, hash=digest, published_at__lte=at)
    return found.exists()


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
