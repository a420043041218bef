"""Drafts at the desk: begun, saved, restored, taken over, dropped, sent; each step an Event."""

import hashlib

import orjson
import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django_fsm import TransitionNotAllowed

from city.errors import SourceError
from ledger.models import Event
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import drafts
from services.drafts import Version
from services.models import Draft, Edition, Proposal, Service
from tests.services.editions import published, with_officers
from tests.services.packs import SMALL, changed, text

pytestmark = pytest.mark.django_db
ANNA, BEN = (
    Actor(Kind.OFFICER, name, role="policy", person=name.ljust(32, "0")) for name in ("anna", "ben")
)
OLDER = changed("P18Y", "P20Y")


@pytest.fixture
def draft(now):
    with_officers(ANNA, BEN)
    published(SMALL, now)
    return drafts.open_edition("bus_pass", by=ANNA, now=now, today=now.date())


def refused(code, action, *given, **named):
    with pytest.raises(ActionRejected) as caught:
        action(*given, **named)
    assert caught.value.code == code
    return caught.value


def steps(kind):
    return [
        orjson.loads(e.data)
        for e in Event.objects.filter(subject="service:bus_pass", kind=kind).order_by("seq")
    ]


def sha256(source):
    return hashlib.sha256(source.encode()).hexdigest()


def test_a_draft_begins_with_the_edition_in_force(draft):
    edition = Edition.objects.get()
    assert (draft.source, draft.base, draft.author) == (SMALL, edition, "officer:anna")
    assert draft.hash == sha256(SMALL)
    assert steps("draft_begun") == [
        {"draft": str(draft.pk), "before": edition.hash, "after": sha256(SMALL)}
    ]


def test_each_save_is_an_event_with_the_hash_before_and_after(draft, now):
    saved = drafts.save(Version(draft.pk, 1), OLDER, by=ANNA, now=now)
    assert (saved.source, saved.version) == (OLDER, 2)
    assert steps("draft_saved") == [
        {"draft": str(draft.pk), "before": sha256(SMALL), "after": sha256(OLDER)}
    ]
    again = drafts.save(Version(draft.pk, 2), OLDER, by=ANNA, now=now)
    assert again.version == 2 and len(steps("draft_saved")) == 1  # nothing was changed


def test_what_two_tabs_save_is_never_written_over(draft, now):
    drafts.save(Version(draft.pk, 1), OLDER, by=ANNA, now=now)
    error = refused("draft_changed", drafts.save, Version(draft.pk, 1), SMALL, by=ANNA, now=now)
    assert error.status == 409
    assert Draft.objects.get().source == OLDER


def test_a_step_is_undone_and_done_again(draft, now):
    drafts.save(Version(draft.pk, 1), OLDER, by=ANNA, now=now)
    undone = drafts.restore(Version(draft.pk, 2), 1, by=ANNA, now=now)
    assert (undone.source, undone.version) == (SMALL, 3)
    again = drafts.restore(Version(draft.pk, 3), 2, by=ANNA, now=now)
    assert (again.source, again.version) == (OLDER, 4)
    assert list(draft.texts.values_list("version", "kind")) == [
        (4, "restored"),
        (3, "restored"),
        (2, "saved"),
        (1, "begun"),
    ]
    refused("no_such_text", drafts.restore, Version(draft.pk, 4), 9, by=ANNA, now=now)


def test_somebody_elses_draft_is_read_only_until_it_is_taken_over(draft, now):
    refused("not_the_author", drafts.save, Version(draft.pk, 1), OLDER, by=BEN, now=now)
    refused("not_the_author", drafts.drop, Version(draft.pk, 1), by=BEN, now=now)
    refused("not_the_author", drafts.send_for_review, Version(draft.pk, 1), by=BEN, now=now)
    refused("reason_required", drafts.take_over, Version(draft.pk, 1), "  ", by=BEN, now=now)
    taken = drafts.take_over(Version(draft.pk, 1), "Anna 休假", by=BEN, now=now)
    assert (taken.author, taken.version, taken.source) == ("officer:ben", 2, SMALL)
    [step] = steps("draft_taken_over")
    assert (step["from"], step["reason"]) == ("officer:anna", "Anna 休假")
    drafts.save(Version(draft.pk, 2), OLDER, by=BEN, now=now)
    refused("not_the_author", drafts.save, Version(draft.pk, 3), SMALL, by=ANNA, now=now)


