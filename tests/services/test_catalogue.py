"""How the catalogue's demo holds what became of an application against the oracle."""

import datetime

import pytest

from benchmarks.catalogue.applying import Sent
from benchmarks.catalogue.drawing import Drawn
from benchmarks.catalogue.run import SERVICES, line
from benchmarks.catalogue.verdicts import tally
from benchmarks.oracles.case import Absent, Case, Record
from benchmarks.oracles.comparison import ORACLES
from demo.city import City
from tests.services.packs import SHIPPED

TODAY = datetime.date(2026, 7, 1)
OLD = City(persons=60).person(21)


def sent(state, unmet=(), *, reasons=(), by="machine:engine", **known):
    """An application for the old-age allowance of somebody of 87, whom nothing stands against."""
    population = Record(
        name=OLD.name, born="1939-01-01", alive=True, capacity="full", hukou_city="4403"
    )
    assistance = Record(account=True, benefits=[])
    own = {"population": population, "death": Absent(), "assistance": assistance, **known}
    case = Case("old_age_allowance", TODAY, {"consent": True}, "0" * 32, own)
    verdict = {"requirements": [{"id": one, "result": "unmet"} for one in unmet]}
    decision = {"by": by, "verdict": verdict, "reasons": list(reasons)}
    answer = {"state": state, "decision": decision}
    drawn = Drawn(case.service, case.answers, "person", OLD.number, OLD.name, case, ())
    return Sent(drawn, case, 0.1, number="MP1", answer=answer)


def test_no_service_of_the_catalogue_is_left_out():
    assert sorted(SERVICES) == sorted(ORACLES) == sorted(SHIPPED)


def test_what_is_as_it_must_be_passes():
    dead = Record(date="2026-06-01", source="hospital")
    found = tally(
        "old_age_allowance", [sent("approved"), sent("review", ["no_death_record"], death=dead)]
    )
    assert found.passed
    assert (found.eligible, found.automatic, found.wrong) == (1, 1, [])


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (sent("review"), "should be approved"),
        (sent("approved", death=Record(date="2026-06-01", source="police")), "should be review"),
        (sent("review", ["age"], death=Record(date="2026-06-01", source="police")), "has also"),
        (sent("approved", reasons=["name_differs"]), "has also"),
    ],
)  # fmt: skip
def test_another_outcome_or_another_reason_is_wrong(one, fault):
    found = tally("old_age_allowance", [one])
    assert not found.passed
    assert any(fault in said for said in found.wrong)


def test_somebody_with_another_name_goes_to_an_officer():
    other = Record(name="另一人", born="1939-01-01", alive=True, capacity="full", hukou_city="4403")
    assert tally(
        "old_age_allowance", [sent("review", reasons=["name_differs"], population=other)]
    ).passed
    assert not tally("old_age_allowance", [sent("approved", population=other)]).passed


def test_what_is_not_there_is_lost_and_what_is_open_is_undecided():
    gone, open_ = sent("approved"), sent("submitted")
    gone.number = ""
    found = tally("old_age_allowance", [gone, open_])
    assert (len(found.lost), len(found.undecided), found.passed) == (1, 1, False)
    assert line([found]) == (
        "catalogue: services=1 cases=2 undecided=1 lost=1 wrong=0 automatic=0.000"
    )


def test_what_an_officer_approved_is_not_automatic():
    found = tally("old_age_allowance", [sent("approved", by="officer:li")])
    assert (found.share, found.passed) == (0.0, False)
