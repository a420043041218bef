"""Whom an applicant names is checked as the applicant is; the applicant learns no more than that.

The limited company of the sample city: its directors and shareholders are asked about in the
registries of persons, of offences and of debts, through the production code.
"""

import datetime
from itertools import islice
from typing import Any

import orjson
import pytest
from django.db import connection

from approvals import actions, queries
from approvals.actions.changes import recheck
from approvals.admin.casefile import casefile
from approvals.models import Application, Check, Evidence
from approvals.records import backtest, replay
from approvals.states import State
from demo.city.people import Person
from demo.city.personas import index
from exchange.models import Lookup
from exchange.queries import Answer
from ledger import clock
from ledger.clock import now
from people import identity, names
from people.actors import CHECKER
from people.errors import ActionRejected
from portal.results import result
from services import catalogue
from tests import officers
from tests.approvals.cases import CITY, answer_checks, audited, decide, places, submit

pytestmark = pytest.mark.usefixtures("furnished")

WORKERS = [t for t in map(CITY.person, CITY.members("worker")) if not t.fault]
FIT = [t for t in WORKERS if not (CITY.record("enterprise", t.number) or {}).get("trades")]
FOUNDER, PARTNER, OTHER = islice(FIT, 3)
INDEBTED = CITY.person(index("credit_hit"))


def company(
    founder: Person = FOUNDER,
    directors: tuple[Person, ...] | None = None,
    investors: tuple[Person, ...] | None = None,
    listed: list[dict[str, str]] | None = None,
    now: datetime.datetime | None = None,
    **changes: Any,
) -> Application:
    """Submit a company of these persons; returns the case as stored."""
    owners = investors or (founder,)
    answers = {
        "kind": "company",
        "trade_name": "栖云清河",
        "scope": ["I6513"],
        "capital": str(len(owners)),
        "paid_by": (clock.now() + datetime.timedelta(days=365)).date().isoformat(),
        "investors": [{"name": t.name, "number": t.number, "capital": "1"} for t in owners],
        "directors": listed
        or [{"name": t.name, "number": t.number} for t in directors or (founder,)],
        "premises": next(places("commercial")).code,
        "employees": 3,
        "promise": True,
        "consent": True,
        **changes,
    }
    applicant = actions.Applicant("person", founder.number, founder.name)
    return submit(service="limited_company", applicant=applicant, answers=answers, now=now)


def decided(**persons: Any) -> Application:
    case = company(**persons)
    answer_checks(case)
    return decide(case)[0]


def results(case: Application) -> dict[str, str]:
    decision = queries.latest_decision(case)
    assert decision is not None
    assert replay.fault(decision) == ""
    verdict = orjson.loads(bytes(decision.receipt))["verdict"]
    return {found["id"]: found["result"] for found in verdict["requirements"]}


def idx(person: Person) -> str:
    return identity.index(person.number)


def test_who_founds_alone_is_asked_about_once_whatever_they_are() -> None:
    case = decided()
    assert case.state == State.APPROVED
    asked = Check.objects.filter(application=case).values_list("registry", "subject")
    assert sorted(asked) == [("credit", ""), ("criminal", "")]
    looked = Lookup.objects.filter(case=case.number, subject=idx(FOUNDER))
    assert sorted(looked.filter(registry="population").values_list("fields", flat=True)) == [
        "alive,capacity,hukou_region,name"
    ]
    assert set(results(case).values()) <= {"met", "not_applicable"}


def test_each_person_named_is_asked_about_once_with_purpose_and_law() -> None:
    case = company(directors=(FOUNDER, PARTNER), investors=(FOUNDER, PARTNER, OTHER))
    answer_checks(case)
    others = {idx(PARTNER), idx(OTHER)}
    asked = set(Check.objects.filter(application=case).values_list("registry", "subject"))
    assert asked == {(r, s) for r in ("criminal", "credit") for s in ("", *others)}
    decide(case)
    for person, why in ((PARTNER, "核实任职资格；核实股东信用状况"), (OTHER, "核实股东信用状况")):
        book = catalogue.rulebook(case.edition_id)
        query = actions.questions.query(case, book, ("criminal", idx(person)))
        assert (query.number, query.purpose) == (person.number, why)
        assert (query.fields, query.case) == (("records",), case.number)
        assert ("公司法 §178" in query.basis) is (person is PARTNER)
    local = Lookup.objects.filter(case=case.number, registry="population")
    assert sorted(local.values_list("subject", flat=True)) == sorted({idx(FOUNDER), *others})
    assert Application.objects.get(id=case.id).state == State.WAITING  # the others have to sign


@pytest.mark.parametrize("as_what", ["directors", "investors"])
def test_what_is_against_another_is_an_officers_and_its_values_are_not_shown(as_what: str) -> None:
    case = decided(**{as_what: (FOUNDER, INDEBTED)})
    assert case.state == State.REVIEW
    assert f"{as_what}_credit:unmet" in case.handover
    found = results(case)
    assert (found[f"{as_what}_credit"], found["credit"]) == ("unmet", "met")
    receipt = bytes(queries.latest_decision(case).receipt)
    stored = orjson.loads(receipt)
    one = f"{as_what[:-1]}_credit"
    assert set(stored["facts"][one]) == {"sha256"}
    (finding,) = [f for f in stored["verdict"]["requirements"] if f["id"] == f"{as_what}_credit"]
    assert finding["withheld"] == [one] and one not in finding["uses"]
    assert "failed_items" not in finding
    assert b'"dishonest":true' not in receipt
    page = result(case, now=now())
    (line,) = [line for line in page.lines if line.id == f"{as_what}_credit"]
    assert (line.status, line.values) == ("不符合", ())
    assert not any("失信案号" in str(line) for line in page.lines)
    assert audited() == []


