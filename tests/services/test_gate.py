"""The gate before publication: who, which text, which day; and what PostgreSQL itself refuses."""

import datetime
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import DatabaseError, connection, transaction

from ledger import keys
from ledger.clock import now as clock_now
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import SigningKey, User
from services import audit, publish, reviews, signing
from services.models import Edition, Proposal
from tests import officers
from tests.services.editions import (
    HEAD,
    LAW,
    TECH,
    agree,
    approved,
    passed,
    published,
    tried,
    with_officers,
)
from tests.services.packs import LI, SMALL, WANG, changed

NEXT = changed("in_force_from: 2026-01-01", "in_force_from: 2026-07-01")
PAST = changed("in_force_from: 2026-01-01", "in_force_from: 2026-02-01")
SAME = Actor(Kind.OFFICER, "li-2", role="technical", person=LI.person)


def refused(code, action, *given, **named):
    with pytest.raises(ActionRejected) as caught:
        action(*given, **named)
    assert caught.value.code == code, caught.value
    return caught.value


@pytest.fixture
def proposal(db, now):
    published(SMALL, now)
    return publish.propose(NEXT, by=LI, now=now)


def test_the_author_approves_nothing_under_no_account(proposal, now):
    for by in (LI, SAME):
        said = refused("own_proposal", agree, proposal, by, now)
        assert said.status == 403 and "换用其他账号" in said.zh and "under no account" in said.en
    nobody = Actor(Kind.OFFICER, "x", role="legal")
    refused("no_person", agree, proposal, nobody, now)


def test_a_barred_account_of_the_author_counts(proposal, now):
    officers.change("li", is_active=False)
    with_officers(SAME)
    refused("own_proposal", agree, proposal, SAME, now)


def test_one_person_is_not_both_reviewers(proposal, now):
    agree(proposal, LAW, now)
    officers.change("han", is_active=False)
    again = Actor(Kind.OFFICER, "han-2", role="technical", person=LAW.person)
    with_officers(again)
    refused("same_person", agree, proposal, again, now)


def test_another_text_is_not_approved(proposal, now):
    opinion = reviews.Opinion(True, "已核对，同意", proposal.hash[:-1] + "x")
    refused("another_text", reviews.review, proposal.pk, opinion, by=LAW, now=now)


def test_a_base_that_is_no_longer_the_latest_is_named(proposal, now):
    other = changed("年满 {adult}", "须年满 {adult}", NEXT)
    published(other, now)
    said = refused("base_changed", passed, proposal, now)
    assert "bus_pass v2" in said.en and "propose the draft again" in said.en


def test_only_a_head_lets_a_correction_begin_in_the_past(db, now):
    published(SMALL, now)
    refused("past_date", publish.propose, PAST, by=LI, now=now)
    terms = publish.Terms(may_be_past=True)
    made = approved(publish.propose(PAST, by=LI, now=now, terms=terms), now)
    refused("past_date", publish.publish, made.pk, by=LI, now=now)
    order = reviews.order_correction
    refused("not_an_officer", order, made.pk, by=WANG, now=now, reason="条款写错")
    with_officers(HEAD)
    order(made.pk, by=HEAD, now=now, reason="条款写错")
    refused("ordered_already", order, made.pk, by=HEAD, now=now, reason="条款写错")
    edition = publish.publish(made.pk, by=LI, now=now)
    assert (edition.ordered_by, edition.order_reason) == ("officer:yang", "条款写错")
    assert edition.in_force_from == datetime.date(2026, 2, 1) and list(audit.faults()) == []


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)


EDITION = """
INSERT INTO services_edition (service_id, number, source, city, hash, legal_review, extension,
    engine, in_force_from, proposed_by, published_at, published_by, is_first, reason, ordered_by,
    order_reason, trial_id)
SELECT service_id, 2, source, city, hash, '[]', 10, '1', in_force_from, proposed_by, moment.at,
    'officer:wang', false, reason, '', '', (SELECT t.id FROM services_trial t
        WHERE t.hash = p.hash AND t.finished_at <= moment.at ORDER BY t.finished_at DESC LIMIT 1)
FROM services_proposal p, (SELECT %s::timestamptz AS at) AS moment WHERE p.id = %s
"""
REVIEW = """
INSERT INTO services_review (proposal_id, hash, role, approves, opinion, by, person, at, signature)
SELECT id, hash, %s, true, 'x', %s, %s, proposed_at, '' FROM services_proposal WHERE id = %s
"""


