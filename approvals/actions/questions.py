"""Which registry is asked about whom for one application, with which fields, why and by what law.

A question is kept, with its check and its evidence, by registry and subject. The subject is empty
for whom the registry is asked about first of all, the applicant or what one answer names; it is the
index of each other person whom an answer lists, or whom another registry names. Nobody is asked
about twice: an applicant who is a director too is one question, with the fields and purposes of
both. Whom registries name is known in rounds, by what was ``read`` before: ``keys`` are the first,
``further`` what follows from it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings

from approvals.models import Application
from approvals.rows.intakes import Acting
from exchange import kinship
from exchange.registries import Query, is_remote
from people import identity, protection
from services.inputs import Persons, gather_raw
from services.outputs import not_asked
from services.pack import rounds
from services.pack.model import Registry
from services.pack.persons import Found, listed
from services.pack.rounds import Named, NamedSource
from services.rulebook import Rulebook
from services.tokens import PREFIX

# who keeps the name of a person, of an enterprise (深圳经济特区数据条例 §35: 人口, 法人)
NAME_KEEPERS = {"person": "population", "enterprise": "enterprise"}
NAME = "name"  # the field of that registry
PURPOSE = "核对姓名（名称）与证件号码"
GUARDIAN_PURPOSE = "核对监护关系"  # of who hands it in online for a child or ward
PERSON = "person"  # what a key of the city's registries of persons is
INDEX = re.compile("[0-9a-f]{32}")
Key = tuple[str, str]  # registry, subject as it is kept
Read = tuple[str, Mapping[str, Any]]  # found | absent | failed, and the fields
Reads = Mapping[Key, Read]
NOTHING: Reads = {}


def keys(application: Application, book: Rulebook) -> list[Key]:
    """Return the questions of a case: its edition's, and who keeps the applicant's name."""
    skipped = not_asked(book, application.answers, application.as_of)
    applicants = _of_applicant(application, book)
    skipped -= {NAME_KEEPERS[application.applicant_kind]}  # for the name
    found: dict[Key, None] = {(name, ""): None for name in applicants if name not in skipped}
    for source in book.persons:
        registry = source.registry.registry
        if source.registry.name in skipped:
            continue
        for person in listed(source.registry, application.answers):
            found[_key(application, book, registry, person)] = None
    if application.channel == Acting.GUARDIAN:
        found[kinship.REGISTRY, ""] = None  # whether who acts still is the guardian
    return list(found)


def further(application: Application, book: Rulebook, read: Reads) -> list[Key]:
    """Return the questions that follow from what was read and are not among it; mostly none.

    What a registry names otherwise than it should, nobody is asked about; nor is another agency
    about somebody whose number is not known.
    """
    asked = named(application, book, read) if book.rounds else ()
    return [key for key in asked if key not in read]


def named(application: Application, book: Rulebook, read: Reads) -> list[Key]:
    """Return the questions about whom registries have named, by what was read."""
    found: dict[Key, None] = {}
    for source, whom in _named(application, book, read):
        registry, index_of = source.registry.registry, _index_of(source)
        for reference, (text, _item) in whom.items():
            subject = index_of(reference)
            is_known = not INDEX.fullmatch(text) or subject == application.applicant
            is_askable = subject and (is_known or not is_remote(registry))
            if is_askable and not _has_answered(application, book, source, subject):
                found[registry, subject] = None
    return list(found)


def who_is_named(
    application: Application, book: Rulebook, read: Reads
) -> list[tuple[str, str, str]]:
    """Return whom registries have named: by index, with the fact that does so, and how it does."""
    return [
        (index_of(reference), source.naming, text)
        for source, whom in (_named(application, book, read) if book.rounds else ())
        for index_of in (_index_of(source),)
        for reference, (text, _item) in whom.items()
        if index_of(reference)
    ]


def answers_about_others(
    application: Application, book: Rulebook, read: Reads
) -> Mapping[str, Found]:
    """Return what was read, by entry that asks about others, and by how they are named."""
    by_registry: dict[str, dict[str, Read]] = {}
    for (registry, subject), one in sorted(read.items(), key=lambda pair: pair[0][1] != ""):
        mine = by_registry.setdefault(registry, {})
        index = subject or application.applicant
        mine[index] = _both(mine[index], one) if index in mine else one
    found: dict[str, Found] = {
        source.registry.name: by_registry.get(source.registry.registry, {})
        for source in book.persons
    }
    for later in book.rounds:
        answers = by_registry.get(later.registry.registry, {})
        found[later.registry.name] = _ByReference(_index_of(later), answers)
    return found


def _both(first: Read, further: Read) -> Read:
    """Return what a registry says of an applicant whom another registry has named, too."""
    if first[0] == further[0] == "found":
        return "found", {**first[1], **further[1]}
    return further


class _ByReference(dict[str, Read]):
    """Answers by how a registry names whom they are about: an index, or a code such as a USCC."""

    def __init__(self, index_of: Callable[[str], str], answers: Mapping[str, Read]) -> None:
        super().__init__(answers)
        self.index_of = index_of

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(self.index_of(key), default)


def index(application: Application, book: Rulebook, key: Key) -> str:
    """Return the index of whom a question is about."""
    registry, subject = key
    declared = _declared(book, registry)
    if not subject and declared and declared.subject:
        return identity.index(str(application.answers.get(declared.subject, "")))
    return subject or application.applicant


def query(application: Application, book: Rulebook, key: Key, read: Reads = NOTHING) -> Query:
    """Return one question as it is put. Who keeps names is asked for the applicant's as well.

    ``read``: what was answered before, for a question about whom a registry has named.
    """
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
    others = list(_entries_about(book, application, registry, whom, read))
    for entry, _text in others:
        sources.append(entry)
        fields.update(book.fields[entry.name])
    return Query(
        case=application.number,
        registry=registry,
        subject=whom,
        number=_number(application, book, key, [text for _entry, text in others]),
        fields=tuple(sorted(fields)),
        purpose="；".join(dict.fromkeys(r.purpose["zh"] for r in sources)) or _purpose(registry),
        basis="；".join(dict.fromkeys(r.basis for r in sources)) or _basis(registry),
    )


def _number(application: Application, book: Rulebook, key: Key, texts: Sequence[str]) -> str:
    """Return the number itself, which only another agency needs: our own store has the index.

    ``texts``: how those who named somebody else have written the number; "" where none wrote it.
    """
    registry, subject = key
    declared = _declared(book, registry)
    if not subject and declared and declared.subject:
        return str(application.answers.get(declared.subject, ""))
    if not is_remote(registry):
        return ""
    if subject in ("", application.applicant):
        return identity.decrypt(application.applicant_number)
    return next((_written(text) for text in texts if not INDEX.fullmatch(text)), "")


def _written(text: str) -> str:
    """Return a number in its stored form as it is; a code, as of an address, stays."""
    return protection.unprotect(text) if text.startswith(PREFIX) else text


def _declared(book: Rulebook, registry: str) -> Registry | None:
    """Return the edition's own question to a registry, about the applicant or one answer."""
    found = book.pack.registries.get(registry)
    return found if found is not None and not found.of_others else None