def test_the_officer_reads_of_whom_each_answer_is() -> None:
    case = decided(directors=(FOUNDER, INDEBTED))
    user = officers.make("clerk-m", "clerk", office_id="market")
    sources = casefile(case, officer=user, now=now()).sources
    mask = identity.mask(INDEBTED.number)
    of_director = [s for s in sources if s.whom == f"{mask} · 董事"]
    assert len(of_director) == 4, [s.whom for s in sources]
    assert any("是" in f.value for s in of_director for f in s.facts)


def test_an_edited_value_that_was_withheld_is_found() -> None:
    case = decided(directors=(FOUNDER, INDEBTED))
    decision = queries.latest_decision(case)
    decision.inputs["director_credit"][1]["dishonest"] = False
    assert "inputs" in replay.fault(decision)
    decision.inputs.pop("withheld")
    assert "inputs" in replay.fault(decision)


def test_a_backtest_judges_by_what_was_withheld() -> None:
    case = decided(directors=(FOUNDER, PARTNER))
    assert case.state == State.APPROVED
    book = catalogue.rulebook(case.edition_id)
    report = backtest.run(book, book)
    assert (report.cases, report.changed, report.wrong) == (1, 0, [])
    assert report.judged == 1


def test_a_director_whom_the_register_does_not_know_is_an_officers() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM exchange_record WHERE registry = 'population' AND subject = %s",
            [idx(PARTNER)],
        )
    case = decided(directors=(FOUNDER, PARTNER))
    assert case.state == State.REVIEW
    assert "directors_named:unknown" in case.handover


def test_a_director_under_anothers_name_is_an_officers() -> None:
    """Typed otherwise it is the same name; another's it is not."""
    spaced = {"name": f"{OTHER.name[0]}　{OTHER.name[1:]}", "number": OTHER.number}
    case = company(listed=[spaced, {"name": "欧阳无此", "number": PARTNER.number}])
    answer_checks(case)
    (case,) = decide(case)
    assert "directors_named:unmet" in case.handover
    rows = queries.latest_decision(case).inputs["director_register"]
    assert [row["name"] == row["answered_name"] for row in rows] == [False, False]
    assert names.same(rows[0]["name"], rows[0]["answered_name"])


def test_the_same_director_twice_is_asked_about_once_and_is_an_officers() -> None:
    case = company(directors=(FOUNDER, PARTNER, PARTNER))
    asked = Check.objects.filter(application=case, registry="criminal")
    assert sorted(asked.values_list("subject", flat=True)) == sorted(["", idx(PARTNER)])
    answer_checks(case)
    assert decide(case)[0].state == State.REVIEW


def test_thirty_directors_are_too_many_to_ask_about() -> None:
    with pytest.raises(ActionRejected) as caught:
        company(directors=tuple(FIT[:30]))
    assert (caught.value.code, caught.value.status) == ("invalid_answers", 422)
    assert caught.value.faults[0]["pointer"] == "/answers/directors"
    assert not Lookup.objects.filter(purpose__contains="任职").exists()


def test_a_lower_case_x_is_the_same_person() -> None:
    (with_x,) = islice((t for t in WORKERS if t.number.endswith("X")), 1)
    case = company(listed=[{"name": with_x.name, "number": with_x.number.lower()}])
    assert Check.objects.filter(application=case, subject=idx(with_x)).count() == 2
    book = catalogue.rulebook(case.edition_id)
    query = actions.questions.query(case, book, ("credit", idx(with_x)))
    assert query.number == with_x.number


def test_one_who_is_not_answered_makes_it_unknown_and_is_waited_for() -> None:
    case = company(directors=(FOUNDER, PARTNER))
    mine = Check.objects.get(application=case, registry="credit", subject=idx(PARTNER))
    at = now()
    away = Answer("credit", mine.subject, "failed", reason="timeout", at=at)
    actions.record_checks(answers=[(mine.id, away, "timeout", at)], by=CHECKER, now=at)
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == State.REVIEW
    assert case.handover == "unanswered:credit,directors_credit:unknown"
    found = results(case)
    assert (found["directors_credit"], found["credit"]) == ("unknown", "met")
    assert "公共信用" in result(case, now=at).notices[0]


def test_a_director_who_dies_later_brings_the_licence_to_an_officer() -> None:
    case = decided(directors=(FOUNDER, PARTNER))
    assert case.state == State.APPROVED
    local = [(e.registry, e.subject) for e in Evidence.objects.filter(application=case)]
    assert ("population", idx(PARTNER)) in local
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = jsonb_set(data, '{alive}', 'false')"
            " WHERE registry = 'population' AND subject = %s",
            [idx(PARTNER)],
        )
    done = recheck([("population", idx(PARTNER))], by=CHECKER, now=now())
    assert done.reopened == [case.number]
    assert recheck([("population", idx(OTHER))], by=CHECKER, now=now()).reopened == []
