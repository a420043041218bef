"""A draft is tried on past cases: by an officer's order, in steps, and exactly."""

import datetime
from collections import Counter
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from approvals.records import backtest
from approvals.trials import ordering, running
from ledger.clock import city_date, now
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User
from services import audit, catalogue, comparison, publish, trials
from services.edition import draft
from services.models import Edition, Trial, TrialFlip, TrialState
from tests.approvals import planted
from tests.officers import make
from tests.services.editions import approved, tried, with_officers
from tests.services.packs import LI, SMALL
from tests.services.test_gate import EDITION

POLICY = Actor(Kind.OFFICER, "pan", role=User.Role.POLICY)


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


def in_force(service: str = "graduate_settlement") -> Edition:
    found = catalogue.current(service, city_date(now()))
    assert found is not None
    return Edition.objects.get(pk=found.pk)


def draft_of(*changes: tuple[str, str]) -> str:
    text = str(in_force().source)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def ordered(text: str, first: datetime.date = planted.FIRST) -> Trial:
    """A trial on the cases received from a day until today."""
    at = now()
    return ordering.order(text=text, first_day=first, last_day=city_date(at), by=POLICY, now=at)


def expected(cases: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Number of each case that changes: (before, after), by the evaluator in plain Python."""
    found = {}
    for place, facts in enumerate(cases):
        pair = tuple(planted.outcome(facts, is_draft=is_draft) for is_draft in (False, True))
        if pair[0] != pair[1]:
            found[f"P{place:020d}"] = (pair[0], pair[1])
    return found


@pytest.mark.parametrize("count", [2_000, pytest.param(100_000, marks=pytest.mark.full)])
def test_a_planted_change_flips_exactly_the_cases_that_it_should(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backtest, "SLICE", count // 4)
    cases = list(planted.cases(count))
    regions = planted.store(in_force(), cases, now())
    trial = ordered(draft_of(*planted.CHANGES))
    trial = running.run(trial.pk, now=now())
    assert (trial.state, trial.fault) == (TrialState.FINISHED, "")
    found = {
        flip.application: (flip.live, flip.draft) for flip in TrialFlip.objects.filter(trial=trial)
    }
    wanted = expected(cases)
    assert found == wanted
    assert len({*wanted.values()}) >= 4, "a change in one direction proves little"
    assert (trial.cases, trial.flips, trial.disagreements) == (count, len(wanted), 0)
    assert {(m["live"], m["draft"]): m["cases"] for m in trial.moves} == Counter(wanted.values())
    assert {(a, b): n for a, b, n in trial.counted} == Counter(wanted.values())
    by_region: Counter[str] = Counter()
    for cell in trial.breakdown:
        by_region[cell["region"]] += sum(cell["moves"].values())
    assert by_region == Counter(regions[number] for number in wanted)
    assert sum(cell["cases"] for cell in trial.breakdown) == count
    assert trials.standing("graduate_settlement", trial.hash, now())  # all that is asked
    assert [one for one in audit.faults() if "trial" in one] == []


def test_the_command_keeps_a_trial_and_prints_what_it_found(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    make("pan", User.Role.POLICY)
    make("tang", User.Role.TECHNICAL)
    planted.store(in_force(), list(planted.cases(50)), now())
    path = tmp_path / "draft.yaml"
    path.write_text(draft_of(*planted.CHANGES))
    words = ["backtest", "graduate_settlement", "--against", str(path), "--since", "2026-01-01"]
    call_command("pack", *words, "--until", str(city_date(now())), "--store", "--by", "pan")
    said, trial = capsys.readouterr().out, Trial.objects.get(kind="past")
    assert f"backtest: 50 cases, {trial.flips} change, {trial.judged} judged, 0 disagr" in said
    assert f"trial {trial.pk} {trial.hash} signed with {trial.kid}" in said
    call_command("pack", *words)
    printed = capsys.readouterr().out
    for move in trial.moves:
        assert f"{move['live']} -> {move['draft']}: {move['cases']}\n" in said and printed
        assert f"{move['live']} -> {move['draft']}: {move['cases']}\n" in printed
    assert trials.standing("graduate_settlement", trial.hash, now()) == trial
    for name in ("tang", "nobody"):
        with pytest.raises(CommandError):
            call_command("pack", *words, "--store", "--by", name)
    assert Trial.objects.filter(kind="past").count() == 1


def test_sql_and_judge_disagreeing_is_signed_and_the_trial_does_not_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planted.store(in_force(), list(planted.cases(30)), now())
    honest = comparison.Plan.statement

    def lying(self: Any, source: str, **named: Any) -> str:
        said = honest(self, source, **named | {"sampled": "true"})
        return f"SELECT id, live, 'refer' AS draft FROM ({said}) AS said"

    monkeypatch.setattr(comparison.Plan, "statement", lying)
    trial = running.run(ordered(draft_of(*planted.CHANGES)).pk, now=now())
    assert trial.state == TrialState.FINISHED and trial.disagreements > 0
    with pytest.raises(ActionRejected) as refused:
        trials.standing("graduate_settlement", trial.hash, now())
    assert refused.value.code == "trial_outdated" and "SQL" in refused.value.en
    found = {f.application: (f.live, f.draft) for f in TrialFlip.objects.filter(trial=trial)}
    assert found == expected(list(planted.cases(30)))  # the judge has the last word


def test_a_worker_that_dies_loses_its_step_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backtest, "SLICE", 20)
    cases = list(planted.cases(100))
    for facts in cases[::2]:  # a day with more cases than a step takes
        facts["as_of"] = "2026-03-31"
    planted.store(in_force(), cases, now())
    trial = ordered(draft_of(*planted.CHANGES))
    assert ordered(draft_of(*planted.CHANGES)) == trial  # twice is once
    assert running.waiting() == [trial.pk]
    assert running.advance(trial.pk, now=now()) and running.advance(trial.pk, now=now())
    before = Trial.objects.get(pk=trial.pk)
    assert (before.state, before.of) == ("running", 100) and 0 < before.cases <= 20
    kept = trials.finish

    class Killed(BaseException):
        """As a signal: nothing catches it."""

    def dies(*args: Any, **named: Any) -> None:
        kept(*args, **named)
        raise Killed

    monkeypatch.setattr(trials, "finish", dies)
    with pytest.raises(Killed):
        running.run(trial.pk, now=now())
    monkeypatch.setattr(trials, "finish", kept)
    assert Trial.objects.get(pk=trial.pk).state == "running"
    trial = running.run(trial.pk, now=now())
    found = [f.application for f in TrialFlip.objects.filter(trial=trial).order_by("place")]
    assert sorted(found) == sorted(expected(cases)) and running.waiting() == []


def test_a_step_that_fails_three_times_ends_the_trial_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planted.store(in_force(), list(planted.cases(5)), now())
    trial = ordered(draft_of(*planted.CHANGES))

    def fails(*args: Any, **named: Any) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(backtest, "advance", fails)
    trial = running.run(trial.pk, now=now())
    assert (trial.state, trial.attempts, trial.fault) == ("failed", 3, "OSError")
    assert [one for one in audit.faults() if "trial" in one] == []


def test_a_first_edition_is_tried_alone_on_generated_cases() -> None:
    trial = running.run(ordered(SMALL).pk, now=now())
    assert (trial.state, trial.kind, trial.live, trial.flips) == ("finished", "boundary", None, 0)
    assert trial.cases > 3 and {move["draft"] for move in trial.moves} > {"approve"}
    assert trials.standing("bus_pass", draft(SMALL, city=settings.CITY).digest(), now()) == trial


def test_generated_cases_do_not_stand_in_where_there_are_decided_ones() -> None:
    with_officers()
    at = now()
    text = draft_of(("in_force_from: 2026-01-01", "in_force_from: 2099-01-01"))
    proposal = approved(publish.propose(text, by=LI, now=at), at)
    generated = trials.standing("graduate_settlement", proposal.hash, at)
    assert generated.kind == "boundary"
    yesterday = str(city_date(at) - datetime.timedelta(days=1))
    planted.store(in_force(), [{**case, "as_of": yesterday} for case in planted.cases(5)], at)
    with pytest.raises(ActionRejected) as refused:
        publish.publish(proposal.pk, by=LI, now=now())
    assert refused.value.code == "trial_outdated" and "decided cases by now" in refused.value.en
    with (
        pytest.raises(DatabaseError, match="tried on generated cases"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(EDITION, [now(), proposal.pk])
    trial = tried(proposal, now())
    assert trial.kind == "past" and trial.cases == 5
    assert publish.publish(proposal.pk, by=LI, now=now()).trial == trial


def test_the_days_of_a_trial_go_on_to_the_nearest_decided_case() -> None:
    at, text = now(), draft_of(*planted.CHANGES)
    digest, today = draft(text, city=settings.CITY).digest(), city_date(at)
    first, last = trials.required("graduate_settlement", digest, at)
    usual = ordering.usual_period
    assert (last, (last - first).days) == (today - datetime.timedelta(days=1), 89)
    assert usual("graduate_settlement", digest, at) == (first, last)  # no case at all
    for day, wanted in (
        (today, (first, today)),
        (last, (first, last)),
        (first, (first, last)),
        (first - datetime.timedelta(days=1), (first - datetime.timedelta(days=1), last)),
    ):
        with transaction.atomic():
            planted.store(
                in_force(), [{**case, "as_of": str(day)} for case in planted.cases(2)], at
            )
            assert usual("graduate_settlement", digest, at) == wanted, day
            transaction.set_rollback(True)
