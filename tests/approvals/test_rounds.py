"""Whom a registry names is asked about next: by the store at once, by another agency in its turn.

A spouse joins a spouse, whom the registry of marriages names; a parent joins a child.
"""

import dataclasses
from typing import Any

import orjson
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

import bulk
from approvals import actions, queries
from approvals.actions import claims, evidence, outage
from approvals.actions.changes import recheck
from approvals.admin.casefile import casefile
from approvals.models import Application, Check, Decision, Evidence, SampleDraw, SampleReview
from approvals.records import backtest, replay
from approvals.sampling import cases
from approvals.states import State
from approvals.workers import checks
from demo.city import families
from demo.city.personas import index
from exchange.models import Lookup, Record
from exchange.queries import Answer
from ledger.clock import city_date, now
from people import identity, protection
from people.actors import CHECKER, ENGINE
from portal.results import result
from services import catalogue, edition
from services.pack_tests import faults
from tests import officers
from tests.approvals.cases import CITY, answer_checks, audited, decide, submit
from tests.approvals.sampling import month
from tests.services.editions import published
from tests.services.packs import CITY as CITY_FOLDER
from tests.services.packs import changed, text


class Died(Exception):
    @classmethod
    def now(cls, *_arguments: object, **_more: object) -> None:
        raise cls


pytestmark = pytest.mark.usefixtures("furnished")

HIM, HER = CITY.person(index("reunion")), CITY.person(24)
FATHER, SON = CITY.person(index("reunion_parent")), CITY.person(30)


def home(i: int) -> families.Household:
    found = families.household(CITY, i)
    assert found is not None
    return found


def answers(branch: str = "spouse", host: int = HER.index, **changes: Any) -> dict[str, Any]:
    place = home(host)
    plain = {"branch": branch, "district": place.region, "address": place.address, "consent": True}
    return {**plain, **changes}


def reunion(kind: str = "reunion", **more: Any) -> Application:
    return submit(kind, "family_reunion", answers=more.pop("answers", None) or answers(), **more)


def idx(person: Any) -> str:
    return identity.index(person.number)


def results(case: Application) -> dict[str, str]:
    decision = queries.latest_decision(case)
    assert decision is not None
    assert replay.fault(decision) == ""
    verdict = orjson.loads(bytes(decision.receipt))["verdict"]
    return {found["id"]: found["result"] for found in verdict["requirements"]}


def update(registry: str, person: Any, **fields: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = data || %s::jsonb"
            " WHERE registry = %s AND subject = %s",
            [orjson.dumps(fields).decode(), registry, idx(person)],
        )
        assert cursor.rowcount == 1


def test_a_spouse_is_asked_about_in_the_same_batch_with_purpose_and_law() -> None:
    (case,) = decide(reunion())
    assert case.state == State.APPROVED, results(case)
    read = set(Evidence.objects.filter(application=case).values_list("registry", "subject"))
    assert read >= {("marriage", ""), ("population", idx(HER)), ("household", idx(HER))}
    assert not any(registry == "kinship" for registry, _ in read)  # nobody needs it here
    looked = Lookup.objects.get(case=case.number, registry="household")
    assert (looked.subject, looked.fields) == (idx(HER), "address,city,since")
    assert (looked.purpose, "户口登记条例 §10" in looked.basis) == ("核实被投靠配偶的户籍", True)
    assert audited() == []


def test_a_parent_joins_a_child_and_the_registry_of_marriages_is_left_alone() -> None:
    (case,) = decide(reunion("reunion_parent", answers=answers("parent", SON.index)))
    assert case.state == State.APPROVED, results(case)
    assert not Lookup.objects.filter(case=case.number, registry="marriage").exists()
    assert Lookup.objects.get(case=case.number, registry="household").subject == idx(SON)


