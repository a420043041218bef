"""A text in shadow: it judges every case beside the live edition, and has no effect on any."""

import datetime
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from approvals.models import Application, Decision
from approvals.records.replay import fault
from city import governance
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import CLOCK
from people.errors import ActionRejected
from services import publish, reviews, shadows, watching
from services.models import Divergence, Edition, Proposal, Rate, Shadow, Suspension, Tally
from tests.approvals.bus_passes import BAD, CODE, decide, first_edition, people, submit
from tests.approvals.cases import audited
from tests.approvals.test_suspension import somebody
from tests.services.editions import published, with_officers
from tests.services.packs import LI, SMALL, changed

# a fact that no case of the live edition has read
UNHELD = changed(
    "\nrequirements:\n",
    """
  alive: {from: population.alive, type: boolean, zh: 在世, en: alive}

requirements:
- {id: living, must: alive, zh: 人口登记状态正常, en: Living, law: 户口登记条例 §8}
""",
    SMALL,
)


@pytest.fixture(autouse=True)
def _city(furnished: None) -> None:
    """Every test here looks at the furnished city."""


def started(source: str, **more: Decimal) -> Shadow:
    return shadows.start(source, reason="试行", by=somebody(), now=now(), **more)


def counted(shadow: Shadow) -> Shadow:
    while watching.add_up(by=CLOCK, now=now()):
        pass
    return Shadow.objects.get(pk=shadow.pk)


def test_every_live_case_is_judged_beside_and_what_diverges_is_counted_by_condition() -> None:
    first_edition()
    with pytest.raises(ActionRejected, match="It is the text of"):
        started(SMALL)
    shadow = started(BAD)
    with pytest.raises(ActionRejected, match="already"):
        started(BAD)
    cases = submit([*people(adult=True)[:4], *people(adult=False)[:3]])
    decide()
    outcomes = Decision.objects.order_by("outcome").values_list("outcome", flat=True)
    assert list(outcomes) == ["approve"] * 4 + ["refer"] * 3, "the shadow has no effect"
    found = counted(shadow)
    assert (found.cases, found.diverged, found.failed, found.unheld) == (7, 3, 0, 0)
    (row,) = Divergence.objects.filter(shadow=shadow)
    assert (row.condition, row.live, row.other) == ("adult", "unmet (refer)", "met")
    assert (row.live_outcome, row.other_outcome, row.cases) == ("refer", "approve", 3)
    assert set(row.samples) == {case.number for case in cases[4:]}
    assert not Tally.objects.exists()
    assert counted(shadow).cases == 7, "nothing is counted twice"
    assert not any(fault(decision) for decision in Decision.objects.all())
    shadows.end(shadow=shadow.pk, by=somebody(), now=now())
    submit(people(adult=False)[3:5])
    decide()
    assert counted(shadow).cases == 7
    assert not audited()


def test_a_fact_that_the_case_lacks_is_unknown_and_said_so() -> None:
    first_edition()
    shadow = started(UNHELD)
    submit(people(adult=True)[:2])
    decide()
    found = counted(shadow)
    assert (found.cases, found.diverged, found.unheld) == (2, 2, 2)
    assert Application.objects.filter(state="approved").count() == 2


def test_a_shadow_that_raises_is_a_counted_divergence_and_no_fault_of_a_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first_edition()
    shadow = started(BAD)

    def raises(*_: object) -> None:
        raise RecursionError("deep")

    monkeypatch.setattr("approvals.actions.beside.read_inputs", raises)
    submit(people(adult=True)[:2])
    decide()
    found = counted(shadow)
    assert (found.cases, found.failed, found.diverged) == (2, 2, 2)
    assert Application.objects.filter(state="approved").count() == 2


def test_a_text_that_cannot_be_read_any_more_fails_no_case() -> None:
    first_edition()
    shadow = started(BAD)
    service, _book = shadows.rulebook(shadow.pk)
    shadows._books[shadow.pk] = service, None
    submit(people(adult=True)[:1])
    assert decide() == 1
    assert counted(shadow).failed == 1
    assert Application.objects.filter(state="approved").count() == 1


def test_a_bad_draft_is_found_in_shadow_before_it_is_live() -> None:
    """Every second applicant is a minor; the city's band is 2 % of the cases."""
    first_edition()
    shadow = started(BAD)
    adults, minors = people(adult=True), people(adult=False)
    for turn in range(12):
        submit([*adults[turn * 4 : turn * 4 + 4], *minors[turn * 4 : turn * 4 + 4]])
        decide()
        if counted(shadow).found_at:
            break
    found = counted(shadow)
    assert found.found_at is not None and found.cases <= 80
    assert found.measured["measure"] == "diverged"
    assert "2.0%" in watching.reason(found.measured, "en")
    assert Edition.objects.filter(service=CODE).count() == 1, "it was never live"
    assert not Suspension.objects.exists(), "and nothing live is at fault"
    assert Event.objects.filter(subject=f"service:{CODE}", kind="shadow_diverged").count() == 1
    assert not Rate.objects.filter(scope="shadow").exists()


