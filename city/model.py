"""What a city's folder says, as typed values. Built by ``city.reader``; frozen afterwards."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from city.bands import Watch
from city.bundles import Bundle
from city.calendar import Calendar
from city.freshness import Freshness
from city.governance import Governance
from city.laws import Law

Words = Mapping[str, str]  # a text in both languages: {"zh": …, "en": …}
Typed = Mapping[str, tuple[str, ...]]  # words that people type: {"zh": (…), "en": (…)}
AnsweredBy = Literal["store", "agency", "certificates"]


@dataclass(frozen=True, slots=True)
class Region:
    """A district (GB/T 2260, or an own code with letters that no division can have)."""

    code: str
    zh: str
    en: str
    since: int | None = None  # years of the code
    until: int | None = None
    place: tuple[int, int] | None = None  # column and row of its tile on the map


@dataclass(frozen=True, slots=True)
class Office:
    """A bureau of the city; ``organisation``: its code by GB 11714, of which its USCC is made."""

    code: str
    zh: str
    en: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter (窗口) of an office: its officers take applications there, by appointment or not.

    ``region``: whose officers; empty: all of the office. ``services``: which may be applied for
    there (``*``: all). ``hours``: from, until, of each working day. ``capacity``: people who may
    book the same time; one books for the next ``days_ahead`` working days.
    """

    code: str
    zh: str
    en: str
    office: str
    address: Words
    services: tuple[str, ...]
    hours: tuple[tuple[datetime.time, datetime.time], ...]
    slot_minutes: int
    capacity: int
    region: str = ""
    days_ahead: int = 10

    def takes(self, service: str) -> bool:
        """Tell whether one may apply for a service here."""
        return bool({"*", service} & set(self.services))

    def is_of(self, office: str, region: str) -> bool:
        """Tell whether officers of an office, in a region or all of it, work here."""
        return self.office == office and (not region or self.region in ("", region))

    def starts(self, day: datetime.date, zone: datetime.tzinfo) -> list[datetime.datetime]:
        """Return when the slots of a working day begin; the last ends before closing time."""
        length = datetime.timedelta(minutes=self.slot_minutes)
        found = []
        for opens, closes in self.hours:
            at = datetime.datetime.combine(day, opens, zone)
            end = datetime.datetime.combine(day, closes, zone)
            while at + length <= end:
                found.append(at)
                at += length
        return found


@dataclass(frozen=True, slots=True)
class Request:
    """An item that a partner asks us to approve, and the service of ours that it becomes.

    ``reference``: the question of its form that takes the number of their case; ``answers``: for
    other questions, where in the message the answer stands (``answers.address``).
    """

    item: str
    service: str
    reference: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Partner:
    """Another agency with a token and webhooks; ``services``: those it may apply for (``*``)."""

    code: str
    zh: str
    en: str
    services: tuple[str, ...] = ()
    city: str = ""  # the folder in ``cities/`` whose own system it is
    requests: Mapping[str, Request] = field(default_factory=dict)  # by its item


