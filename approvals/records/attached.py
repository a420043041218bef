"""Which files a case has, what its receipt says of them, and what officers found in them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from approvals.models import Application, Attachment, Dispute, MaterialFinding
from approvals.rows.disputes import QUESTION
from services.materials import listed
from services.rulebook import Rulebook

Findings = Mapping[str, bool]  # question: whether its files show what is asked


def digest(files: Sequence[str]) -> str:
    """Return the SHA-256, in hex, of the files of a question in their order."""
    return hashlib.sha256("\n".join(files).encode()).hexdigest()


def of_case(application: Application, book: Rulebook) -> list[Attachment]:
    """Return the files that the answers of a case name now, in the order of the form."""
    return of_cases([(application, book)])[application.id]


def of_cases(cases: Iterable[tuple[Application, Rulebook]]) -> Mapping[UUID, list[Attachment]]:
    """Return the same of several cases, in one query; none where no answer names a file."""
    named = {
        application.id: [
            (question, sha256)
            for question, files in listed(book, application.answers).items()
            for sha256 in files
        ]
        for application, book in cases
        if book.pack.materials
    }
    wanted = [pk for pk, files in named.items() if files]
    found: dict[UUID, list[Attachment]] = defaultdict(list)
    if not wanted:
        return found
    rows = Attachment.objects.select_related("material").filter(application__in=wanted)
    by_name = {(row.application_id, row.question, row.material.sha256): row for row in rows}
    for pk in wanted:
        found[pk] = [by_name[pk, *one] for one in named[pk] if (pk, *one) in by_name]
    return found


def of_disputes(rows: Iterable[Dispute]) -> Mapping[UUID, list[Attachment]]:
    """Return the files that came with disputes, by dispute; no query where none came with any."""
    wanted = [row for row in rows if row.files]
    if not wanted:
        return {}
    found = Attachment.objects.select_related("material").filter(
        application__in={row.application_id for row in wanted}, question__startswith=QUESTION
    )
    by_name = {(one.application_id, one.question, one.material.sha256): one for one in found}
    there = {}
    for row in wanted:
        keys = [(row.application_id, row.question, digest) for digest in row.digests]
        there[row.pk] = [by_name[key] for key in keys if key in by_name]
    return there


def findings(application: Application, book: Rulebook) -> dict[str, MaterialFinding]:
    """Return the newest finding of the files that a case has now, by question."""
    files = listed(book, application.answers)
    if not files:
        return {}
    digests = {question: digest(named) for question, named in files.items()}
    rows = MaterialFinding.objects.select_related("by").filter(application=application)
    found = {}
    for row in rows.order_by("at", "id"):
        if digests.get(row.question) == row.files:
            found[row.question] = row
    return found


def payload(rows: Sequence[Attachment]) -> list[dict[str, str]]:
    """Return what a receipt says of the files of a case; all text."""
    return [
        {
            "question": row.question,
            "sha256": row.material.sha256,
            "kind": row.material.kind,
            "bytes": str(row.material.size),
            "pages": str(row.material.pages),
        }
        for row in rows
    ]


def fault(application: Application, book: Rulebook, rows: Sequence[Attachment]) -> str:
    """Say for the audit what the answers name and no row has; nothing where all is there."""
    there = {(row.question, row.material.sha256) for row in rows}
    for question, files in listed(book, application.answers).items():
        if any((question, one) not in there for one in files):
            return f"files of {question} are named and not there"
    return ""


def as_read(answers: Mapping[str, Any], found: Findings) -> Mapping[str, Any]:
    """Return the answers with what an officer has found in place of the files of a question."""
    return {**answers, **found} if found else answers
