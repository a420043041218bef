"""Who may do what with a certificate; ``ActionRejected`` says why not."""

import datetime

from django.db.models import QuerySet

from certificates.errors import not_found
from certificates.models import Certificate, Revocation
from people import roles, text
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User

REASON_LONGEST = 400


def sees(by: Actor, certificate: Certificate) -> bool:
    """An officer sees the certificates of his own office, in his region or in all (I10)."""
    if by.kind is not Kind.OFFICER or by.role != User.Role.CLERK:
        return False
    if by.office != certificate.office_id or (by.person and by.person == certificate.holder):
        return False
    return by.region in ("", certificate.region_id or "")


def require_officer(by: Actor, certificate: Certificate) -> None:
    if not sees(by, certificate):
        raise not_found()


def is_holder(by: Actor, certificate: Certificate) -> bool:
    """Whether a citizen holds it, or represents the enterprise that does and they act for now."""
    if by.kind is not Kind.CITIZEN or not by.code or by.is_agent:
        return False
    return bool(by.applicant == certificate.holder)


def require_holder_or_officer(by: Actor, certificate: Certificate) -> None:
    if not is_holder(by, certificate):
        require_officer(by, certificate)


def require_second(by: Actor, revocation: Revocation) -> None:
    """Two officers: whoever proposed cannot confirm."""
    require_officer(by, revocation.certificate)
    if by.code == revocation.proposed_by.username:
        raise ActionRejected(
            "same_officer",
            "提出人不能自己确认，须由另一名工作人员确认",
            "A second officer has to confirm; whoever proposed it cannot.",
            status=403,
        )


def require_holder(by: Actor, certificate: Certificate) -> None:
    if not is_holder(by, certificate):
        raise not_found()


def require_heard(revocation: Revocation, now: datetime.datetime) -> None:
    """Nobody revokes before the holder was heard, or their days for that are over."""
    until = revocation.heard_until
    if until is not None and now < until and revocation.stated_at is None:
        raise ActionRejected(
            "not_heard",
            "持证人陈述、申辩的期限未满，且尚未陈述，暂不能确认撤销",
            "The holder may still state their view: confirm it when they have, or their days are"
            " over.",
        )


def reason_in_line(reason: str) -> str:
    """Return the reason as one line; raises ``ActionRejected`` when it is none, or too long."""
    return " ".join(text.reason(reason, longest=REASON_LONGEST).split())


def visible(user: User) -> QuerySet[Certificate]:
    """Return the certificates that somebody at the desk may see: an auditor all, whoever
    sees the cases of an office those of it, in their region or in all (I10)."""
    found = Certificate.objects.all()
    if user.role == User.Role.AUDITOR:
        return found
    if user.role not in roles.HANDLERS or not user.office_id:
        return found.none()
    found = found.filter(office=user.office_id)
    if user.person:
        found = found.exclude(holder=user.person)  # nobody handles what they hold (回避)
    return found.filter(region=user.region_id) if user.region_id else found
