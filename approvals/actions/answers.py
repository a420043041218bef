"""The answers of a form: held against the edition's schema, and the district that follows."""

import datetime
from typing import Any

from django.conf import settings

from people import protection
from people.errors import ActionRejected
from services import schema
from services.inputs import Inputs
from services.outputs import district_of
from services.rulebook import Rulebook


def validate(rulebook: Rulebook, answers: dict[str, Any], *, on: datetime.date) -> dict[str, Any]:
    """Return the answers as they are kept; raises ``ActionRejected`` (422) naming each fault.

    ``on``: the day of receipt, which decides whose filings' blocks of questions are asked.
    """
    try:
        return schema.validate(rulebook, answers, protect=protection.protect, on=on)
    except schema.Invalid as error:
        refused = ActionRejected(
            "invalid_answers",
            "填写内容有误，请按提示修改",
            "Some answers are not valid; see each one.",
            status=422,
        )
        refused.faults = [
            {"pointer": "/answers" + f.pointer, "zh": f.zh, "en": f.en} for f in error.faults
        ]
        raise refused from error


def region_of(rulebook: Rulebook, inputs: Inputs) -> str:
    """Return the district that a case belongs to; the city where its pack names none of ours.

    ``inputs``: what the answers say by themselves.
    """
    district = district_of(rulebook, inputs)
    return district if district and district in settings.CITY.regions else settings.CITY.code
