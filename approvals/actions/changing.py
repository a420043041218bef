"""Cases about a certificate that exists: which one, and what they take over from it."""

import datetime
from collections.abc import Sequence
from uuid import UUID

from approvals.models import Application, GuardKey
from approvals.states import Outcome
from certificates.actions.succession import Key, Subject, latest, not_live
from certificates.models import Certificate
from certificates.queries import state_on, unexpired
from certificates.states import LIVE
from people import identity
from people.errors import ActionRejected
from people.names import normal_number
from services.rulebook import Rulebook

NOT_FOUND = "certificate_not_found"  # among the faults of a subject


def subjects(cases: Sequence[tuple[Application, Rulebook]]) -> dict[UUID, Subject]:
    """Return the certificate that each case changes, by the case's id; its edition changes one.

    Read, not locked: whoever acts on it locks it, and looks again.
    """
    keys = {application.id: key_of(application, book) for application, book in cases}
    newest = latest(keys.values())
    found = {}
    for application, book in cases:
        changed, key = book.pack.changes, keys[application.id]
        assert changed is not None
        certificate = newest.get(key)
        found[application.id] = Subject(
            changed=changed,
            number=key[1],
            found=certificate,
            is_own=certificate is not None and _is_own(certificate, application),
            is_done=_is_done(certificate, application),
            is_of_case=certificate is not None and certificate.application == application.number,
        )
    return found


def key_of(application: Application, book: Rulebook) -> Key:
    """Return kind and number of the certificate that a case changes."""
    changed = book.pack.changes
    assert changed is not None
    if changed.number:
        return changed.kind, normal_number(str(application.answers.get(changed.number, "")))
    number = identity.decrypt(bytes(application.applicant_number), application.applicant)
    return changed.kind, number


def _is_own(certificate: Certificate, application: Application) -> bool:
    """Whether it is the applicant's: they hold it, or it bears their own code."""
    return application.applicant in (certificate.holder, identity.index(certificate.number))


def _is_done(certificate: Certificate | None, application: Application) -> bool:
    """Whether the case itself ended it, and is decided anew: what it issued still stands."""
    if certificate is None or certificate.state in LIVE:
        return False
    return Certificate.objects.filter(application=application.number, state__in=LIVE).exists()


def require_live(subject: Subject | None, outcome: Outcome, on: datetime.date) -> None:
    """Raise ``ActionRejected`` where an officer approves a change of what cannot be changed."""
    if subject is None or outcome is not Outcome.APPROVE or not (fault := subject.fault(on)):
        return
    if fault == NOT_FOUND:
        raise ActionRejected(
            NOT_FOUND,
            "没有查到申请人的这张证照，不能批准变更或注销",
            "No such certificate of the applicant is on record: it can be neither changed nor"
            " ended.",
        )
    raise not_live()


def used(cases: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Return the numbers of the applications whose certificates each case takes over from."""
    heirs = list(
        GuardKey.objects.filter(application__in=cases, heir_of__isnull=False)
        .values_list("application", "heir_of")
        .distinct()
    )
    if not heirs:
        return {}
    numbers = dict(
        Application.objects.filter(pk__in=[first for _, first in heirs]).values_list("pk", "number")
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for case, first in sorted(heirs, key=str):
        assert first is not None  # by the filter
        found[case] = (*found.get(case, ()), numbers[first])
    return found


def yields(first: Application, case: Application, book: Rulebook, on: datetime.date) -> bool:
    """Whether ``first`` holds what the case may take over from it that day.

    Its certificate is one that the case changes, in whatever version, or one of the same
    applicant's that an approval of the case would use up.
    """
    theirs = Certificate.objects.filter(application=first.number)
    if book.pack.changes is not None:
        kind, number = key_of(case, book)
        newest = latest([(kind, number)]).get((kind, number))
        return (
            newest is not None
            and state_on(newest, on) in LIVE
            and _is_own(newest, case)
            and theirs.filter(kind=kind, number=number).exists()
        )
    if first.applicant != case.applicant or not book.pack.consumes:
        return False
    return theirs.filter(unexpired(on), kind__in=book.pack.consumes).exists()
