"""A certificate's life: each move by whom the law says, recorded, and told to who relied on it."""

import datetime as dt
import json
import uuid

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from certificates import states
from certificates.actions import (
    cancel,
    confirm,
    drop,
    expire,
    issue,
    propose,
    rely,
    restore,
    suspend,
)
from certificates.models import Certificate, Revocation
from exchange.models import Notice
from ledger.models import Event
from people.actors import CLOCK, ENGINE, Actor, Kind
from people.errors import ActionRejected
from tests.certificates.conftest import CITIZEN, clerk
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(order, now):
    return issue([order()], by=ENGINE, now=now)[0]


@pytest.fixture
def bank(db):
    return PartnerFactory(code="bank")


def state(certificate):
    return str(Certificate.objects.get(pk=certificate.pk).state)


def test_who_relied_on_it_is_told_of_every_move(made, bank, officer, now):
    rely(made, bank, "a loan", now=now)
    rely(made, bank, "a loan", now=now)
    suspend(public_id=made.public_id, reason="复查", by=officer, now=now)
    restore(public_id=made.public_id, reason="无误", by=officer, now=now)
    bodies = [json.loads(n.body) for n in Notice.objects.filter(partner=bank)]
    assert [b["type"] for b in bodies] == ["certificate.changed"] * 2
    assert sorted(b["data"]["state"] for b in bodies) == ["suspended", "valid"]
    assert {b["data"]["identifier"] for b in bodies} == {made.identifier}


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 401])
def test_no_move_without_a_reason(made, officer, now, reason):
    with pytest.raises(ActionRejected) as caught:
        suspend(public_id=made.public_id, reason=reason, by=officer, now=now)
    assert caught.value.status == 422
    assert state(made) == "valid"


@pytest.mark.parametrize(
    "stranger",
    [
        Actor(Kind.OFFICER, "x", "x", "market", "", "clerk"),
        Actor(Kind.OFFICER, "x", "x", "hr", "440304", "clerk"),
        Actor(Kind.OFFICER, "x", "x", "hr", "", "supervisor"),
        Actor(Kind.CITIZEN, CITIZEN),
        Actor(Kind.AGENCY, "bank"),
    ],
)
def test_officers_of_elsewhere_see_no_such_certificate(made, now, stranger):
    with pytest.raises(ActionRejected) as caught:
        suspend(public_id=made.public_id, reason="x", by=stranger, now=now)
    assert (caught.value.status, caught.value.code) == (404, "not_found")


def test_a_holder_gives_up_his_own_and_nobody_elses(made, now):
    with pytest.raises(ActionRejected):
        cancel(public_id=made.public_id, reason="x", by=Actor(Kind.CITIZEN, "d" * 32), now=now)
    cancel(public_id=made.public_id, reason="不要了", by=Actor(Kind.CITIZEN, CITIZEN), now=now)
    assert state(made) == "cancelled"


def test_an_illegal_move_says_what_to_do(made, officer, now):
    with pytest.raises(ActionRejected, match="Reload"):
        restore(public_id=made.public_id, reason="x", by=officer, now=now)
    cancel(public_id=made.public_id, reason="x", by=officer, now=now)
    for verb in (suspend, restore, cancel):
        with pytest.raises(ActionRejected):
            verb(public_id=made.public_id, reason="x", by=officer, now=now)


def test_revoking_takes_two_officers(made, officer, second, now):
    found = propose(
        public_id=made.public_id, ground="deception", reason="伪造学历", by=officer, now=now
    )
    assert found.mandatory
    with pytest.raises(ActionRejected) as caught:
        confirm(revocation=found.pk, by=officer, now=now)
    assert caught.value.status == 403
    assert state(made) == "valid"
    confirm(revocation=found.pk, by=second, now=now)
    assert state(made) == "revoked"
    data = json.loads(Event.objects.get(subject=made.subject, kind="revoked").data)
    assert (data["proposed_by"], data["confirmed_by"]) == ("li", "wang")
    assert data["law"].startswith("行政许可法") and data["must"] is True
    with pytest.raises(ActionRejected, match="settled"):
        confirm(revocation=found.pk, by=second, now=now)


def test_a_proposal_that_is_dropped_changes_nothing(made, officer, second, now):
    found = propose(public_id=made.public_id, ground="abuse", reason="x", by=officer, now=now)
    with pytest.raises(ActionRejected, match="already"):
        propose(public_id=made.public_id, ground="abuse", reason="x", by=second, now=now)
    drop(revocation=found.pk, by=second, now=now)
    assert state(made) == "valid"
    assert propose(public_id=made.public_id, ground="abuse", reason="x", by=second, now=now)


@pytest.mark.parametrize(("ground", "status"), [("because", 422), ("", 422)])
def test_only_the_grounds_of_the_law(made, officer, now, ground, status):
    with pytest.raises(ActionRejected) as caught:
        propose(public_id=made.public_id, ground=ground, reason="x", by=officer, now=now)
    assert caught.value.status == status


def test_nobody_confirms_what_is_not_there(now, officer):
    with pytest.raises(ActionRejected):
        confirm(revocation=uuid.uuid4(), by=officer, now=now)


def test_the_table_itself_wants_two_different_officers(made, officer, second, now):
    found = propose(public_id=made.public_id, ground="abuse", reason="x", by=officer, now=now)
    with pytest.raises(IntegrityError, match="two_officers"), transaction.atomic():
        Revocation.objects.filter(pk=found.pk).update(
            confirmed_by=found.proposed_by, confirmed_at=now
        )


def test_what_has_passed_its_last_day_is_swept_up(order, now):
    made = issue([order() for _ in range(3)], by=ENGINE, now=now)  # last day 2027-03-02
    last = dt.datetime(2027, 3, 2, 15, 59, tzinfo=dt.UTC)  # 23:59 in the city
    assert expire(by=CLOCK, now=last) == 0
    assert expire(by=CLOCK, now=last + dt.timedelta(minutes=1)) == 3
    assert expire(by=CLOCK, now=last + dt.timedelta(minutes=2)) == 0
    assert {state(c) for c in made} == {"expired"}
    assert Event.objects.filter(kind="expired", by="machine:clock").count() == 3


def test_the_edges_of_code_and_database_are_one_table(made):
    """Every move that is no edge is refused by PostgreSQL too, whatever wrote it."""
    edges = {(str(a), str(to)) for sources, to in states.EDGES.values() for a in sources}
    others = [s.value for s in states.State if s.value != "valid"]
    for target in others:
        refused = None
        try:
            with transaction.atomic():
                Certificate.objects.filter(pk=made.pk).update(
                    state=target, events=made.events + 1, head=b"x" * 32
                )
                raise RuntimeError("rolled back")
        except RuntimeError:
            pass
        except DatabaseError as error:
            refused = str(error)
        if ("valid", target) in edges and target != "revoked":
            assert refused is None
        else:
            assert refused is not None


def test_two_officers_of_two_regions(made, now):
    nanshan = clerk("nan", region="440305")
    suspend(public_id=made.public_id, reason="x", by=nanshan, now=now)
    assert state(made) == "suspended"