def test_what_is_of_the_spouse_is_kept_from_the_receipt_and_shown_to_the_officer() -> None:
    update("population", HER, alive=False)
    (case,) = decide(reunion())
    assert case.state == State.REVIEW and "spouse_living:unmet" in case.handover
    decision = queries.latest_decision(case)
    assert decision is not None
    receipt = orjson.loads(bytes(decision.receipt))
    for name in ("spouse_alive", "spouse_city", "spouse_since", "spouse_address"):
        assert set(receipt["facts"][name]) == {"sha256"}
        assert name in decision.inputs
    assert home(HER.index).address not in str({**receipt["facts"], "address": ""})
    page = result(case, now=now())
    (line,) = [line for line in page.lines if line.id == "spouse_living"]
    assert line.status == "不符合"
    assert [value.text for value in line.values][-1] == "他人的信息，不在此显示"
    user = officers.make("clerk-p", "clerk", office_id="police")
    sources = casefile(case, officer=user, now=now()).sources
    assert sorted(s.name for s in sources if s.whom == "配偶") == [
        "人口基础信息库",
        "户籍登记库",
    ]
    decision.inputs["spouse_alive"] = True
    assert "inputs" in replay.fault(decision)
    assert audited() == []


def test_nobody_is_asked_about_where_the_first_registry_names_nobody() -> None:
    update("marriage", HIM, state="divorced", spouse=None)
    (case,) = decide(reunion())
    assert case.state == State.REVIEW
    assert results(case)["married"] == "unmet"
    assert not Lookup.objects.filter(case=case.number, registry="household").exists()


@pytest.mark.parametrize("spouse", ["", "某人", "0" * 31, HER.number])
def test_a_spouse_who_is_named_otherwise_is_an_officers(spouse: str) -> None:
    update("marriage", HIM, spouse=spouse)
    (case,) = decide(reunion())
    assert case.state == State.REVIEW
    assert results(case)["spouse_local"] == "unknown"
    assert not Lookup.objects.filter(case=case.number, registry="household").exists()


def test_who_is_married_to_themselves_is_asked_about_once() -> None:
    update("marriage", HIM, spouse=idx(HIM))
    (case,) = decide(reunion())
    assert case.state == State.REVIEW and results(case)["spouse_local"] == "unmet"
    asked = Lookup.objects.filter(case=case.number, registry="population")
    assert asked.values_list("subject", flat=True).get() == idx(HIM)


def test_a_batch_takes_one_statement_more_a_round_and_none_without_rounds() -> None:
    def read(*cases: Application) -> int:
        with CaptureQueriesContext(connection) as captured:
            decide(*cases)
        return sum("FROM exchange_record" in query["sql"] for query in captured)

    assert read(reunion(), reunion("reunion_recent", answers=answers("spouse", 28))) == 2
    assert read(submit("trader", "sole_trader")) == 1


def test_a_spouse_who_moves_away_later_brings_the_approval_to_an_officer() -> None:
    (case,) = decide(reunion())
    assert case.state == State.APPROVED
    update("household", HER, city="4401")
    done = recheck([("household", idx(HER))], by=CHECKER, now=now())
    assert done.reopened == [case.number]


def test_a_divorce_brings_the_approval_to_an_officer() -> None:
    (case,) = decide(reunion())
    update("marriage", HIM, state="divorced", spouse=None)
    assert recheck([("marriage", idx(HIM))], by=CHECKER, now=now()).reopened == [case.number]


def test_a_change_that_concerns_nothing_leaves_it_standing() -> None:
    (case,) = decide(reunion())
    update("household", HER, region="440304")
    done = recheck([("household", idx(HER))], by=CHECKER, now=now())
    assert (done.reopened, done.unaffected) == ([], [case.number])


def test_a_backtest_judges_by_what_was_withheld() -> None:
    (case,) = decide(reunion())
    book = catalogue.rulebook(case.edition_id)
    report = backtest.run(book, book)
    assert (report.cases, report.changed, report.wrong, report.judged) == (1, 0, [], 1)


# a registry that names people by number, and another agency that is asked about them

CRIME = (
    (
        "  spouse_home:\n",
        """  spouse_crime:
    asks: criminal
    subject: facts.spouse
    zh: 公安违法犯罪记录库
    en: Public security records
    basis: 深圳经济特区数据条例 §38
    purpose: {zh: 核实被投靠人有无犯罪记录, en: verify that whom one joins has no record}
  spouse_home:
""",
    ),
    (
        "  spouse_city: {",
        "  spouse_crime: {from: spouse_crime.record, type: boolean, zh: 配偶有犯罪记录,"
        " en: the spouse has a record}\n  spouse_city: {",
    ),
    (
        "- id: spouse_local\n",
        '- {id: spouse_clean, applies: \'branch = "spouse" and marriage = "married"\','
        " must: not(spouse_crime), zh: 配偶无犯罪记录, en: The spouse has no record,"
        " law: 本市户籍迁入规定}\n- id: spouse_local\n",
    ),
    (
        "    spouse: {alive: true}\n",
        "    spouse: {alive: true}\n    spouse_crime: {record: false}\n",
    ),
)


