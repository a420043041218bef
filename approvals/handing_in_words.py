"""How an application came, in words: at a counter, or online for another."""

from django.conf import settings
from django.utils.translation import gettext

from approvals.models import Intake, Representation
from approvals.rows.intakes import Acting
from people.language import in_language


def handed_in(row: Intake) -> list[str]:
    """Return how an application, or its correction, came to a counter, and who acted."""
    counter = in_language(settings.CITY.counters.get(row.counter)) or row.counter
    text = (
        gettext("Corrected at a counter with an officer: %(counter)s, %(office)s")
        if row.is_correction
        else gettext("Taken at a counter by an officer: %(counter)s, %(office)s")
    )
    lines = [text % {"counter": counter, "office": in_language(row.office)}]
    if row.acting != Acting.SELF:
        relation = f" ({row.get_relation_display()})" if row.relation else ""
        who = f"{row.get_acting_display()}{relation}: {row.representative_name} {row.masked}"
        lines.append(gettext("Handed in for the applicant by %(who)s") % {"who": who})
        day = row.authority_on.isoformat() if row.authority_on else ""
        note = f" ({row.authority_note})" if row.authority_note else ""
        seen = f"{row.get_authority_display()}, {day}{note}"
        lines.append(gettext("The officer has seen: %(paper)s") % {"paper": seen})
    return lines


def represented(row: Representation) -> list[str]:
    """Return who handed an application in online for its applicant, and by what."""
    relation = f" ({row.get_relation_display()})" if row.relation else ""
    who = f"{row.get_acting_display()}{relation}: {row.representative_name} {row.masked}"
    if row.acting == Acting.GUARDIAN:
        by = gettext("Confirmed by the registry of kinship")
    elif row.acting == Acting.STATUTORY:
        by = gettext("Confirmed by the registry of enterprises")
    elif row.mandate is not None and row.mandate.enterprise_id:
        by = gettext("By a mandate that its representative gave from their own log-in")
    else:
        by = gettext("By a mandate that the applicant gave from their own log-in")
    return [gettext("Handed in for the applicant by %(who)s") % {"who": who}, by]
