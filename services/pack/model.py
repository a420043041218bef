"""What a pack says, as typed values. Built by ``services.pack.build``; frozen afterwards."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dmn.types import DATE, STRING, Type
from services.pack.bounds import OPEN, Bounds
from services.pack.endorsement import Endorsement
from services.pack.entitlement import EntitlementSpec
from services.pack.fee import Fee
from services.pack.outcomes import Outcomes
from services.pack.proactive import Proactive
from services.pack.provisional import Recall
from services.pack.quota import Quota
from services.pack.supply import MaterialSource
from services.pack.undertakings import Commitment, Inspection, Later
from services.pack.validity import Validity

Outcome = Literal["approve", "return", "refer", "wait"]
Change = Literal["answer", "act", "never"]
Words = Mapping[str, str]  # a text in both languages: {"zh": …, "en": …}
OF_FACT = "facts."  # begins the subject of a question about whom another registry names
SUBJECT = "subject"  # in records about several persons: the index of each one's person
# keys of stored inputs that no fact, parameter or table may have as its name
AS_OF = "as_of"
CONSENTS = "consents"
UNDERTAKINGS = "undertakings"  # what was signed in place of files: see services.pack.undertakings
UNANSWERED = "unanswered"  # facts that nobody has answered and that may be known later
FILINGS = "filings"  # the blocks answered, by filing; the answer that holds them likewise
WITHHELD = "withheld"  # what keeps facts about others apart from a receipt (see receipts)
COSIGN = "cosign"  # among the consents: whether everyone else who must sign has confirmed
ANSWERS = "answers"  # where a fact is from that the form asks
APPLICANT = "applicant"  # in an expression: the index of who applies
RESERVED = (APPLICANT, AS_OF, CONSENTS, FILINGS, WITHHELD, COSIGN, UNDERTAKINGS, UNANSWERED)
# what an entry in a registry may name beside the case's facts: known once a certificate is issued
CERTIFICATE_NUMBER, ISSUED_ON = "certificate_number", "issued_on"
HOLDER_NAME, HOLDER = "certificate_holder", "holder"  # name, and index
CHANGED_NUMBER = "changed_number"  # of the certificate that the service changes
EACH, ITEM = "each", "each_one"  # of a record that is entered for every item of a list

ISSUED: Mapping[str, Type] = {
    CERTIFICATE_NUMBER: STRING,
    ISSUED_ON: DATE,
    HOLDER_NAME: STRING,
    HOLDER: STRING,
    CHANGED_NUMBER: STRING,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit: days, working or calendar, and the law that sets it (empty: a promise)."""

    days: int
    unit: Literal["working", "calendar"]
    law: str = ""


# days by which the head of the office, or of the government for a joint handling, extends the term
# of the law at most, unless a law of its own says less (行政许可法 §42)
OF_OFFICE, OF_GOVERNMENT = 10, 15
JOINTLY = 45  # working days of a joint handling at most (§42 para 2)


@dataclass(frozen=True, slots=True)
class Clock:
    """The terms; ``extension``: days by which that of the law may be longer, once (§42). ``joint``:
    统一办理, 联合办理 or 集中办理; then the head of the government approves it."""

    statutory: Limit
    promised: Limit
    extension: int = OF_OFFICE
    joint: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """Why a registry may be asked (数据条例 §§38, 43), and about whom."""

    name: str
    zh: str
    en: str
    basis: str  # the law relied on
    purpose: Words
    subject: str = ""  # the answer that names the subject, or facts.NAME; empty: the applicant
    item: str = ""  # of its records, the field that names each person; empty: it names one
    asks: str = ""  # the city's registry, where it has another name
    when: str = ""  # an expression over answers: it is asked where this surely holds; empty: always
    is_private: bool = False  # an answer finds the record, and it tells of people

    @property
    def registry(self) -> str:
        """The code of the city's registry."""
        return self.asks or self.name

    @property
    def naming(self) -> str:
        """The fact of another entry that names whom this one is about; empty: none does."""
        return self.subject[len(OF_FACT) :] if self.subject.startswith(OF_FACT) else ""

    @property
    def of_others(self) -> bool:
        """Whether it asks about more than the applicant, or about whom a registry names."""
        return bool(self.item or self.naming)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that changes with time: each from a date on, with its law and its doubt."""

    name: str
    type: Type
    values: tuple[tuple[datetime.date, object], ...]  # ascending by date
    law: str
    label: Words | None = None
    unit: Words | None = None
    doubt: str = ""  # what is uncertain about the figure; empty: nothing is
    is_division: bool = False  # a code of GB/T 2260, which people read by its name


@dataclass(frozen=True, slots=True)
class Fact:
    """One typed input, from a registry's field or from an answer."""

    name: str
    source: str  # a registry's name, ANSWERS or APPLICANT
    field: str
    type: Type
    zh: str
    en: str
    nullable: bool = False  # the registry may answer: there is none
    key: str = ""  # lists of records: the field that names one
    complete: bool = True  # lists: nothing is missing from them
    longest: int = 100  # lists
    bounds: Bounds = OPEN  # numbers and dates; of an answer, those of the form
    parts: Mapping[str, Bounds] = dataclasses.field(default_factory=dict)  # of records in a list
    change: Change = "never"  # who can correct it; see the smallest fix
    labels: Mapping[str, Words] = dataclasses.field(default_factory=dict)  # of codes
    is_division: bool = False  # a code of GB/T 2260, which people read by its name
    of_persons: bool = False  # about everybody whom a list names: see services.pack.persons
    of_named: bool = False  # about whom another registry names: see services.pack.rounds
    is_material: bool = False  # what files show: unknown until an officer has read them

    @property
    def of_others(self) -> bool:
        return self.of_persons or self.of_named  # kept apart from what the applicant reads


