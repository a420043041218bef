"""What is asked of a registry, and what comes back."""

import datetime
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

Outcome = Literal["found", "absent", "failed"]
# failures that are of one subject or of our configuration: waiting for the registry mends none
NO_OUTAGE = frozenset(
    {
        "too_many",
        "silent",
        "other_person",
        "contradiction",
        "malformed",
        "not_configured",
        "no_such_registry",
        "worker_died",
    }
)


@dataclass(frozen=True, slots=True)
class Query:
    """One question to one registry: which fields about whom, for which case, on what basis.

    ``subject`` is ``people.identity.index(number)``; ``number`` is an ID number, a USCC or an
    address code. ``purpose`` and ``basis`` are what a data-sharing request must state
    (深圳经济特区数据条例 art. 38, 43).
    """

    case: str
    registry: str
    subject: str
    number: str
    fields: tuple[str, ...]
    purpose: str
    basis: str

    def __repr__(self) -> str:
        # an ID number must never reach a log through a traceback
        return f"Query({self.registry} of {self.subject} for {self.case})"


class Proof(NamedTuple):
    """What proves that a registry said so: its signed statement, and the item about one subject.

    Both as received (``exchange.protocol``); all that one request was answered has one statement.
    """

    statement: str
    item: str
    kid: str
    algorithm: str


class Reused(NamedTuple):
    """Evidence whose answer is used again, and what that names as its proof."""

    evidence: UUID
    proof: str


@dataclass(slots=True)
class Answer:
    """What a registry said.

    *found*: ``data`` holds the wanted fields that the record has. *absent*: the registry answered
    that there is no such record. *failed*: nobody answered, for the ``reason`` given; a failed
    answer carries no data, so nothing can be decided on it. One that is *reused* was read before,
    at ``at``; whoever reuses it says so (``registries.record_reuse``).
    """

    registry: str
    subject: str
    outcome: Outcome
    data: dict[str, Any] = field(default_factory=dict)
    version: str = ""  # the registry's own mark of the record's version
    at: datetime.datetime | None = None  # when it was read
    reason: str = ""
    milliseconds: int = 0
    proof: Proof | None = None  # of another agency's answer, found or absent
    reused: Reused | None = None  # kept evidence that stands in: ``reason`` says why

    @property
    def is_outage(self) -> bool:
        """Whether the registry as a whole gave no usable answer; it may give one later."""
        return is_outage(self.outcome, self.reason)


def is_outage(outcome: str, reason: str) -> bool:
    return outcome == "failed" and reason not in NO_OUTAGE


class Adapter(Protocol):
    """One way of reaching a registry. ``read`` answers in the order of the queries.

    Registries of one ``group`` are read together; the adapter of any of them reads for all. A
    remote one that is given ``seconds`` takes no longer, whatever its own time limit.
    """

    remote: bool
    group: str

    def read(
        self, queries: list[Query], *, now: datetime.datetime, seconds: float | None = None
    ) -> list[Answer]: ...
