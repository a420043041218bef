"""Who an application is for: number and name as registered."""

import datetime
from dataclasses import dataclass

from approvals.models import Application
from people import identity, names
from people import numbers as standard
from people.errors import ActionRejected
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who the application is for: a person (GB 11643 number) or an enterprise (GB 32100)."""

    kind: str
    number: str
    name: str


def of(application: Application) -> Applicant:
    """Return who an application is for; the number in full, for who may look it up."""
    number = identity.decrypt(bytes(application.applicant_number), application.applicant)
    return Applicant(application.applicant_kind, number, application.applicant_name)


def require(applicant: Applicant, rulebook: Rulebook, on: datetime.date) -> str:
    """Return the number in its normal form; raises ``ActionRejected`` (422) for what is none.

    A person is born by ``on``; a name has letters alone. That the two belong together, the
    registry says later.
    """
    if applicant.kind != rulebook.pack.applicant:
        raise ActionRejected(
            "wrong_applicant",
            "该事项不受理此类申请人",
            f"This service is for a {rulebook.pack.applicant}.",
            status=422,
            field="/applicant/kind",
        )
    number = names.normal_number(applicant.number)  # of a person, who is born by now
    if not (
        standard.id_number_ok(number, on)
        if applicant.kind == "person"
        else standard.uscc_ok(number)
    ):
        raise ActionRejected(
            "bad_number",
            "证件号码校验不通过，请核对",
            "The number's check digit does not match; please check it.",
            status=422,
            field="/applicant/number",
        )
    if not names.is_name(names.normal(applicant.name), applicant.kind):
        raise ActionRejected(
            "bad_name",
            "请按证件填写姓名或名称：只能有文字、间隔号、空格和连字符，且不超过 100 字",
            "Give the name as registered: letters, dots, spaces and hyphens only, at most 100.",
            status=422,
            field="/applicant/name",
        )
    return number