def test_postgresql_publishes_nothing_that_two_officers_have_not_approved(proposal, now):
    def stopped(text, *values, words=None):
        with pytest.raises(DatabaseError, match=words), transaction.atomic():
            sql(text, *values)

    alone = "have not approved it"
    tried(proposal, now)
    stopped(EDITION, now, proposal.pk, words=alone)
    stopped(REVIEW, "legal", "officer:li", LI.person, proposal.pk)  # no legal officer
    stopped(REVIEW, "technical", "officer:ding", LI.person, proposal.pk)  # of another person
    stopped("UPDATE services_proposal SET state = 'approved' WHERE id = %s", proposal.pk)
    stopped("UPDATE services_proposal SET source = 'x' WHERE id = %s", proposal.pk)
    stopped("UPDATE services_proposal SET author = 'x' WHERE id = %s", proposal.pk)
    stopped("DELETE FROM services_proposal WHERE id = %s", proposal.pk)
    agree(proposal, LAW, now)
    stopped(EDITION, now, proposal.pk, words=alone)
    agree(proposal, TECH, now)
    stopped("UPDATE services_review SET opinion = 'y'")
    stopped("DELETE FROM services_review")
    late = now + datetime.timedelta(days=125)
    with transaction.atomic():  # its day is past by then
        tried(proposal, late)
        stopped(EDITION, late, proposal.pk, words="is past")
        transaction.set_rollback(True)
    stopped(EDITION.replace("SELECT service_id, 2, source", "SELECT service_id, 2, source || ' '"),
            now, proposal.pk)  # fmt: skip
    with transaction.atomic():  # what was refused lacked just that
        sql(EDITION, now, proposal.pk)


def test_an_audit_names_what_an_insider_put_in_or_set(proposal, now):
    assert list(audit.faults()) == []
    sql(REVIEW, "legal", "officer:han", LAW.person, proposal.pk)
    found = list(audit.faults())
    assert any("no event says that officer:han has reviewed it so" in one for one in found), found


def test_an_audit_names_an_order_that_nobody_gave(proposal, now):
    with_officers(HEAD)
    sql(
        "UPDATE services_proposal SET ordered_by = 'officer:yang', orderer = %s,"
        " ordered_at = now(), order_reason = 'x' WHERE id = %s",
        HEAD.person, proposal.pk,
    )  # fmt: skip
    found = list(audit.faults())
    assert any("no event says that its correction was ordered" in one for one in found), found


def key_of(name):
    key = Ed25519PrivateKey.generate()
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    public = key.public_key().public_bytes(*raw)
    user = User.objects.get(username=name)
    SigningKey.objects.create(
        kid=keys.thumbprint(public), user=user, public=public, registered_at=clock_now()
    )
    return key


def test_signatures_publish_a_pack_at_once_or_not_at_all(proposal, now):
    law, tech = key_of("han"), key_of("ding")
    reviews.withdraw(proposal.pk, by=LI, now=now, reason="改由流水线发布")

    def signed(key, role, **other):
        says = {"service": "bus_pass", "hash": proposal.hash, "role": role,
                "in_force_from": proposal.in_force_from, **other}  # fmt: skip
        return signing.sign(signing.Approved(**says), "已核对，同意", key)

    good = [signed(law, "legal"), signed(tech, "technical")]
    other_day = signed(law, "legal", in_force_from=datetime.date(2026, 8, 1))
    for code, given in (
        ("no_legal_review", []),
        ("no_technical_review", good[:1]),
        ("bad_signature", [signed(law, "technical"), good[1]]),
        ("bad_signature", [other_day, good[1]]),
        ("bad_signature", [good[0][:-4] + "AAAA", good[1]]),
        ("bad_signature", [signed(Ed25519PrivateKey.generate(), "legal"), good[1]]),
    ):
        pack = signing.Signed(NEXT, given)
        refused(code, signing.publish_signed, pack, by=LI, now=now)
        assert Proposal.objects.filter(state="proposed").count() == 0
    changed_text = signing.Signed(NEXT + "\n", good)
    refused("bad_signature", signing.publish_signed, changed_text, by=LI, now=now)
    refused("no_trial", signing.publish_signed, signing.Signed(NEXT, good), by=LI, now=now)
    tried(proposal, now)
    edition = signing.publish_signed(signing.Signed(NEXT, good), by=LI, now=now)
    assert edition.number == 2 and list(audit.faults()) == []


@pytest.mark.usefixtures("committed")
def test_of_two_publications_at_once_one_is_done(now):
    published(SMALL, now)
    both = [NEXT, changed("年满 {adult}", "须年满 {adult}", NEXT)]
    made = [approved(publish.propose(text, by=LI, now=now), now).pk for text in both]

    def go(pk):
        try:
            return publish.publish(pk, by=WANG, now=now).number
        except ActionRejected as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(go, made * 2))
    assert sorted(map(str, results)) == sorted(["2", "already_published", *["base_changed"] * 2])
    assert Edition.objects.filter(service="bus_pass").count() == 2