@pytest.mark.parametrize("role", ["clerk", "technical", "legal", "auditor", "head", ""])
def test_nobody_but_a_policy_officer_changes_one(draft, now, role):
    other = Actor(Kind.OFFICER, "anna", role=role)
    for action, given in [
        (drafts.save, [OLDER]),
        (drafts.restore, [1]),
        (drafts.take_over, ["Urlaub"]),
        (drafts.drop, []),
        (drafts.send_for_review, []),
    ]:
        refused("not_a_policy_officer", action, Version(draft.pk, 1), *given, by=other, now=now)
    refused("not_a_policy_officer", drafts.begin, SMALL, by=other, now=now)


def test_a_draft_with_faults_is_saved_and_not_proposed(draft, now):
    for number, broken in enumerate((changed("<= as_of", "<= asof"), "service: bus_pass\n: ["), 1):
        drafts.save(Version(draft.pk, number), broken, by=ANNA, now=now)
        with pytest.raises(SourceError):
            drafts.send_for_review(Version(draft.pk, number + 1), by=ANNA, now=now)
    assert Draft.objects.get().state == "open"
    assert not Proposal.objects.filter(edition=None).exists()


def test_sent_for_review_it_is_a_proposal_and_cannot_be_changed(draft, now):
    day = f"in_force_from: {now.date()}"
    later = changed("in_force_from: 2026-01-01", day)
    drafts.save(Version(draft.pk, 1), later, by=ANNA, now=now)
    refused("draft_changed", drafts.send_for_review, Version(draft.pk, 1), by=ANNA, now=now)
    assert not Proposal.objects.filter(edition=None).exists()
    proposal = drafts.send_for_review(Version(draft.pk, 2), by=ANNA, now=now)
    assert (proposal.source, proposal.proposed_by) == (later, "officer:anna")
    sent = Draft.objects.get()
    assert (sent.state, sent.proposal) == ("proposed", proposal)
    assert steps("draft_proposed")[0]["proposal"] == str(proposal.pk)
    refused("draft_closed", drafts.save, Version(draft.pk, 2), SMALL, by=ANNA, now=now)
    refused("draft_closed", drafts.take_over, Version(draft.pk, 2), "weil", by=BEN, now=now)
    with pytest.raises(TransitionNotAllowed):
        sent.mark_dropped()


def test_a_dropped_draft_keeps_its_texts(draft, now):
    drafts.drop(Version(draft.pk, 1), by=ANNA, now=now)
    assert Draft.objects.get().state == "dropped"
    assert draft.texts.get().source == SMALL
    refused("draft_closed", drafts.save, Version(draft.pk, 1), OLDER, by=ANNA, now=now)


def test_the_pack_of_another_service_is_refused(draft, now):
    other = text("move_out")
    assert refused(
        "other_service", drafts.save, Version(draft.pk, 1), other, by=ANNA, now=now
    ).field == ("/text")
    broken = "service: move_out\nname: {zh: ["
    refused("other_service", drafts.save, Version(draft.pk, 1), broken, by=ANNA, now=now)
    edition = Edition.objects.get()
    refused("other_service", drafts.begin, other, by=ANNA, now=now, base=edition)
    assert Draft.objects.get().source == SMALL


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "no_service"),
        ("service: Bus Pass\n", "no_service"),
        ("service: [bus_pass]\n", "no_service"),
        ("a: b\n  c\n: d", "no_service"),
        (SMALL + "# " + "规" * 350_000, "text_too_long"),  # 1 MB
        (SMALL + "# \u202e", "text_unsafe"),
        (SMALL + "# \x00", "text_unsafe"),
    ],
)
def test_what_is_no_draft_is_refused(given, code, now):
    refused(code, drafts.begin, given, by=ANNA, now=now)
    assert not Service.objects.exists()


def test_a_draft_of_a_service_that_has_no_edition_yet(now):
    draft = drafts.begin(SMALL, by=ANNA, now=now)
    assert draft.base is None
    refused("no_edition", drafts.open_edition, "walk", by=ANNA, now=now, today=now.date())


def test_postgresql_keeps_what_was_saved(draft, now):
    rows = Draft.objects.filter(pk=draft.pk)
    edits = [
        lambda: rows.update(source=OLDER),  # the hash is another's
        lambda: rows.update(source=OLDER, hash=sha256(OLDER)),  # no version
        lambda: rows.update(source=OLDER, hash=sha256(OLDER), version=2),  # whose text is not kept
        lambda: rows.update(author="officer:ben"),
        lambda: rows.update(state="proposed"),
        lambda: draft.texts.update(source=OLDER, hash=sha256(OLDER)),
        lambda: draft.texts.all().delete(),
        lambda: rows.update(base=None),
    ]
    for edit in edits:
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            edit()
    drafts.drop(Version(draft.pk, 1), by=ANNA, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state="open")
    assert Draft.objects.get().source == SMALL
