"""Which registry is asked about whom for one application, with which fields, why and by what law.

A question is kept, with its check and its evidence, by registry and subject. The subject is empty
for whom the registry is asked about first of all, the applicant or what one answer names; it is the
index of each other person whom an answer lists. Nobody is asked about twice: an applicant who is a
director too is one question, with the fields and purposes of both.
"""

from collections.abc import Iterator

from django.conf import settings

from approvals.models import Application
from approvals.rows.intakes import Acting
from exchange import kinship
from exchange.registries import Query, is_remote
from people import identity
from services import protection
from services.pack.model import Registry
from services.pack.persons import PersonsSource, listed
from services.rulebook import Rulebook

# who keeps the name of a person, of an enterprise (深圳经济特区数据条例 §35: 人口, 法人)
NAME_KEEPERS = {"person": "population", "enterprise": "enterprise"}
NAME = "name"  # the field of that registry
PURPOSE = "核对姓名（名称）与证件号码"
GUARDIAN_PURPOSE = "核对监护关系"  # of who hands it in online for a child or ward
Key = tuple[str, str]  # registry, subject as it is kept


def keys(application: Application, book: Rulebook) -> list[Key]:
    """Return the questions of a case: its edition's, and who keeps the applicant's name."""
    applicants = dict.fromkeys((*book.of_applicant, NAME_KEEPERS[application.applicant_kind]))
    found: dict[Key, None] = dict.fromkeys((registry, "") for registry in applicants)
    for source in book.persons:
        registry = source.registry.registry
        for person in listed(source.registry, application.answers):
            if not (
                person == application.applicant and _is_of_applicant(book, registry, applicants)
            ):
                found[registry, person] = None
    if application.channel == Acting.GUARDIAN:
        found[kinship.REGISTRY, ""] = None  # whether who acts still is the guardian
    return list(found)


def index(application: Application, book: Rulebook, key: Key) -> str:
    """Return the index of whom a question is about."""
    registry, subject = key
    declared = _declared(book, registry)
    if not subject and declared and declared.subject:
        return identity.index(str(application.answers.get(declared.subject, "")))
    return subject or application.applicant


def query(application: Application, book: Rulebook, key: Key) -> Query:
    """Return one question as it is put. Who keeps names is asked for the applicant's as well."""
    registry, subject = key
    declared = None if subject else _declared(book, registry)
    sources = [declared] if declared else []
    fields = set(book.fields[registry]) if declared else set()
    whom = index(application, book, key)
    of_applicant = not subject and not (declared and declared.subject)
    if of_applicant and registry == NAME_KEEPERS[application.applicant_kind]:
        fields.add(NAME)
    if registry == kinship.REGISTRY and application.channel == Acting.GUARDIAN and not subject:
        fields.add(kinship.GUARDIANS)
    if book.persons:
        for source in _listing(book, application, registry, whom):
            sources.append(source.registry)
            fields.update(source.fields)
    return Query(
        case=application.number,
        registry=registry,
        subject=whom,
        number=_number(application, book, key, whom),
        fields=tuple(sorted(fields)),
        purpose="；".join(dict.fromkeys(r.purpose["zh"] for r in sources)) or _purpose(registry),
        basis="；".join(dict.fromkeys(r.basis for r in sources)) or _basis(registry),
    )


def _number(application: Application, book: Rulebook, key: Key, whom: str) -> str:
    """Return the number itself, which only another agency needs: our own store has the index."""
    registry, subject = key
    declared = _declared(book, registry)
    if not subject and declared and declared.subject:
        return str(application.answers.get(declared.subject, ""))
    if not is_remote(registry):
        return ""
    if not subject:
        return identity.decrypt(application.applicant_number)
    source = next(_listing(book, application, registry, whom)).registry
    return protection.unprotect(listed(source, application.answers)[whom][source.item])


def _declared(book: Rulebook, registry: str) -> Registry | None:
    """Return the edition's own question to a registry, about the applicant or one answer."""
    found = book.pack.registries.get(registry)
    return found if found is not None and not found.item else None


def _is_of_applicant(book: Rulebook, registry: str, applicants: dict[str, None]) -> bool:
    declared = _declared(book, registry)
    return registry in applicants and not (declared and declared.subject)


def _listing(
    book: Rulebook, application: Application, registry: str, whom: str
) -> Iterator[PersonsSource]:
    """Yield the edition's questions about several persons, of whom one is this one."""
    for source in book.persons:
        of = source.registry
        if of.registry == registry and whom in listed(of, application.answers):
            yield source


def _purpose(registry: str) -> str:
    return GUARDIAN_PURPOSE if registry == kinship.REGISTRY else PURPOSE


def _basis(registry: str) -> str:
    """Return the legal basis of asking who keeps names, where the edition states none."""
    ours = settings.CITY.registries.get(registry)
    return ours.basis if ours else ""
