"""What a case's page says of the bundled case that it is a step of (``settings.BUNDLE_LINES``)."""

from django.utils.translation import gettext

from bundles.models import BundledCase
from people.language import in_language, listed
from services import catalogue


def lines(number: str) -> list[str]:
    """Return the bundle's name and, in order, its services; no other case's number or state."""
    case = BundledCase.objects.filter(number=number).first()
    if case is None:
        return []
    steps = case.steps.order_by("place").values_list("edition", flat=True)
    names = [in_language(catalogue.rulebook(edition).pack.name) for edition in steps]
    named = {"name": in_language(case), "number": number, "services": listed(names)}
    return [
        gettext("Part of “%(name)s” (%(number)s)") % named,
        gettext("Asked for together: %(services)s") % named,
    ]
