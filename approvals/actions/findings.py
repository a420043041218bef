"""What an officer finds in the files that an applicant handed in (材料认定)."""

import datetime
from typing import TypedDict, Unpack

from django.db import transaction

import bulk
from approvals.actions import officer, steps
from approvals.models import Application, MaterialFinding
from approvals.records import attached
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from services.materials import listed, to_read


class Found(TypedDict):
    """Of which question, ``yes`` or ``no`` as its form sends it, and why."""

    question: str
    shows: str
    reason: str


def find_in_materials(
    *,
    number: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
    **found: Unpack[Found],
) -> Application:
    """Say, having read them, whether the files of a question show what is asked (材料认定).

    What rests on them is known from then on, until other files come.
    """
    question, shows = found["question"], found["shows"]
    with transaction.atomic():
        application = officer.lock_taken(number, by, version, "approve")
        book = catalogue.rulebook(application.edition_id)
        if question not in to_read(book, application.answers) or shows not in ("yes", "no"):
            raise ActionRejected(
                "nothing_to_read",
                "该办件没有需要认定的这项材料",
                "The case has no such files to be read.",
                field="/question",
            )
        reason = steps.require_reason(found["reason"])
        files = attached.digest(listed(book, application.answers)[question])
        finding = MaterialFinding(
            application=application,
            question=question,
            files=files,
            shows=shows == "yes",
            reason=reason,
            by=User.objects.get(username=by.code),
            at=now,
        )
        bulk.insert(MaterialFinding, [finding])
        data = {
            "question": question,
            "files": files,
            "shows": finding.shows,
            "reason": reason,
            "finding": str(finding.id),
        }
        event = steps.event_in_place(application, "material_read", by=by, now=now, data=data)
        steps.write([application], [application.state], [event])
    return application