def _of_applicant(application: Application, book: Rulebook) -> dict[str, None]:
    """Return the registries that are asked about the applicant, or about one answer."""
    return dict.fromkeys((*book.of_applicant, NAME_KEEPERS[application.applicant_kind]))


def _key(application: Application, book: Rulebook, registry: str, person: str) -> Key:
    """Return the question about a person; of the applicant, the one that is put anyway."""
    if person == application.applicant and registry in _of_applicant(application, book):
        declared = _declared(book, registry)
        if not (declared and declared.subject):
            return registry, ""
    return registry, person


def _has_answered(
    application: Application, book: Rulebook, source: NamedSource, person: str
) -> bool:
    """Whether the question about the applicant themselves has all that is asked about one named."""
    registry = source.registry.registry
    if _key(application, book, registry, person) != (registry, ""):
        return False
    asked = set(book.fields.get(registry, ()) if _declared(book, registry) else ())
    if registry == NAME_KEEPERS[application.applicant_kind]:
        asked.add(NAME)
    return asked.issuperset(source.fields)


def _entries_about(
    book: Rulebook, application: Application, registry: str, whom: str, read: Reads
) -> Iterator[tuple[Registry, str]]:
    """Yield the edition's questions about others, of whom one is this one, and how it is named."""
    for source in book.persons:
        of = source.registry
        if of.registry == registry and (item := listed(of, application.answers).get(whom)):
            yield of, item[of.item]
    for later, named in _named(application, book, read) if book.rounds and read else ():
        if later.registry.registry == registry:
            index_of = _index_of(later)
            for reference, (text, _item) in named.items():
                if index_of(reference) == whom:
                    yield later.registry, text


def _named(
    application: Application, book: Rulebook, read: Reads
) -> Iterator[tuple[NamedSource, Named]]:
    """Yield whom each entry of a later round is asked about, as far as that is known."""
    of_first = {registry: one for (registry, subject), one in read.items() if not subject}
    others = answers_about_others(application, book, read)
    who = Persons(others, application.applicant)
    raw = gather_raw(book, application.answers, of_first, who)
    skipped = not_asked(book, application.answers, application.as_of)
    for source in book.rounds:
        if source.registry.name not in skipped:
            yield source, rounds.named(source, raw) or {}


def _index_of(source: NamedSource) -> Callable[[str], str]:
    """Return what gives the index by which a source's registry is asked; "" for no such subject."""
    ours = settings.CITY.registries.get(source.registry.registry)
    return _index_of_person if ours is None or ours.subject == PERSON else identity.index


def _index_of_person(reference: str) -> str:
    return reference if INDEX.fullmatch(reference) else ""


def _purpose(registry: str) -> str:
    return GUARDIAN_PURPOSE if registry == kinship.REGISTRY else PURPOSE


def _basis(registry: str) -> str:
    """Return the legal basis of asking who keeps names, where the edition states none."""
    ours = settings.CITY.registries.get(registry)
    return ours.basis if ours else ""
