"""What the registries answered in this round, about whom."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

import orjson
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals import listed_people, words
from approvals.actions import questions
from approvals.admin.casefile.values import Pair, label, of_registry
from approvals.models import Application, Evidence
from approvals.records import proofs
from services import divisions
from services.rulebook import Rulebook

# of records.proofs
STRENGTHS = {
    proofs.SIGNED: _("signed by the agency: can be proved to it and to others"),
    proofs.AUTHENTICATED: _("authenticated by a shared secret: proves nothing to others"),
    proofs.STORE: _("read from the city's own store"),
}


@dataclass(slots=True)
class Source:
    """One registry's answer in this round: outcome in words, facts, version, when it was read."""

    name: str
    outcome: str  # found, absent, failed
    word: str
    reason: str
    version: str
    read_at: datetime.datetime
    facts: list[Pair]
    strength: str = ""  # whom it proves what the registry said, in words
    whom: str = ""  # another person than the applicant
    is_reused: bool = False  # a former answer, as the registry did not answer


def source(row: Evidence, book: Rulebook, lang: str, whom: str) -> Source:
    """Return one row of evidence in words."""
    data = orjson.loads(row.facts)
    known = [
        f
        for f in book.facts.values()
        if f.source in book.pack.registries
        and book.pack.registries[f.source].registry == row.registry
    ]
    labels = {f.field: getattr(f, lang) for f in known}
    named = {f.field for f in known if f.is_division}
    outcomes = {
        "found": gettext("answered"),
        "absent": gettext("answered: no record"),
        "failed": gettext("did not answer"),
    }
    return Source(
        name=words.registry(book, row.registry),
        whom=whom,
        outcome=row.outcome,
        word=outcomes[row.outcome],
        reason=str(words.failure(row.reason)),
        is_reused=row.origin is not None and row.reason != "" and not proofs.is_failed(row),
        version=row.version,
        strength=str(STRENGTHS.get(proofs.of_receipt(row).get("strength", ""), "")),
        read_at=row.read_at,
        facts=[
            Pair(
                labels.get(k) or label(row.registry, k),
                divisions.name(v, language=lang)
                if k in named and isinstance(v, str)
                else of_registry(row.registry, k, v),
            )
            for k, v in sorted(data.items())
        ],
    )


def people(rows: Iterable[Evidence], case: Application, book: Rulebook) -> listed_people.People:
    """Return the persons of a case: whom the answers list, and whom these registries have named."""
    read = {(row.registry, row.subject): (row.outcome, orjson.loads(row.facts)) for row in rows}
    return listed_people.people(case, book, questions.who_is_named(case, book, read))


def evidence(case: Application) -> list[Evidence]:
    """Return the evidence of this round."""
    return list(
        Evidence.objects.filter(application=case, round=case.round).order_by("registry", "subject")
    )
