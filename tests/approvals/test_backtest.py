"""What a draft would do to past cases, seen before it goes live; SQL and judge agree on it."""

import datetime
import io
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from approvals.admin import backtest as desk_backtest
from approvals.models import Decision
from approvals.records import backtest
from ledger.clock import city_date, now
from people.models import User
from services import catalogue, comparison, pack_tests
from services.inputs import read_inputs
from services.models import Edition
from services.rulebook import Rulebook
from services.verdict import judge
from tests.approvals.cases import settled
from tests.factories import ApplicationFactory, DecisionFactory
from tests.services.packs import load

DAY = datetime.date(2026, 7, 1)
DRAFTS = {
    "graduate_settlement": [
        ("2018-06-01: P45Y", "2018-06-01: P45Y\n    2026-03-01: P30Y"),
        ("2018-06-01: P2Y", "2018-06-01: P1Y"),
        ("unmet: return\n  zh: 落户地址可以居住", "zh: 落户地址可以居住"),
        ("must: full_time\n", "must: full_time = true or level = \"博士\"\n"),
    ],
    "sole_trader": [
        ("2021-01-01: P18Y", "2021-01-01: P18Y\n    2026-03-01: P40Y"),
        ("[中国, 中华,", "[中国,"),
        ("2018-06-01: [commercial, mixed]", "2018-06-01: [commercial]"),
    ],
    "limited_company": [
        ("  must: every i in investors satisfies i.capital > 0",
         "  must: every i in investors satisfies i.capital > 400000"),
        ("must: starts with(premises_region, city)", "must: premises_region != city"),
    ],
}  # fmt: skip

MARRIED = "  married: {from: population.married, type: boolean, zh: 已婚, en: married}\n"
MUST_BE_MARRIED = "- {id: married, must: married, zh: 已婚, en: Married, law: 民法典 §1049}\n"


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


def in_force(service: str) -> Edition:
    found = catalogue.current(service, city_date(now()))
    assert found is not None
    return found


def draft_of(service: str, *changes: tuple[str, str]) -> str:
    text = str(Edition.objects.get(pk=in_force(service).pk).source)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def store(service: str, cases: list[dict[str, Any]]) -> None:
    """Decided cases with these facts; their applications stand apart from any other history."""
    edition, at = in_force(service), now()
    for facts in cases:
        application = ApplicationFactory(edition=edition)
        DecisionFactory(application=application, at=at, as_of=facts["as_of"], inputs=facts)


