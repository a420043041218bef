"""Issuing: numbers, seals and history come with the decision, many at once."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from certificates import numbering
from certificates.actions import issue, withdraw_for
from certificates.models import Certificate
from certificates.verification import offline
from ledger import canonical, signatures
from ledger.models import Event
from people.actors import ENGINE
from people.numbers import uscc_ok
from tests.certificates.conftest import rulebook

pytestmark = pytest.mark.django_db


def test_a_certificate_is_numbered_sealed_and_recorded(order, now):
    (made,) = issue([order(application="GS1")], by=ENGINE, now=now)
    stored = Certificate.objects.get()
    parts = numbering.read_identifier(stored.identifier)
    assert (parts.type21, parts.issuer, parts.version) == (
        "11100000000013338W011",
        "11440300MB2C93150L",
        1,
    )
    assert stored.number == "RC" + parts.serial[:12]
    checked = offline.check(stored.jws, offline.keys_of(signatures.jwks()), now.date())
    assert canonical.dumps(checked.payload) == bytes(stored.payload)
    assert checked.payload["holder"] == {"name": "欧阳思远", "number": "1101**********0022"}
    assert checked.payload["expires"] == "2027-03-02"
    event = Event.objects.get(subject=made.subject)
    assert (event.kind, event.after, event.by) == ("issued", "valid", "machine:engine")
    assert bytes(stored.head) == bytes(event.hash)


def test_many_cost_as_many_statements_as_one(order, now):
    with CaptureQueriesContext(
        connection,
    ) as one:
        issue([order()], by=ENGINE, now=now)
    with CaptureQueriesContext(connection) as many:
        issue([order() for _ in range(50)], by=ENGINE, now=now)
    assert len(many) <= len(one) + 1  # numbers are taken by the block
    assert Certificate.objects.count() == 51


def test_new_traders_get_codes_of_their_own(order, now):
    book = rulebook(kind="trader", number="uscc:92", valid="")
    made = issue([order(rulebook=book) for _ in range(20)], by=ENGINE, now=now)
    codes = {c.number for c in made}
    assert len(codes) == 20
    assert all(uscc_ok(code) and code.startswith("92440305MA") for code in codes)
    assert {c.expires_on for c in made} == {None}


def test_a_reopened_case_gets_the_next_version(order, now):
    (first,) = issue([order(application="GS2")], by=ENGINE, now=now)
    withdraw_for("GS2", reason="reopened", by=ENGINE, now=now)
    assert Certificate.objects.get(pk=first.pk).state == "suspended"
    (second,) = issue([order(application="GS2")], by=ENGINE, now=now)
    first = Certificate.objects.get(pk=first.pk)
    assert (first.state, second.state, second.version) == ("superseded", "valid", 2)
    assert second.number == first.number
    before, after = (numbering.read_identifier(c.identifier) for c in (first, second))
    assert after == before.next_version()
    kinds = Event.objects.filter(subject=first.subject).order_by("seq")
    assert [e.kind for e in kinds] == ["issued", "suspended", "superseded"]


def test_the_database_keeps_one_live_certificate_an_application(order, now):
    (first,) = issue([order(application="GS3")], by=ENGINE, now=now)
    values = Certificate.objects.filter(pk=first.pk).values().get()
    values |= {"id": None, "identifier": "x", "public_id": "y"}
    values.pop("id")
    with pytest.raises(IntegrityError, match="certificate_one_live"), transaction.atomic():
        Certificate.objects.bulk_create([Certificate(**values)])


@pytest.mark.parametrize(
    "change", [{"payload": b"{}"}, {"jws": "x"}, {"number": "9"}, {"holder": "d" * 32}]
)
def test_what_was_certified_is_frozen(order, now, change):
    from django.db import ProgrammingError

    (made,) = issue([order()], by=ENGINE, now=now)
    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        Certificate.objects.filter(pk=made.pk).update(**change)
    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        Certificate.objects.filter(pk=made.pk).delete()


def test_no_state_changes_without_its_event(order, now):
    (made,) = issue([order()], by=ENGINE, now=now)
    with pytest.raises(IntegrityError, match="no event"), transaction.atomic():
        Certificate.objects.filter(pk=made.pk).update(state="suspended")
    with pytest.raises(IntegrityError, match="no edge"), transaction.atomic():
        Certificate.objects.filter(pk=made.pk).update(state="draft")


def test_a_revoked_state_needs_two_officers_even_in_sql(order, now):
    (made,) = issue([order()], by=ENGINE, now=now)
    event = Event.objects.get(subject=made.subject)
    other = Event.objects.exclude(pk=event.pk).first()
    head = bytes(other.hash) if other else b"1" * 32
    with pytest.raises(IntegrityError, match="second officer"), transaction.atomic():
        Certificate.objects.filter(pk=made.pk).update(state="revoked", events=2, head=head)