@dataclass(frozen=True, slots=True)
class RegistryField:
    """One field of a registry's record, as the registry writes it.

    ``type``: text, number (decimal text), boolean, date (ISO 8601), list. ``codes``: the values
    that a text may have, with their words; ``is_division``: they are codes of GB/T 2260. ``of``:
    the fields of a list's records, or the type of its items. ``nullable``: the registry may answer
    that there is none. ``is_number``: it names a person by ID number, which is encrypted as it
    comes in, or by keyed index.
    """

    name: str
    type: str
    zh: str
    en: str
    nullable: bool = False
    codes: Mapping[str, Words] | None = None
    is_division: bool = False
    pattern: str = ""
    is_number: bool = False
    of: Mapping[str, RegistryField] | str = ""
    example: Any = None


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry of the city: who answers, under which law, who corrects it, what it holds."""

    code: str
    zh: str
    en: str
    keeper: Words  # who keeps it, and corrects it (个人信息保护法 §46)
    answered_by: AnsweredBy
    basis: str  # the law under which it is shared
    subject: str  # what a key of it is: person, enterprise, address, name
    shown: bool  # whether its facts are shown to the applicant before submission
    fields: Mapping[str, RegistryField]
    partner: str = ""  # the agency that tells of changed records by webhook
    url: str = ""  # of an agency; the environment may say another: REGISTRY_<CODE>_URL
    timeout: float = 2.0  # seconds, in all
    bulk: int = 100  # subjects a request
    max_age: float = 3600.0  # seconds that an answer may be old
    signature: str = "Ed25519"  # or HS256: with what an agency and we sign
    freshness: Freshness = field(default_factory=Freshness)  # what to do while it is silent

    # the fields that name persons by number: the field, and the part of its records or ""
    numbers: tuple[tuple[str, str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = [(name, "") for name, one in self.fields.items() if one.is_number]
        for name, one in self.fields.items():
            parts = one.of.items() if isinstance(one.of, Mapping) else ()
            found += [(name, part) for part, of in parts if of.is_number]
        object.__setattr__(self, "numbers", tuple(found))


@dataclass(frozen=True, slots=True)
class Precision:
    """How well the rate of false approvals of a service is to be known; shares below one."""

    expected_rate: float
    half_width: float  # of the interval at 95 %


@dataclass(frozen=True, slots=True)
class Sampling:
    """What of automatic approvals is looked at again each month (双随机).

    ``least``: cases of each edition; ``capacity``: cases that one office can look at;
    ``controls``: one case in so many was not approved, so that nobody knows which were.
    """

    precision: Precision = Precision(expected_rate=0.005, half_width=0.01)
    least: int = 5
    capacity: int = 400
    controls: int = 10
    services: Mapping[str, Precision] = field(default_factory=dict)

    def of(self, service: str) -> Precision:
        return self.services.get(service, self.precision)


@dataclass(frozen=True, slots=True)
class Escalation:
    """When a case is shown to its supervisor, before the term of the law is over.

    At so many working days before its last day, today not counted, and not before so much of the
    term (per cent of its time) has passed: a term of three days does not begin with it.
    """

    days_left: int = 3
    share: int = 50


@dataclass(frozen=True, slots=True)
class Drafts:
    """How long what somebody filled in and did not hand in is kept, and when they read of its end.

    ``notice``: days before.
    """

    days: int = 30
    notice: int = 5


@dataclass(frozen=True, slots=True)
class Ratings:
    """In how many working days a bad rating is answered; from how many the average is public."""

    days: int = 5
    shown_from: int = 5


@dataclass(frozen=True, slots=True)
class Disputes:
    """In how many working days an agency says whether a disputed record is right (个保法 §46)."""

    days: int = 5


@dataclass(frozen=True, slots=True)
class Consents:
    """How many working days before its last day an agency is reminded of an approval it owes."""

    remind: int = 1


@dataclass(frozen=True, slots=True)
class Title:
    """What a kind of document is called, and under which law it is made (none: the service's)."""

    title: str
    law: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """How documents of services of a kind are worded: 准予登记, 不予登记, and titles by kind."""

    grant: str
    refuse: str
    titles: Mapping[str, Title]


@dataclass(frozen=True, slots=True)
class Remedies:
    """Where a decision may be contested: 行政复议 (60 days) and 行政诉讼 (6 months)."""

    reconsideration: str
    court: str


@dataclass(frozen=True, slots=True)
class Documents:
    """What the documents of a case (文书) say that is the city's own; all of it in Chinese."""

    wordings: Mapping[str, Wording]  # by legal kind of a service, or by another name
    services: Mapping[str, str]  # those that are not worded by their legal kind
    signs: Mapping[str, str]  # by office: what stands before a document's number (发文机关代字)
    remedies: Mapping[str, Remedies]  # by office; "" for all others

    def wording(self, service: str, legal_kind: str) -> Wording:
        """Return how documents of a service are worded."""
        return self.wordings[self.services.get(service, legal_kind)]

    def remedies_of(self, office: str) -> Remedies:
        """Return where decisions of an office are contested."""
        return self.remedies.get(office) or self.remedies[""]


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom people ask about the city's services."""

    phone: str
    hours: Words
    hall: Words  # name and address of the service hall


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Something that is not offered online yet; the office at whose counter it can be done."""

    code: str
    zh: str
    en: str
    office: str
    words: Typed


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """What happens in somebody's life (主题), and what can be done for it."""

    code: str
    zh: str
    en: str
    audience: frozenset[str]  # person, enterprise
    words: Typed
    services: tuple[str, ...]
    elsewhere: Mapping[str, Elsewhere]


@dataclass(frozen=True, slots=True)
class City:
    """A city's folder, after everything that it extends."""

    folder: Path
    zh: str
    en: str
    code: str  # GB/T 2260
    time_zone: str
    default_office: str  # takes a case whose own office does not exist
    regions: Mapping[str, Region]
    offices: Mapping[str, Office]
    registries: Mapping[str, Registry]
    partners: Mapping[str, Partner]
    counters: Mapping[str, Counter]
    working_days: Mapping[datetime.date, bool]  # exceptions from the published calendar
    parameters: Mapping[str, Mapping[str, Any]]  # service: {parameter: {date: value}}
    escalation: Escalation
    documents: Documents
    packs: tuple[Path, ...]  # the packs of the city's services
    sampling: Sampling = field(default_factory=Sampling)
    life_events: Mapping[str, LifeEvent] = field(default_factory=dict)
    bundles: Mapping[str, Bundle] = field(default_factory=dict)
    words: Mapping[str, Typed] = field(default_factory=dict)  # by the catalogue's word
    laws: Mapping[str, Law] = field(default_factory=dict)  # the register of clauses
    contact: Contact | None = None
    drafts: Drafts = field(default_factory=Drafts)
    ratings: Ratings = field(default_factory=Ratings)
    disputes: Disputes = field(default_factory=Disputes)
    consents: Consents = field(default_factory=Consents)
    governance: Governance = field(default_factory=Governance)
    suspension: Watch = field(default_factory=Watch)
    papers: Mapping[str, str] = field(default_factory=dict)  # templates of certificates, in typst
    calendar: Calendar = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        calendar = Calendar(self.time_zone, self.working_days)
        object.__setattr__(self, "calendar", calendar)

    def counters_of(self, office: str, region: str = "", service: str = "") -> list[Counter]:
        """Return the counters of an office's officers, those that take a service where one is."""
        return [
            counter
            for counter in self.counters.values()
            if counter.is_of(office, region) and (not service or counter.takes(service))
        ]

    @property
    def prefix(self) -> str:
        """The city's part of its districts' codes: ``4403`` of ``440300``."""
        return self.code[:4] if self.code.endswith("00") else self.code

    def values(self, service: str) -> dict[str, Any]:
        """Return what the pack of a service may take from its city, as JSON values.

        ``code``, ``name``, ``prefix``, ``districts`` (choices of a form, codes of
        GB/T 2260 only), ``papers`` (templates of certificates, by name), and
        ``parameters`` that the city sets for the service.
        """
        return {
            "code": self.code,
            "name": self.zh,
            "papers": dict(self.papers),
            "prefix": self.prefix,
            "districts": [
                {"const": region.code, "x-zh": region.zh, "x-en": region.en}
                for region in self.regions.values()
                if region.code.isdigit() and region.until is None
            ],
            "parameters": {
                name: dict(values) for name, values in self.parameters.get(service, {}).items()
            },
        }
