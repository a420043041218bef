"""By which edition an entitlement is judged, what is asked for it, and what the answers make."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from entitlements.models import Entitlement, Instalment
from exchange.queries import Answer, Query
from exchange.registries import is_remote
from ledger import canonical
from people import identity
from services import catalogue
from services.entitlement import Standing, reads, standing
from services.inputs import Inputs, gather_inputs, read_inputs
from services.models import Edition
from services.pack.entitlement import EntitlementRun
from services.pack.model import Registry
from services.rulebook import Rulebook

EDITION = "edition"  # the reason where no edition in force says anything of the entitlement


def book_on(service: str, day: datetime.date) -> Rulebook | None:
    """Return the edition in force on a day, of a service that was retired too; None: there is none.

    A running entitlement follows the law of each period, not that of the day on which it was
    granted: a later edition with another amount needs no application.
    """
    row = (
        Edition.objects.defer("source")
        .filter(service=service, in_force_from__lte=day)
        .order_by("-in_force_from", "-number")
        .first()
    )
    return catalogue.rulebook(row) if row else None


def run_of(book: Rulebook | None, kind: str) -> EntitlementRun | None:
    """Return what an edition says of a kind of entitlement, compiled; None: nothing."""
    runs = book.program.entitlements if book else ()
    return next((run for run in runs if run.spec.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a review reads: entries of registries, and answers."""

    registries: tuple[Registry, ...]
    answers: tuple[str, ...]


@lru_cache(maxsize=256)
def needs(book: Rulebook, run: EntitlementRun) -> Needs:
    """Return the registries and answers on which an entitlement rests, and no others."""
    facts = [book.facts[name] for name in reads(book, run) if name in book.facts]
    registries = book.pack.registries
    entries = [registries[s] for s in sorted({f.source for f in facts}) if s in registries]
    answers = {f.field for f in facts if f.source == "answers"}
    answers |= {entry.subject for entry in entries if entry.subject}
    return Needs(tuple(entries), tuple(sorted(answers)))


def answers_kept(book: Rulebook, run: EntitlementRun, answers: Mapping[str, Any]) -> str:
    """Return, as canonical JSON, the answers of a case that later reviews need."""
    kept = {name: answers[name] for name in needs(book, run).answers if name in answers}
    return canonical.dumps(kept).decode()


def queries(row: Entitlement, book: Rulebook, run: EntitlementRun) -> list[Query]:
    """Return what is asked for a review, in the order of ``needs``."""
    names = set(reads(book, run))
    known = canonical.loads(row.answers)
    return [_query(row, entry, book, names, known) for entry in needs(book, run).registries]


def _query(
    row: Entitlement,
    entry: Registry,
    book: Rulebook,
    names: set[str],
    answers: Mapping[str, Any],
) -> Query:
    about = str(answers.get(entry.subject, "")) if entry.subject else ""
    remote = is_remote(entry.registry)
    number = about or (identity.decrypt(row.holder_number, row.holder) if remote else "")
    fields = {f.field for n, f in book.facts.items() if n in names and f.source == entry.name}
    return Query(
        case=row.application,
        registry=entry.registry,
        subject=identity.index(about) if about else row.holder,
        number=number,
        fields=tuple(sorted(fields)),
        purpose=entry.purpose["zh"],
        basis=entry.basis,
    )


def inputs_of(
    row: Entitlement, book: Rulebook, answers: Mapping[str, Answer], on: datetime.date
) -> Inputs:
    """Return what is known of an entitlement on a day; ``answers`` by entry of the registries."""
    evidence = {name: (answer.outcome, answer.data) for name, answer in answers.items()}
    return gather_inputs(book, canonical.loads(row.answers), evidence, {}, on)


def judged(
    row: Entitlement,
    run: EntitlementRun | None,
    inputs: Inputs | None,
    known_on: datetime.date | None = None,
) -> Standing:
    """Return what an entitlement is by its conditions and the doubts that were looked into."""
    if run is None or inputs is None:
        return Standing("held", (EDITION,), None, None)
    cleared = frozenset(canonical.loads(row.cleared))
    return standing(run, inputs, row.confirmed_on, cleared, known_on)


def basis(row: Entitlement, inputs: Inputs | None) -> str:
    """Return what a judgement rested on, as canonical JSON; ``again`` reads it."""
    if inputs is None:
        return ""
    kept = {
        "inputs": inputs.to_json(),
        "confirmed_on": row.confirmed_on.isoformat(),
        "cleared": canonical.loads(row.cleared),
    }
    return canonical.dumps(kept).decode()


def again(text: str, book: Rulebook, kind: str, *, are_doubts_cleared: bool = False) -> Standing:
    """Judge from a stored basis and its edition alone: no registry, no clock.

    ``are_doubts_cleared``: an officer has looked into whatever says to hold it.
    """
    kept = canonical.loads(text)
    run = run_of(book, kind)
    if run is None:
        raise KeyError(f"the edition has no entitlement {kind}")
    on = datetime.date.fromisoformat(kept["confirmed_on"])
    cleared = {one.change.id for one in run.changes} if are_doubts_cleared else kept["cleared"]
    return standing(run, read_inputs(book, kept["inputs"]), on, frozenset(cleared))


def released(one: Instalment) -> Standing | None:
    """Judge a held instalment by its own facts and edition, its doubts cleared; None: no facts."""
    row = Edition.objects.filter(hash=one.edition).first() if one.basis else None
    if row is None:
        return None
    return again(one.basis, catalogue.rulebook(row), one.entitlement.kind, are_doubts_cleared=True)