@pytest.fixture
def by_number(settings: Any) -> None:
    """Let the registry of marriages name people by number, and the police be asked about them."""
    marriage = settings.CITY.registries["marriage"]
    spouse = dataclasses.replace(marriage.fields["spouse"], is_number=True, pattern="")
    fields = {**marriage.fields, "spouse": spouse}
    registries = {"marriage": dataclasses.replace(marriage, fields=fields)}
    settings.CITY = dataclasses.replace(
        settings.CITY, registries={**settings.CITY.registries, **registries}
    )
    at = now()
    source = text("family_reunion")
    for before, after in CRIME:
        source = changed(before, after, source)
    day = f"in_force_from: {city_date(at)}"
    source = changed("in_force_from: 2026-01-01", day, source)
    published(source, at, file="family_reunion.yaml")
    update("marriage", HIM, spouse=HER.number)


def test_another_agency_is_asked_about_a_spouse_named_by_number(by_number: None) -> None:
    case = reunion()
    assert not Check.objects.filter(application=case).exists()
    (case,) = decide(case)
    assert (case.state, case.checks_due, case.attempts) == (State.SUBMITTED, 1, 0)
    check = Check.objects.get(application=case)
    assert (check.registry, check.subject, check.state) == ("criminal", idx(HER), "due")
    kept = Evidence.objects.get(application=case, registry="marriage").facts
    assert HER.number not in kept and identity.mask(HER.number) in kept
    file = evidence.files([case])[0]
    book = catalogue.rulebook(case.edition_id)
    query = actions.questions.query(case, book, ("criminal", idx(HER)), file.read())
    assert (query.number, query.fields) == (HER.number, ("record",))
    assert query.purpose == "核实被投靠人有无犯罪记录"
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == State.APPROVED, results(case)
    assert not Decision.objects.filter(inputs__icontains=HER.number).exists()
    decision = queries.latest_decision(case)
    assert decision is not None and decision.inputs["spouse"] == idx(HER)
    assert protection.unprotect(orjson.loads(kept)["spouse"]) == HER.number
    assert Lookup.objects.filter(case=case.number, registry="household").count() == 1
    assert audited() == []


def test_a_divorce_between_two_rounds_is_an_officers(by_number: None) -> None:
    """The registry that named the spouse says something else when the police have answered."""
    (case,) = decide(reunion())
    assert (case.state, case.checks_due) == (State.SUBMITTED, 1)
    update("marriage", HIM, spouse=None, state="divorced")
    Record.objects.filter(registry="marriage", subject=idx(HIM)).update(version=F("version") + 1)
    answer_checks(case)
    (case,) = decide(case)
    assert (case.state, case.handover) == (State.REVIEW, "facts_changed")
    decision = queries.latest_decision(case)
    assert decision is not None and replay.fault(decision) == ""
    assert orjson.loads(bytes(decision.receipt))["outdated"] == ["marriage"]
    assert audited() == []


def test_the_officer_reads_whom_the_number_masked_is_of(by_number: None) -> None:
    (case,) = decide(reunion())
    wrong = Answer("criminal", idx(HER), "found", {"record": True}, version="1", at=now())
    answer_checks(case, criminal=wrong)
    (case,) = decide(case)
    assert case.state == State.REVIEW and case.handover == "spouse_clean:unmet"
    user = officers.make("clerk-q", "clerk", office_id="police")
    whom = {source.whom for source in casefile(case, officer=user, now=now()).sources}
    assert whom == {"", f"{identity.mask(HER.number)} · 配偶"}
    assert audited() == []