@dataclass(frozen=True, slots=True)
class MaterialSpec:
    """A question that is answered by files (材料): see ``services.pack.materials``.

    ``use``: an officer has to read it, and what rests on it is unknown until then; it is kept; or
    it is present: a fact says whether it is there. ``when``: an expression that says when it is
    asked; empty: always, ``because`` no registry has it. ``megabytes``: most of one file.
    ``later``: it may come after the application, on a promise.
    """

    question: str
    kinds: tuple[str, ...]
    megabytes: int
    use: Literal["read", "kept", "present"]
    when: str = ""
    because: Words | None = None
    later: Later | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition (条件), with its words, its law and what follows when it is unmet."""

    id: str
    must: str
    zh: str
    en: str
    law: str
    applies: str = ""
    unmet: Literal["refer", "return"] = "refer"
    undisclosed: bool = False  # the applicant learns that it failed, not the facts
    bring: tuple[Words, ...] = ()  # to a counter, where whoever does not meet it has to come
    outcome: str = ""  # the result that it is a condition of; empty: of all
    # while a registry is silent: refer, no former answer serves it; provisional, it is known later
    when_unanswered: Literal["", "refer", "provisional"] = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table in text; its result is a name that requirements may use."""

    name: str
    text: str
    line: int  # of the first line of the table in the file
    label: Words | None = None
    law: str = ""


@dataclass(frozen=True, slots=True)
class ConsentItem:
    """A part that another agency approves (部门审批), asked for when ``applies`` holds."""

    id: str
    partner: str  # exchange.Partner.code
    applies: str
    zh: str
    en: str
    law: str
    days: int  # working days for its answer
    identify: bool = False  # it is told whom it is about, by an encrypted ID number


@dataclass(frozen=True, slots=True)
class Guard:
    """What may exist once only for each value of its key.

    ``periods``: ``open`` (while an application is in hand), ``live`` (while its certificate is).
    """

    id: str
    scope: str  # of the key: services that name the same scope share it
    key: tuple[str, ...]  # expressions over answers, parameters and ``applicant``
    periods: tuple[Literal["open", "live"], ...]
    zh: str
    en: str
    law: str
    is_shared: bool = False  # the pack names a scope that other services may name too


