"""Files that come with an application: bound to it, and read before anything is granted."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction

from approvals import actions, queries
from approvals.models import Application, Attachment, MaterialFinding
from approvals.records import attached, replay
from ledger.clock import now
from ledger.models import Event
from materials import content, storage
from materials.actions import Upload, delete_orphans, expire, keep, name_of
from materials.models import Material
from people.actors import Actor, Kind, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    person,
    places,
    settled,
    trader_answers,
)
from tests.approvals.cases import submit as hand_in
from tests.materials.files import BAD, GOOD, in_process, picture
from tests.plugins.environment import with_database

QUESTION = "owners_consent"
KINDS = ("pdf", "jpeg", "png", "ofd")


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> None:
    in_process(monkeypatch)


def me(kind: str = "trader") -> Actor:
    return citizen(person(kind))


def kept(
    data: bytes, name: str = "同意书.pdf", by: Actor | None = None, at: Any = None
) -> Material:
    return keep(upload=Upload(data, name, KINDS), by=by or me(), now=at or now())


def home() -> str:
    return next(places("residential")).code


def dwelling(*files: Material, **more: Any) -> dict[str, Any]:
    answers = trader_answers(premises=home(), **more)
    return {**answers, QUESTION: [file.sha256 for file in files]} if files else answers


def in_review(*files: Material) -> Application:
    made = settled("trader", "sole_trader", answers=dwelling(*files))
    assert made.state == "review", made.handover
    return made


@pytest.fixture
def clerk(furnished: None) -> Actor:
    return officer(User.objects.get(username="clerk-market"))


def taken(case: Application, clerk: Actor) -> Application:
    return actions.take(number=case.number, by=clerk, now=now())


def found(case: Application, clerk: Actor, shows: str) -> None:
    actions.find_in_materials(
        number=case.number,
        question=QUESTION,
        shows=shows,
        reason="三户业主均已签字",
        by=clerk,
        now=now(),
    )


def receipt_of(case: Application) -> dict[str, Any]:
    decision = queries.latest_decision(case)
    assert decision is not None and replay.fault(decision) == ""
    found: dict[str, Any] = orjson.loads(bytes(decision.receipt))
    return found


def result_of(receipt: dict[str, Any]) -> str:
    lines = {line["id"]: line["result"] for line in receipt["verdict"]["requirements"]}
    return str(lines["premises_use"])


def test_a_file_makes_no_automatic_approval_and_its_hash_is_in_the_receipt(furnished: None) -> None:
    file = kept(GOOD["a PDF"])
    case = in_review(file)
    receipt = receipt_of(case)
    assert result_of(receipt) == "unknown"
    assert receipt["materials"] == [
        {
            "question": QUESTION,
            "sha256": file.sha256,
            "kind": "pdf",
            "bytes": str(len(GOOD["a PDF"])),
            "pages": "2",
        }
    ]
    assert audited() == []


def test_without_files_a_receipt_says_nothing_of_them(furnished: None) -> None:
    case = settled("trader", "sole_trader", answers=trader_answers())
    assert case.state == "approved" and "materials" not in receipt_of(case)
    assert not Attachment.objects.exists()


def test_a_file_that_nothing_needs_is_in_nobodys_way(furnished: None) -> None:
    """Of premises that may be traded from, it is kept and decides nothing."""
    file = kept(GOOD["a scan"])
    answers = {**trader_answers(), QUESTION: [file.sha256]}
    case = settled("trader", "sole_trader", answers=answers)
    assert case.state == "approved"
    assert [m["sha256"] for m in receipt_of(case)["materials"]] == [file.sha256]
    assert audited() == []


def test_nothing_is_granted_on_what_nobody_has_read(clerk: Actor) -> None:
    case = taken(in_review(kept(GOOD["a PDF"])), clerk)
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="材料齐全", by=clerk, now=now())
    assert caught.value.code == "materials_unread"
    found(case, clerk, "yes")
    actions.approve(number=case.number, reason="三户业主均已同意", by=clerk, now=now())
    case = Application.objects.get(pk=case.pk)
    assert case.state == "approved" and result_of(receipt_of(case)) == "met"
    read = Event.objects.get(subject=case.subject, kind="material_read")
    assert read.by == str(clerk) and orjson.loads(read.data)["shows"] is True
    assert audited() == []


def test_what_shows_nothing_is_unmet(clerk: Actor) -> None:
    case = taken(in_review(kept(GOOD["a photograph"])), clerk)
    found(case, clerk, "no")
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="仍予批准", by=clerk, now=now())
    assert caught.value.code == "second_officer_required"
    found(case, clerk, "yes")  # a colleague has pointed out the signatures overleaf
    actions.approve(number=case.number, reason="三户业主均已同意", by=clerk, now=now())
    assert Application.objects.get(pk=case.pk).state == "approved"


def test_other_files_are_read_anew(clerk: Actor) -> None:
    first, second = kept(GOOD["a PDF"]), kept(GOOD["a scan"])
    case = taken(in_review(first), clerk)
    found(case, clerk, "no")
    actions.return_(
        number=case.number, reason="请补签字页", by=clerk, now=now(), opened=[f"/{QUESTION}"]
    )
    answers = dwelling(second)
    with pytest.raises(ActionRejected) as caught:
        actions.resubmit(
            number=case.number, answers={**answers, "employees": 9}, by=me(), now=now()
        )
    assert caught.value.code == "field_not_opened"
    again = actions.resubmit(number=case.number, answers=answers, by=me(), now=now())
    answer_checks(again)
    (again,) = decide(again)
    assert again.state == "review" and result_of(receipt_of(again)) == "unknown"
    assert [m["sha256"] for m in receipt_of(again)["materials"]] == [second.sha256]
    assert Attachment.objects.filter(application=case).count() == 2
    assert audited() == []


@pytest.mark.parametrize("whose", ["nobody's", "another person's", "of a kind not taken"])
def test_an_application_names_only_what_its_sender_has_stored(whose: str, furnished: None) -> None:
    file = kept(GOOD["a PDF"], by=me("graduate"))
    digest = "0" * 64 if whose == "nobody's" else file.sha256
    if whose == "of a kind not taken":
        mine = kept(GOOD["a PDF"])
        Material.objects.filter(pk=mine.pk).delete()
        digest = "f" * 64
    with pytest.raises(ActionRejected) as caught:
        hand_in("trader", "sole_trader", answers={**dwelling(), QUESTION: [digest]})
    assert (caught.value.status, caught.value.code) == (422, "no_such_material")
    assert caught.value.field == f"/answers/{QUESTION}/0"
    assert not Application.objects.exists() and not Attachment.objects.exists()


@pytest.mark.parametrize(
    "name", ["a PDF with a script", "a flood of pixels", "an archive in an OFD"]
)
def test_of_a_refused_file_nothing_is_left(name: str, furnished: None) -> None:
    before = set(stored())
    with pytest.raises(ActionRejected) as caught:
        kept(BAD[name][0])
    assert caught.value.status == 422 and caught.value.code == f"material_{BAD[name][1]}"
    assert set(stored()) == before and not Material.objects.exists()


def stored() -> list[Path]:
    return [path for path in Path(settings.MATERIALS_DIR).rglob("*") if path.is_file()]


def test_a_file_lies_encrypted_named_by_its_hash_for_our_eyes_alone(furnished: None) -> None:
    data = GOOD["a PDF"]
    file = kept(data, "C:\\文件\\同意书.pdf")
    place = storage.path(file.stored)
    assert data not in place.read_bytes() and b"PDF" not in place.read_bytes()
    assert place.stat().st_mode & 0o077 == 0
    assert storage.read(file.stored, file.sha256) == data
    assert name_of(file) == "同意书.pdf" and "同意书".encode() not in bytes(file.name)
    assert kept(data).pk == file.pk  # the same file twice is one
    number = person("trader").number
    assert name_of(kept(GOOD["a scan"], f"{number}.png")) == ""  # an ID number is no name


def test_what_no_case_has_goes_when_its_time_is_over(
    furnished: None, django_capture_on_commit_callbacks: Any
) -> None:
    at = now()
    loose, tied = kept(GOOD["a PDF"]), kept(GOOD["a scan"])
    hand_in("trader", "sole_trader", answers=dwelling(tied))
    later = at + dt.timedelta(days=settings.CITY.drafts.days, minutes=1)
    assert expire(at) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert expire(later) == 1
    assert not storage.path(loose.stored).exists() and storage.path(tied.stored).exists()
    assert list(Material.objects.values_list("pk", flat=True)) == [tied.pk]
    left = storage.write(b"an upload that broke off")
    unfinished = storage.path(left).with_name(".unfinished")
    unfinished.write_bytes(b"")
    every = range(storage.FOLDERS)
    for folder in every:
        delete_orphans(at, folder)
    assert storage.path(left).exists() and unfinished.exists()
    for folder in every:
        delete_orphans(at + dt.timedelta(days=2), folder)
    assert not storage.path(left).exists() and not unfinished.exists()
    assert storage.path(tied.stored).exists()


def test_no_connection_is_held_while_a_file_is_looked_at(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []
    monkeypatch.setattr("materials.actions.give_back", lambda: steps.append("given back"))

    def inspected(data: bytes) -> content.Content:
        steps.append("looked at")
        return content.Content(content.Kind.PDF, 1)

    monkeypatch.setattr("materials.actions.isolation.inspected", inspected)
    kept(GOOD["a PDF"])
    assert steps == ["given back", "looked at"]


def test_a_file_that_is_gone_or_was_changed_is_found(furnished: None) -> None:
    file = kept(GOOD["a PDF"])
    in_review(file)
    place = storage.path(file.stored)
    whole = place.read_bytes()
    place.write_bytes(whole[:-1] + b"!")
    assert any("the file was changed" in line for line in audited())
    with pytest.raises(storage.FileUnreadable):
        storage.read(file.stored, file.sha256)
    place.unlink()
    assert any("the file is gone" in line for line in audited())
    place.write_bytes(whole)
    assert audited() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE materials_material SET kept_until = now() WHERE id = %s",
        "UPDATE materials_material SET sha256 = stored WHERE id = %s",
        "DELETE FROM materials_material WHERE id = %s",
        "DELETE FROM approvals_attachment WHERE material_id = %s",
        "UPDATE approvals_attachment SET facts = '' WHERE material_id = %s",
    ],
)
def test_postgresql_keeps_the_files_of_a_case(statement: str, furnished: None) -> None:
    file = kept(GOOD["a PDF"])
    hand_in("trader", "sole_trader", answers=dwelling(file))
    refused = pytest.raises(DatabaseError, match=r"a file is not changed|denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [file.pk])


def test_postgresql_attaches_nobody_elses_file(furnished: None) -> None:
    theirs = kept(GOOD["a scan"], by=me("graduate"))
    case = hand_in("trader", "sole_trader", answers=dwelling(kept(GOOD["a PDF"])))
    with pytest.raises(IntegrityError, match="attachment"), transaction.atomic():
        Attachment.objects.create(
            application=case, material=theirs, question=QUESTION, round=1, facts=""
        )


def test_only_who_has_the_case_says_what_files_show(clerk: Actor) -> None:
    case = in_review(kept(GOOD["a PDF"]))
    with pytest.raises(ActionRejected) as caught:
        found(case, clerk, "yes")
    assert caught.value.code == "not_taken"
    with pytest.raises(IntegrityError, match="finding"), transaction.atomic():
        MaterialFinding.objects.create(
            application=case,
            question=QUESTION,
            files=attached.digest([]),
            shows=True,
            reason="x",
            by=User.objects.get(username=clerk.code),
            at=now(),
        )


def test_one_citizen_does_not_fill_the_disk(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("materials.actions.MOST_FILES", 2)
    kept(picture()), kept(picture())
    with pytest.raises(ActionRejected) as caught:
        kept(picture())
    assert caught.value.code == "material_room"
    kept(picture(), by=Actor(Kind.AGENCY, "hall"))  # which hands in for many


@pytest.fixture
def insider(at_furnished: str) -> Iterator[psycopg.Connection[Any]]:
    """A superuser, whom no trigger stops."""
    url = os.environ.get("DATABASE_ADMIN_URL")
    if not url:
        pytest.skip("no superuser on this server")
    with psycopg.connect(with_database(url, at_furnished), autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        yield session


def test_an_insider_who_parts_a_file_from_its_dispute_is_found(
    furnished_committed: None, insider: psycopg.Connection[Any]
) -> None:
    owner = citizen(person("already_local"))
    file = kept(GOOD["a PDF"], by=owner)
    claim = actions.Claim("hukou_city", "4401", "仍在广州", (file.sha256,))
    actions.open_dispute(number=settled("already_local").number, claim=claim, by=owner, now=now())
    assert audited() == []
    insider.execute("DELETE FROM approvals_attachment")
    assert any("files of a dispute are named and not there" in line for line in audited())
    insider.execute("UPDATE approvals_dispute SET files = ''")
    assert any("its disputes are not those of its history" in line for line in audited())
