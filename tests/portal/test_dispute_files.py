"""Files that come with “This is wrong”: kept with the form, bound to the dispute, read by few."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from affairs import drafts
from approvals.models import Application, Attachment, Decision, Dispute
from approvals.progress import waiting
from exchange.models import Lookup, Notice
from ledger.clock import now
from ledger.models import Event
from materials import storage
from materials.actions import Upload, keep
from materials.content import Kind
from materials.models import Material
from people.models import Reading
from services import catalogue
from tests.affairs.people import of
from tests.affairs.test_drafts import PATH, filled, form
from tests.approvals.cases import answer_checks, audited, decide
from tests.approvals.program import Program, assert_problem
from tests.counter.desk import enter, hidden
from tests.materials.files import BAD, GOOD, in_process, picture
from tests.portal.test_disputes import SAID, WRONG, local

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    in_process(monkeypatch)
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: False)


def chosen(data: bytes, called: str = "户口簿.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(called, data)


def send(client: Client, address: str, *files: SimpleUploadedFile, **more: str) -> Any:
    """Post the page as a browser does: what it has already, and the files that were chosen."""
    there = hidden(client.get(address).content.decode())
    there["files"] = [*there.get("files", []), *files]
    return client.post(address, {**there, **SAID, **more})


def digests(response: Any) -> list[str]:
    return re.findall(r'name="files" value="([0-9a-f]{64})"', response.content.decode())


def on_case() -> tuple[Application, Client, str]:
    case, client = local(), enter("already_local")
    return case, client, f"/cases/{case.number}/wrong/hukou_city/"


def test_a_file_goes_with_the_form_to_the_officer_and_into_the_receipt() -> None:
    client = enter("graduate")
    page = send(client, WRONG, chosen(GOOD["a PDF"]), upload="1")
    assert (page.status_code, len(digests(page))) == (200, 1) and "户口簿.pdf" in str(page.text)
    assert SAID["reason"] in page.text and not drafts.claims(*kept_of("graduate"))
    sent = {**hidden(page.text), **SAID}
    assert client.post(WRONG, sent).status_code == 302
    elsewhere = enter("graduate")  # on another device
    assert digests(elsewhere.get(WRONG)) == digests(page)
    assert "户口簿.pdf" in elsewhere.get(PATH).content.decode()
    check = client.post(PATH, {**form(client), **filled(), "step": "check"}).content.decode()
    assert "户口簿.pdf" in check
    made = client.post(PATH, {**hidden(check), **filled(), "step": "submit", "/consent": "true"})
    assert made.status_code == 302, made.content.decode()[:2000]
    case, row = Application.objects.get(), Dispute.objects.get()
    (digest,) = digests(page)
    assert (row.digests, Attachment.objects.get().question) == ([digest], "dispute:1")
    assert Material.objects.get().kept_until is None  # for ever
    answer_checks(case)
    decide(case)
    receipt = json.loads(bytes(Decision.objects.get().receipt))
    assert receipt["disputes"][0]["files"] == [digest] and "materials" not in receipt
    own = client.get(f"/cases/{case.number}/").content.decode()
    assert "户口簿.pdf" in own and f"/materials/{Material.objects.get().pk}/" in own
    assert audited() == []


def kept_of(username: str) -> tuple[str, Any, Any]:
    return "graduate_settlement", of(username), now()


def test_on_a_case_it_is_read_by_officer_and_keeper_who_leave_traces_and_by_nobody_else() -> None:
    case, client, address = on_case()
    assert send(client, address, chosen(GOOD["a PDF"]), chosen(GOOD["a scan"], "页.png")).url
    row = Dispute.objects.get()
    first, second = row.digests
    told = json.loads(Notice.objects.get(kind="dispute.opened").body)["data"]
    assert told["files"] == [first, second]
    spoken = Event.objects.get(kind="dispute_opened")
    assert spoken.subject == f"application:{case.number}"
    # the officer: first of all, as pictures
    clerk = enter("clerk-hrss")
    desk = f"/desk/approvals/application/{case.pk}"
    paper = Material.objects.get(sha256=first)
    assert not Reading.objects.filter(subject=case.number, by="officer:clerk-hrss").exists()
    assert clerk.get(f"{desk}/materials/{paper.pk}/").content == GOOD["a PDF"]
    assert Reading.objects.filter(subject=case.number, by="officer:clerk-hrss").exists()
    page = clerk.get(f"{desk}/change/").content.decode()
    assert page.index("申请人的异议") < page.index(f"{paper.pk}/1.jpg") and "户口簿.pdf" in page
    # the keeper of the record
    asked = f"/api/v1/disputes/{row.pk}"
    police = Program("police")
    assert police.get(asked).json["files"] == [first, second]
    reply = police.get(f"{asked}/files/{first}")
    assert (reply.status, reply.raw) == (200, GOOD["a PDF"])
    assert police.get(f"{asked}/files/{first}", Accept="application/octet-stream").status == 200
    assert Lookup.objects.filter(case=case.number, by="agency:police").count() == 3
    for address in (f"{asked}/files/{'0' * 64}", f"{asked}/files/x"):
        assert_problem(police.get(address), 404, "not_found")
    for other in (Program("education"), Program("window")):
        assert_problem(other.get(f"{asked}/files/{first}"), 404, "not_found")
    assert_problem(Program("").get(f"{asked}/files/{first}"), 401)
    # whose it is, and nobody else
    assert client.get(f"/materials/{paper.pk}/").status_code == 200
    assert enter("graduate").get(f"/materials/{paper.pk}/file/").status_code == 404
    assert audited() == []
    client.post(f"/cases/{case.number}/disputes/1/")  # taken back: what was read stays on record
    assert_problem(police.get(f"{asked}/files/{first}"), 404, "not_found")
    assert clerk.get(f"{desk}/materials/{paper.pk}/").status_code == 200
    assert audited() == []


@pytest.mark.parametrize("name", ["a PDF with a script", "a GIF"])
def test_a_refused_file_is_named_and_nothing_is_stored_or_lost(name: str) -> None:
    _case, client, address = on_case()
    for where in (address, "/services/graduate_settlement/wrong/school/"):
        page = send(client, where, chosen(BAD[name][0], "坏.pdf"))
        assert page.status_code == 422 and "坏.pdf" in page.text and SAID["reason"] in page.text
        assert 'id="files-error"' in page.text and digests(page) == []
    assert not Material.objects.exists() and not Dispute.objects.exists()
    assert not drafts.claims(*kept_of("already_local"))


def test_a_fourth_file_is_refused_and_three_stay() -> None:
    _case, client, address = on_case()
    page = send(client, address, *(chosen(picture(), f"{n}.jpg") for n in range(4)), upload="1")
    assert page.status_code == 422 and "最多上传 3 个" in page.text and len(digests(page)) == 3
    four = {"files": [*digests(page), "0" * 64], "version": hidden(page.text)["version"]}
    assert client.post(address, {**four, **SAID}).status_code == 422
    assert not Dispute.objects.exists()


def test_another_persons_file_is_not_there() -> None:
    theirs = keep(upload=Upload(GOOD["a scan"], "", tuple(Kind)), by=of("graduate"), now=now())
    _case, client, address = on_case()
    sent = hidden(client.get(address).content.decode())
    answer = client.post(address, {**sent, **SAID, "files": theirs.sha256})
    assert answer.status_code == 422 and "没有这个文件" in answer.text
    assert digests(answer) == []
    assert client.post(WRONG, {**SAID, "files": theirs.sha256}).status_code in (422, 404)
    client.post(address, {**sent, **SAID, "remove": theirs.sha256})
    assert Material.objects.get() == theirs
    assert not Dispute.objects.exists() and not drafts.claims(*kept_of("already_local"))


def test_what_is_taken_out_goes_unless_something_else_names_it() -> None:
    """One's files are one by what is in them: a form, another draft and a dispute may name one."""
    by, client = of("graduate"), enter("graduate")
    send(client, WRONG, chosen(GOOD["a PDF"]))
    (digest,) = Material.objects.values_list("sha256", flat=True)
    book = catalogue.numbered("sole_trader", 1)
    assert book is not None
    drafts.save(book=book, answers={"owners_consent": [digest]}, by=by, now=now())
    removed = send(client, WRONG, remove=digest)
    assert removed.status_code == 200 and digests(removed) == []
    client.post(WRONG, {"drop": "1"})
    assert not drafts.claims(*kept_of("graduate"))
    assert Material.objects.filter(sha256=digest).exists()  # the other draft has it
    send(client, WRONG, chosen(GOOD["a PDF"]))
    assert drafts.delete(service="sole_trader", by=by)
    assert Material.objects.filter(sha256=digest).exists()  # the dispute has it
    client.post(WRONG, {"drop": "1"})
    assert not Material.objects.exists()


def test_with_the_draft_the_files_of_its_disputes_go() -> None:
    send(enter("graduate"), WRONG, chosen(GOOD["a PDF"]))
    assert Material.objects.exists()
    assert drafts.delete(service="graduate_settlement", by=of("graduate"))
    assert not Material.objects.exists()


def test_a_file_that_is_gone_is_found_and_no_other_is_attached() -> None:
    case, client, address = on_case()
    send(client, address, chosen(GOOD["a PDF"]))
    paper, row = Material.objects.get(), Dispute.objects.get()
    place = storage.path(paper.stored)
    whole = place.read_bytes()
    place.unlink()
    assert any("the file is gone" in line for line in audited())
    place.write_bytes(whole)
    assert audited() == []
    other = keep(upload=Upload(picture(), "", tuple(Kind)), by=of("already_local"), now=now())
    for material, question in ((other, row.question), (paper, "dispute:2")):
        with pytest.raises(IntegrityError, match="attachment"), transaction.atomic():
            Attachment.objects.create(
                application=case, material=material, question=question, round=case.round, facts=""
            )
    for statement in (
        "UPDATE approvals_dispute SET files = ''",
        "DELETE FROM approvals_attachment",
        "DELETE FROM materials_material WHERE kept_until IS NULL",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