def test_an_engine_that_dies_between_the_rounds_loses_nothing(
    by_number: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = reunion()
    claimed = actions.claim(limit=10, again=False, by=ENGINE)
    with monkeypatch.context() as broken:
        broken.setattr("approvals.actions.checks.ask_further", Died.now)
        with pytest.raises(Died):
            actions.decide_claimed(claimed=claimed, by=ENGINE, now=now())
    assert not Check.objects.filter(application=case).exists()
    assert not Evidence.objects.filter(application=case).exists()
    (again,) = claims.lock_ready([case.id])
    actions.decide_claimed(claimed=[again], by=ENGINE, now=now())
    with pytest.raises(bulk.Conflict), transaction.atomic():  # another engine had it, too
        actions.decide_claimed(claimed=claimed, by=ENGINE, now=now())
    assert actions.decide(ids=[case.id], by=ENGINE, now=now()) == {}
    assert checks.waiting(now()) == ["criminal"]
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == State.APPROVED


def test_a_second_answer_that_comes_late_brings_the_case_back(by_number: None) -> None:
    (case,) = decide(reunion())
    check, at = Check.objects.get(application=case), now()
    away = Answer("criminal", check.subject, "failed", reason="timeout", at=at)
    actions.record_checks(answers=[(check.id, away, "timeout", at)], by=CHECKER, now=at)
    (case,) = decide(case)
    assert (case.state, case.handover) == (
        State.REVIEW,
        "unanswered:criminal,spouse_clean:unknown",
    )
    assert outage.check_again(registry="criminal", by=CHECKER, now=at) == 1
    (case,) = decide(case)
    assert (case.state, case.round, case.checks_due) == (State.SUBMITTED, 2, 1)
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == State.APPROVED, results(case)
    assert audited() == []


def test_cases_that_wait_and_cases_that_do_not_share_a_batch(by_number: None) -> None:
    update("marriage", CITY.person(index("reunion_recent")), spouse=None, state="divorced")
    single = reunion("reunion_recent", answers=answers("spouse", 28))
    waits = reunion()
    decide()
    single, waits = (Application.objects.get(id=case.id) for case in (single, waits))
    assert (single.state, waits.state, waits.checks_due) == (State.REVIEW, State.SUBMITTED, 1)


def test_a_round_is_begun_with_the_traces_of_its_batch_or_not_at_all(by_number: None) -> None:
    """Another case of the batch has moved meanwhile: then nothing of either is written."""
    update("marriage", CITY.person(index("reunion_recent")), spouse=None, state="divorced")
    single = reunion("reunion_recent", answers=answers("spouse", 28))
    waits = reunion()
    claimed = actions.claim(limit=10, again=False, by=ENGINE)
    actions.decide(ids=[single.id], by=ENGINE, now=now())
    with pytest.raises((bulk.Conflict, IntegrityError)):
        actions.decide_claimed(claimed=claimed, by=ENGINE, now=now())
    assert not Check.objects.filter(application=waits).exists()
    actions.decide(ids=[waits.id], by=ENGINE, now=now())
    assert Check.objects.filter(application=waits).exists()
    assert Lookup.objects.filter(case=waits.number, registry="marriage").count() == 1


def test_a_number_that_is_none_is_no_answer(by_number: None) -> None:
    update("marriage", HIM, spouse="110105194912310000")
    (case,) = decide(reunion())
    assert case.state == State.REVIEW
    row = Evidence.objects.get(application=case, registry="marriage")
    assert (row.outcome, row.reason, row.facts) == ("failed", "malformed", "{}")


@pytest.mark.parametrize("branch", ["spouse", "parent"])
def test_a_case_drawn_for_a_second_look_is_masked_and_judged_alike(branch: str) -> None:
    kind, host = {"spouse": ("reunion", HER), "parent": ("reunion_parent", SON)}[branch]
    (case,) = decide(reunion(kind, answers=answers(branch, host.index)))
    decision = queries.latest_decision(case)
    review = SampleReview(
        application=case,
        decision=decision,
        place=0,
        conditions=["living"],
        draw=SampleDraw(month=month.this_month()),
    )
    fragment = cases.fragment(review)
    assert "判定有变" not in fragment
    for secret in (idx(host), host.name, case.answers["address"], case.applicant):
        assert secret not in fragment
    as_it_was = fragment.replace("expect: refer", "expect: approve")
    as_it_was = as_it_was.replace("living: unmet", "living: met")
    whole = case.edition.source.rstrip() + "\n" + as_it_was
    assert faults(edition.load(whole, "x", city=CITY_FOLDER)) == []
