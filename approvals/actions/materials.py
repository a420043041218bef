"""Files that come with an application, and that nobody grants what rests on unread ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import bulk
from approvals.models import Application, Attachment, Dispute
from approvals.records import attached
from approvals.rows.disputes import MOST_FILES
from ledger.identifiers import uuid7
from materials import queries
from materials.models import Material
from people.actors import Actor
from people.errors import ActionRejected
from services.materials import listed, to_read
from services.rulebook import Rulebook


def rows_of(application: Application, book: Rulebook, by: Actor) -> list[Attachment]:
    """Return the rows of the files that the answers name and the case has not yet, unsaved.

    Each was stored by ``by`` before: else ``ActionRejected`` (422). No query without files.
    """
    named = listed(book, application.answers) if book.pack.materials else {}
    if not named:
        return []
    before = Attachment.objects.filter(application=application)
    known = set(before.values_list("question", "material__sha256"))
    own = queries.own({one for files in named.values() for one in files}, by)
    rows = []
    for question, files in named.items():
        for place, sha256 in enumerate(files):
            if (question, sha256) in known:
                continue
            material = own.get(sha256)
            if material is None or material.kind not in book.pack.materials[question].kinds:
                raise _unknown(f"/answers/{question}/{place}")
            rows.append(
                bulk.new(
                    Attachment,
                    id=uuid7(),
                    application_id=application.id,
                    material_id=material.id,
                    question=question,
                    round=application.round,
                    facts=",".join(fact for fact, name in book.shown if name == question),
                )
            )
    return rows


def of_disputes(rows: Sequence[Dispute], case: Application, by: Actor) -> list[Attachment]:
    """Return the rows of the files that new disputes of a case name, unsaved.

    Each was stored by ``by`` before: else ``ActionRejected`` (422). No query without files.
    """
    stored = with_dispute([digest for row in rows for digest in row.digests], by)
    return [
        bulk.new(
            Attachment,
            id=uuid7(),
            application_id=case.id,
            material_id=stored[digest].id,
            question=row.question,
            round=case.round,
            facts="",
        )
        for row in rows
        for digest in row.digests
    ]


def with_dispute(digests: Sequence[str], by: Actor, field: str = "/files") -> dict[str, Material]:
    """Return files that are to go with disputes; raises ``ActionRejected`` (422) without one."""
    stored = queries.own(digests, by)
    if any(digest not in stored for digest in digests):
        raise _unknown(field)
    return stored


def require_few_with_dispute(count: int, field: str = "/files") -> None:
    """Raise ``ActionRejected`` (422) for more files than come with one dispute."""
    if count > MOST_FILES:
        raise many(MOST_FILES, field)


def many(most: int, field: str = "") -> ActionRejected:
    return ActionRejected(
        "material_many",
        f"最多上传 {most} 个文件，请合并后上传",
        f"There may be {most} files at most; put pages together in one.",
        status=422,
        field=field,
    )


def _unknown(field: str) -> ActionRejected:
    return ActionRejected(
        "no_such_material",
        "没有这个文件，或保存期限已过，请重新上传",
        "There is no such file, or its time is over; send it again.",
        status=422,
        field=field,
    )


def unread(application: Application, book: Rulebook) -> Sequence[str]:
    """Return the questions whose files an officer still has to read."""
    waiting = to_read(book, application.answers) if book.pack.materials else ()
    if not waiting:
        return ()
    found = attached.findings(application, book)
    return [question for question in waiting if question not in found]


def require_read(receipt: Mapping[str, Any], book: Rulebook) -> None:
    """Nobody grants what rests on files that no officer has read; PostgreSQL asks the same."""
    facts = {fact for fact, _question in book.shown}
    if any(facts & set(one.get("unknown", ())) for one in receipt["verdict"]["requirements"]):
        raise ActionRejected(
            "materials_unread",
            "申请人提交的材料尚未认定：请先阅读，并说明能否证明",
            "Files that the applicant handed in were not read yet: read them, and say what they"
            " show.",
        )