def test_more_divergence_may_be_expected_of_a_draft() -> None:
    first_edition()
    shadow = started(BAD, expected=Decimal("0.9"))
    for turn in range(5):
        some = slice(turn * 4, turn * 4 + 4)
        submit([*people(adult=True)[some], *people(adult=False)[some]])
        decide()
    found = counted(shadow)
    assert (found.cases, found.diverged, found.found_at) == (40, 20, None)


def test_a_former_edition_in_shadow_suspends_the_service_where_the_new_one_diverges() -> None:
    first_edition()
    today = f"in_force_from: {city_date(now())}"
    published(changed("in_force_from: 2026-01-01", today, BAD), now())
    shadow = started(SMALL)
    assert shadow.edition is not None and shadow.edition.number == 1
    for turn in range(20):
        submit(people(adult=False)[turn * 4 : turn * 4 + 4])
        decide()
        if counted(shadow).found_at:
            break
    (row,) = Suspension.objects.all()
    assert (row.scope, row.code, row.cause) == ("service", CODE, "band")
    assert row.measured["measure"] == "diverged"
    wrong = Application.objects.filter(state="approved").count()
    submit(people(adult=False)[-4:])
    decide()
    assert Application.objects.filter(state="approved").count() == wrong <= 24


def test_only_a_policy_officer_starts_and_ends_one() -> None:
    first_edition()
    for role in ("operator", "technical", "head", "clerk"):
        with pytest.raises(ActionRejected, match="Policy officers"):
            shadows.start(BAD, reason="试行", by=somebody(role), now=now())
    shadow = started(BAD)
    with pytest.raises(ActionRejected, match="Policy officers"):
        shadows.end(shadow=shadow.pk, by=somebody("technical"), now=now())
    shadows.end(shadow=shadow.pk, by=somebody(), now=now())
    with pytest.raises(ActionRejected, match="ended already"):
        shadows.end(shadow=shadow.pk, by=somebody(), now=now())
    with pytest.raises(ActionRejected, match="no service"):
        shadows.start(
            changed("service: bus_pass", "service: none", SMALL),
            reason="试行",
            by=somebody(),
            now=now(),
        )


LATER = changed("in_force_from: 2026-01-01", "in_force_from: 2099-01-01")


def proposed() -> Proposal:
    """The next edition, beside which a first one is live."""
    first_edition()
    with_officers()
    return publish.propose(LATER, by=LI, now=now())


def test_a_proposed_text_runs_in_shadow_as_it_is_reviewed() -> None:
    proposal = proposed()
    row = shadows.start_proposed(proposal.pk, reason="先影子运行", by=LI, now=now())
    assert (row.hash, row.source) == (proposal.hash, proposal.source)
    assert shadows.of_text(CODE, proposal.hash) == row
    shadows.found(row, measured={}, by=CLOCK, now=now())  # seen, and no gate unless it is asked for
    assert not any("shadow" in one.code for one in publish.missing(proposal, now()))
    reviews.withdraw(proposal.pk, by=LI, now=now(), reason="另行提出")
    with pytest.raises(ActionRejected, match="over"):
        shadows.start_proposed(proposal.pk, reason="再次", by=LI, now=now())


def test_a_city_may_ask_for_days_in_shadow_before_publication(settings: Any) -> None:
    asked = governance.read({"shadow": {"days": "7"}})
    assert (asked.shadow_days, governance.read({}).shadow_days) == (7, 0)
    settings.CITY = replace(settings.CITY, governance=asked)
    at, day = now(), datetime.timedelta(days=1)
    proposal = proposed()

    def lacks(after: datetime.timedelta) -> list[str]:
        missing = publish.missing(proposal, at + after)
        return [one.code for one in missing if "shadow" in one.code]

    assert lacks(9 * day) == ["no_shadow"]
    row = shadows.start_proposed(proposal.pk, reason="先影子运行", by=LI, now=at)
    assert lacks(7 * day - day / 86_400) == ["no_shadow"]
    assert lacks(7 * day) == []
    shadows.found(row, measured={}, by=CLOCK, now=at)
    assert lacks(7 * day) == ["shadow_diverged"]
