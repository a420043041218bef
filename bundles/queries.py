"""Reading bundled cases within each actor's sight."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet

from approvals import numbers
from approvals.errors import not_found
from approvals.models import Application
from bundles.models import BundledCase, BundleStep
from people.actors import Actor, Kind


def visible_to(by: Actor) -> QuerySet[BundledCase]:
    """Return what ``by`` may see: what they handed in themselves, or their program did."""
    match by.kind:
        case Kind.CITIZEN if by.code and not by.enterprise:  # people hand them in for themselves
            return BundledCase.objects.filter(applicant=by.code).order_by("-created_at")
        case Kind.AGENCY:
            found = BundledCase.objects.filter(client_id=by.code)
            if by.services is None:
                return found
            others = BundleStep.objects.exclude(service__in=by.services)
            return found.exclude(pk__in=others.values("case"))
        case Kind.MACHINE:
            return BundledCase.objects.all()
    return BundledCase.objects.none()


def case(number: str, by: Actor) -> BundledCase:
    """Return one bundled case that ``by`` may see; raises ``ActionRejected`` (404) otherwise."""
    if not numbers.plausible(number, numbers.BUNDLE):
        raise not_found()
    found = visible_to(by).filter(number=number).first()
    if found is None:
        raise not_found()
    return found


def steps(case: BundledCase) -> list[BundleStep]:
    """Return the steps in order, with their applications and editions: two queries."""
    rows = Application.objects.select_related("office")
    found = case.steps.select_related("edition").prefetch_related(Prefetch("application", rows))
    return list(found.defer("edition__source").order_by("place"))


def of_cases(applications: Iterable[Any]) -> dict[Any, BundleStep]:
    """Return the step that each application is, by its id, where it is one."""
    rows = BundleStep.objects.filter(application__in=list(applications)).select_related("case")
    return {row.application_id: row for row in rows}