@dataclass(frozen=True, slots=True)
class ChangedCertificate:
    """A certificate of before that an approval replaces or ends: see ``services.pack.changes``.

    ``number``: the answer that names it; empty: the applicant's own code. ``paper``: nothing of
    ours need exist. ``zh``, ``en``, ``law``: why.
    """

    kind: str
    effect: Literal["replace", "end"]
    zh: str
    en: str
    law: str
    number: str = ""
    paper: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a certificate: ``value`` is an expression over the inputs."""

    id: str
    zh: str
    en: str
    value: str


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """What a certificate enters in a registry of the city while it is live.

    ``subject``: an expression of the text, or texts, by which it is asked; empty: the holder.
    ``person``: in its place, one of the index of a person. ``record``: for each field one, or a
    list of records of them; one with ``each`` is entered for every item of that list.
    ``replaces``: it stands in place of what the registry has.
    """

    registry: str
    subject: str
    record: Mapping[str, str | tuple[Mapping[str, str], ...]]
    person: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class CertificateKind:
    kind: str
    type21: str  # GB/T 36904: ministry's USCC and three digits
    zh: str
    en: str
    number: str  # scheme:argument, as certificates.numbering reads it: uscc:92, serial:RC
    valid: str | Validity  # ISO 8601 duration, or empty: without end
    fields: tuple[Field, ...]
    enters: tuple[RegistryEntry, ...] = ()
    template: str = ""  # of its paper, in typst; empty: the one for all kinds
    holder: str = ""  # the field that names the business that holds it; empty: the applicant does


@dataclass(frozen=True, slots=True)
class FilingItem:
    """One item of the catalogue of filings consolidated into a licence (多证合一)."""

    id: str
    number: int  # in the catalogue
    receiver: str  # exchange.Partner.code
    zh: str
    en: str
    law: str
    status: tuple[tuple[datetime.date, str], ...]  # from a day on: in_force, merged, repealed
    ended: Words | None = None  # why it was merged or repealed
    provisional: bool = False  # a local supplement whose list is not published
    form: Mapping[str, Any] | None = None  # its block of questions (JSON Schema)
    only_if: str = ""  # an expression over the block's answers
    otherwise: Words | None = None  # the reason when ``only_if`` does not hold


@dataclass(frozen=True, slots=True)
class FilingSheet:
    """The decision table of filings, in text, with the words of its columns."""

    text: str
    line: int
    columns: Mapping[str, tuple[Words, Words]]  # head: (when it holds, when it does not)
    items: Mapping[str, FilingItem]


@dataclass(frozen=True, slots=True)
class Case:
    """A test in the pack: what is asked and answered, and what must follow."""

    name: str
    as_of: datetime.date
    answers: Mapping[str, object]
    evidence: Mapping[str, object]  # by registry: fields, absent, failed or unanswered
    consents: Mapping[str, str]
    expect: str  # an outcome, or not_approve
    findings: Mapping[str, str]
    filings: tuple[str, ...] | None = None  # those that must apply, when the test says
    line: int = 0
    materials: Mapping[str, str] = dataclasses.field(default_factory=dict)  # read: shown, not_shown
    asks: tuple[str, ...] | None = None  # the materials that must be asked for, when it says
    tables: Mapping[str, object] = dataclasses.field(default_factory=dict)  # results, as JSON
    certificate: Mapping[str, object] = dataclasses.field(default_factory=dict)  # fields printed
    due: Mapping[str, str] = dataclasses.field(default_factory=dict)  # statutory, promised: days
    fee: str | None = None  # yuan, when it says
    expires: str | None = None  # the certificate's last day, issued on ``as_of``; none: without end
    quota: Mapping[str, object] = dataclasses.field(default_factory=dict)  # places, period, group
    entitlement: Mapping[str, Any] | None = None  # on the day, when it says: state, amount …
    entitlements: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # of several, by kind
    applicant: str = ""  # the index of who applies
    facts: Mapping[str, Any] | None = None  # in place of answers and evidence: stored inputs


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything that one edition of a service says."""

    service: str
    name: Words
    summary: Words
    department: Words  # and "office": people.Office.code
    legal_kind: Literal["licence", "confirmation", "benefit", "filing"]
    applicant: Literal["person", "enterprise"]
    visits: int
    law: str
    clock: Clock
    correct_within: int  # days a returned application waits for its applicant
    in_force_from: datetime.date
    registries: Mapping[str, Registry]
    form: Mapping[str, Any]
    materials: Mapping[str, MaterialSpec]
    parameters: Mapping[str, Parameter]
    facts: Mapping[str, Fact]
    requirements: tuple[Requirement, ...]
    tables: Mapping[str, Table]
    consents: tuple[ConsentItem, ...]
    certificate: CertificateKind | None
    entitlements: tuple[EntitlementSpec, ...]  # what is paid by period
    outcomes: Outcomes | None  # several results, granted apart; None: one
    endorsement: Endorsement | None  # that its certificate needs, or that its approval gives
    filings: FilingSheet | None
    guards: tuple[Guard, ...]
    changes: ChangedCertificate | None
    consumes: tuple[str, ...]  # kinds of certificates of the applicant's that an approval uses up
    quota: Quota | None  # 数量限制; None: as many as apply
    district: str  # an expression: the code of the case's district; empty: the city's
    cosigners: str  # an expression that lists ID numbers; empty: the applicant alone signs
    represented_by: tuple[str, ...]  # guardian, agent: who may hand it in online for another
    legal_review: frozenset[str]  # what a legal officer sees first: refuse, override
    fee: Fee | None  # None: the pack says nothing of fees
    keywords: Mapping[str, tuple[str, ...]]  # what people call it: {"zh": (…), "en": (…)}
    commitments: Mapping[str, Commitment]  # what may be signed in place of files
    inspection: Inspection | None  # what is looked at after approval
    material_sources: tuple[MaterialSource, ...]  # what used to be brought, and where it is from
    channels: tuple[str, ...]  # ways in, of ``supply.CHANNELS``; empty: the pack says nothing
    item_code: str  # in the published list of items (实施编码); empty: not known
    proactive: Proactive | None  # 免申即享; None: it waits to be applied for
    provisional: Recall | None  # 暂准; None: never granted before everything is proved
    cases: tuple[Case, ...] = dataclasses.field(repr=False)

    @property
    def entitlement(self) -> EntitlementSpec | None:
        """The only one, or the first of several."""
        return self.entitlements[0] if self.entitlements else None

    @property
    def endorses(self) -> bool:  # a certificate of before, and issues none
        return self.endorsement is not None and self.certificate is None