def mixed(rulebook: Rulebook, cases: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Cases mixed from the pack's own tests: parts exchanged, parts missing, other days."""
    chance = random.Random(seed)
    known = [pack_tests.inputs_of(rulebook, case).to_json() for case in rulebook.pack.cases]
    for _ in range(cases):
        facts = dict(chance.choice(known))
        for name in rulebook.facts:
            if chance.random() < 1 / len(rulebook.facts):
                facts.pop(name, None)
            other = chance.choice(known)
            if chance.random() < 4 / len(rulebook.facts) and name in other:
                facts[name] = other[name]
        back = chance.choice([0, chance.randrange(300)])
        facts["as_of"] = (DAY - datetime.timedelta(days=back)).isoformat()
        yield read_inputs(rulebook, facts).to_json()


def pack(*words: object) -> str:
    out = io.StringIO()
    call_command("pack", *map(str, words), stdout=out)
    return out.getvalue()


def test_a_lower_age_limit_is_seen_on_the_case_that_it_would_stop(tmp_path: Any) -> None:
    case = settled("graduate")
    decision = Decision.objects.get(application=case, live=True)
    born = decision.inputs["born"]
    years = decision.as_of.year - int(born[:4]) - 2  # whatever the persona's birthday: over it
    path = tmp_path / "draft.yaml"
    path.write_text(draft_of("graduate_settlement", ("2018-06-01: P45Y", f"2018-06-01: P{years}Y")))
    said = pack("backtest", "graduate_settlement", "--against", path)
    assert "approve -> refer: 1\n  age: 1\n" in said
    assert f"  {case.number}: age met -> unmet (refer)\n" in said
    assert "backtest: 1 cases, 1 change, 1 judged, 0 disagreements" in said


def test_the_edition_in_force_changes_nothing_against_itself() -> None:
    settled("graduate")
    assert "backtest: 1 cases, 0 change" in pack("backtest", "graduate_settlement")


@pytest.mark.parametrize("service", DRAFTS)
def test_what_changes_is_what_the_judge_says_of_every_case(service: str) -> None:
    live = catalogue.rulebook(in_force(service).pk)
    draft = load(draft_of(service, *DRAFTS[service]))
    cases = list(mixed(live, 300))
    store(service, cases)
    expected: Counter[tuple[str, str]] = Counter()
    for facts in cases:
        pair = tuple(judge(book, read_inputs(book, facts)).outcome for book in (live, draft))
        expected[pair] += pair[0] != pair[1]  # type: ignore[index]
    report = backtest.run(live, draft, sample=0, examples=len(cases))
    assert all(example.changes for move in report.moves.values() for example in move.examples)
    assert {pair: move.cases for pair, move in report.moves.items()} == +expected
    assert report.changed > 0, "a draft that changes nothing proves nothing"
    assert not report.alone, "SQL should have found them"
    assert report.judged < len(cases) == report.cases
    assert report.wrong == []
    everything = backtest.run(live, draft, sample=len(cases))
    assert (everything.judged, everything.wrong) == (len(cases), [])


def test_a_new_parameter_counts_from_its_day_only() -> None:
    live = catalogue.rulebook(in_force("graduate_settlement").pk)
    change = DRAFTS["graduate_settlement"][0]
    facts = {
        **next(
            f for f in mixed(live, 50) if judge(live, read_inputs(live, f)).outcome == "approve"
        ),
        "born": "1990-01-01",
        "graduated": "2025-07-01",
    }
    store("graduate_settlement", [facts | {"as_of": on} for on in ("2026-02-28", "2026-03-01")])
    report = backtest.run(live, load(draft_of("graduate_settlement", change)))
    ((pair, move),) = report.moves.items()
    assert (pair, move.cases, report.cases) == (("approve", "refer"), 1, 2)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            ("must: is_standard_han(trade_name)", "must: is_standard_han(trade_name) and alive"),
            "is_standard_han",
        ),
        (("applies: some s in scope satisfies s in food_scope",
          "applies: alive and some s in scope satisfies s in food_scope"), "a consent"),
        (("name: {from: population.name, type: text,",
          "name: {from: population.name, type: text, none: allowed,"), ""),
        (("alive: {from: population.alive, type: boolean,",
          "alive: {from: population.alive, type: boolean, none: allowed,"), "another type: alive"),
    ],
)  # fmt: skip
def test_what_sql_cannot_tell_apart_goes_to_the_judge_with_the_reason(
    change: tuple[str, str], why: str
) -> None:
    live = catalogue.rulebook(in_force("sole_trader").pk)
    draft = load(draft_of("sole_trader", change))
    cases = list(mixed(live, 60))
    store("sole_trader", cases)
    report = backtest.run(live, draft, sample=0)
    outcomes = [
        [judge(book, read_inputs(book, f)).outcome for book in (live, draft)] for f in cases
    ]
    assert report.changed == sum(a != b for a, b in outcomes)
    assert why in " ".join(report.alone)
    signed = sum("undertakings" in facts for facts in cases)  # the judge's alone, always
    assert report.judged == (len(cases) if why else report.changed + signed)


def test_a_provisional_approval_is_judged_as_one_sampled_or_not() -> None:
    """A fact that was to be known later makes no unknown result, by a rule of the judge's own."""
    live = catalogue.rulebook(in_force("food_filing").pk)
    draft = load(draft_of("food_filing", ('food = "prepackaged"', 'food = "other"')))
    granted = next(one for one in live.pack.cases if one.expect == "approve")
    facts = {**pack_tests.inputs_of(live, granted).to_json(), "as_of": DAY.isoformat()}
    facts |= {"unanswered": ["listed"]}
    del facts["listed"]
    store("food_filing", [facts])
    for sample in (0, 1):
        report = backtest.run(live, draft, sample=sample)
        moved = {pair: move.cases for pair, move in report.moves.items()}
        assert (moved, report.wrong) == ({("approve", "refer"): 1}, [])
        assert backtest.run(live, live, sample=sample).wrong == []


