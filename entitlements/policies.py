"""Who may see and move an entitlement; ``ActionRejected`` says why not."""

from collections.abc import Container

from django.db.models import Exists, OuterRef, QuerySet

from entitlements.errors import not_found
from entitlements.models import Entitlement, Instalment, Overpayment, PaymentList
from entitlements.states import OVERPAYMENT_OPEN, State
from people import roles, text
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User

REASON_LONGEST = 400


def sees(by: Actor, row: Entitlement) -> bool:
    """A clerk sees those of their own office, in their region or in all, and not their own."""
    if by.kind is not Kind.OFFICER or by.role != User.Role.CLERK:
        return False
    if by.office != row.office_id or (by.person and by.person == row.holder):
        return False
    return by.region in ("", row.region_id or "")


def require_officer(by: Actor, row: Entitlement) -> None:
    if not sees(by, row):
        raise not_found()


def require_second(by: Actor, claim: Overpayment) -> None:
    """Two officers: whoever proposed cannot decide."""
    require_officer(by, claim.entitlement)
    if claim.proposed_by is not None and by.code == claim.proposed_by.username:
        raise ActionRejected(
            "same_officer",
            "提出人不能自己决定，须由另一名工作人员决定",
            "A second officer has to decide; whoever proposed it cannot.",
            status=403,
        )


def require_list(by: Actor, payments: PaymentList, allowed: Container[str]) -> None:
    """A list has the whole city's people on it: for officers of its office who are in all regions.

    ``allowed``: the roles that do what is asked. Raises ``ActionRejected``: 404 for whoever does
    not see the list, 403 for another role.
    """
    is_officer = by.kind is Kind.OFFICER and by.role in roles.HANDLERS and not by.region
    if not is_officer or not payments.instalments.filter(entitlement__office=by.office).exists():
        raise not_found()
    if by.role not in allowed:
        zh, en = "您的角色不能办理此项", "Your role does not do this."
        raise ActionRejected("role", zh, en, status=403)


def require_holder(by: Actor, row: Entitlement) -> None:
    if by.kind is not Kind.CITIZEN or not by.code or by.code != row.holder:
        raise not_found()


def reason_in_line(reason: str) -> str:
    """Return the reason as one line; raises ``ActionRejected`` when it is none, or too long."""
    return " ".join(text.reason(reason, longest=REASON_LONGEST).split())


def visible(user: User) -> QuerySet[Entitlement]:
    """Return what somebody at the desk may see: an auditor all, whoever sees the cases of an
    office those of it, in their region or in all."""
    found = Entitlement.objects.all()
    if user.role == User.Role.AUDITOR:
        return found
    if user.role not in roles.HANDLERS or not user.office_id:
        return found.none()
    found = found.filter(office=user.office_id)
    if user.person:
        found = found.exclude(holder=user.person)  # nobody handles what they hold (回避)
    return found.filter(region=user.region_id) if user.region_id else found


def waiting(user: User) -> int:
    """Return how many that somebody at the desk sees wait for an officer: held, or overpaid and
    not decided."""
    seen = visible(user).order_by()
    open_ = Overpayment.objects.filter(state__in=OVERPAYMENT_OPEN, entitlement__in=seen)
    return seen.filter(state=State.HELD).count() + open_.count()


def visible_lists(user: User) -> QuerySet[PaymentList]:
    """Return the payment lists that somebody at the desk may see: an auditor all, whoever sees the
    cases of an office in all regions those with payments of it."""
    found = PaymentList.objects.all()
    if user.role == User.Role.AUDITOR:
        return found
    if user.role not in roles.HANDLERS or not user.office_id or user.region_id:
        return found.none()
    mine = Instalment.objects.filter(payment=OuterRef("pk"), entitlement__office=user.office_id)
    return found.filter(Exists(mine))
