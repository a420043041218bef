"""Handing in as an assistant: the same action as anybody's, within the citizen's mandate."""

import datetime
import uuid
from dataclasses import replace
from typing import Any

from django.db import IntegrityError

from approvals.actions import assisted, submission
from approvals.actions.submission import NewApplication
from approvals.models import Application
from approvals.rows.assistants import ASSISTANT, BY_RIGHT
from people.actors import Actor


def submit(
    *, new: NewApplication, mandate: uuid.UUID, by: Actor, now: datetime.datetime
) -> Application:
    """Hand in an application by a mandate (``actions.submit``); ``new`` has a key.

    Raises ``ActionRejected`` as that does, and 403 not in the mandate or to be signed by the
    citizen, 404 no mandate in force, 409 all its submissions are made.
    """
    assert new.key is not None
    if made := submission.earlier(new.key, by):
        return made  # a repeated call counts once
    assisted.require(mandate, new.service, by=by, now=now)
    try:
        return submission.submit(
            new=replace(new, channel=ASSISTANT, mandate=mandate), by=by, now=now
        )
    except IntegrityError as error:
        diagnosis: Any = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") != BY_RIGHT:
            raise
        # ended, or used up, while this was being written
        assisted.require(mandate, new.service, by=by, now=now)
        raise assisted.beyond() from error