def test_a_stored_value_that_only_the_judge_can_read_stops_nothing() -> None:
    live = catalogue.rulebook(in_force("graduate_settlement").pk)
    cases = [*mixed(live, 3), {"born": "2026-13-01", "as_of": DAY.isoformat(), "consents": {}}]
    store("graduate_settlement", cases)
    report = backtest.run(live, live)
    assert report.judged == len(cases)
    assert '"2026-13-01"' in " ".join(report.alone)


def test_sql_that_says_something_else_than_the_judge_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    case = settled("graduate")
    honest = comparison.Plan.statement

    def lying(self: Any, source: str, **named: Any) -> str:
        said = honest(self, source, **named)
        return f"SELECT id, live, 'refer' FROM ({said}) AS said"

    monkeypatch.setattr(comparison.Plan, "statement", lying)
    with pytest.raises(CommandError) as refused:
        pack("backtest", "graduate_settlement")
    assert refused.value.returncode == 1
    report = backtest.run(*[catalogue.rulebook(case.edition_id)] * 2)
    assert report.wrong == [
        f"{case.number}: SQL ('approve', 'refer'), judge ('approve', 'approve')"
    ]


def test_facts_that_past_cases_do_not_hold_are_named_and_unknown() -> None:
    case = settled("graduate")
    text = draft_of(
        "graduate_settlement",
        ("  school: {", f"{MARRIED}  school: {{"),
        ("- id: living\n", f"{MUST_BE_MARRIED}- id: living\n"),
    )
    report = backtest.run(catalogue.rulebook(case.edition_id), load(text))
    assert report.unheld == {"married": 1}
    (example,) = report.moves["approve", "refer"].examples
    assert example.changes == {"married": ("-", "unknown")}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["no_such_service"], "no edition of no_such_service is in force"),
        (
            ["sole_trader", "--against", "cities/sample/services/graduate_settlement.yaml"],
            "is a pack of",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(words: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        pack("backtest", *words)


# on the desk

PAST = "/desk/approvals/application/backtest/"


def at_desk(role: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        User.objects.filter(role=role, is_staff=True).order_by("username")[0],
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def test_the_playground_shows_what_a_draft_changes_and_no_case_numbers() -> None:
    case = settled("graduate")
    draft = draft_of("graduate_settlement", ("2018-06-01: P45Y", "2018-06-01: P20Y"))
    desk = at_desk(User.Role.POLICY)
    edition = in_force("graduate_settlement").pk
    playground = desk.get(f"/desk/services/edition/playground/?edition={edition}").content.decode()
    assert f'formaction="{PAST}"' in playground
    shown = desk.post(PAST, {"text": draft}).content.decode()
    assert "each on its own day: 1. Of these change: 1." in shown
    assert '<span class="outcome approve">approve</span>' in shown
    assert "<li>Younger than 20 years old: 1</li>" in shown
    assert case.number not in shown
    assert 'role="alert"' not in shown


def test_a_draft_with_a_fault_and_too_many_cases_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    settled("graduate")
    desk = at_desk(User.Role.POLICY)
    broken = draft_of("graduate_settlement", ("must: alive", "must: alife"))
    line = broken[: broken.index("must: alife")].count("\n") + 1
    assert f"<b>Line {line}</b>" in desk.post(PAST, {"text": broken}).content.decode()
    monkeypatch.setattr(desk_backtest, "MOST", 0)
    text = draft_of("graduate_settlement")
    assert "1 cases are too many" in desk.post(PAST, {"text": text}).content.decode()


def test_only_who_keeps_or_audits_the_rules_may_ask() -> None:
    given = {"text": draft_of("graduate_settlement")}
    for role in (User.Role.CLERK, User.Role.OPERATOR, User.Role.TECHNICAL):
        assert at_desk(role).post(PAST, given).status_code == 403
    assert Client().post(PAST, given).status_code == 302
    edition = in_force("graduate_settlement").pk
    playground = f"/desk/services/edition/playground/?edition={edition}"
    assert PAST not in at_desk(User.Role.TECHNICAL).get(playground).content.decode()
    assert at_desk(User.Role.POLICY).get(PAST)["Location"] == "/desk/services/edition/playground/"
