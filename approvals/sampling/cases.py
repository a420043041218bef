"""A finding as a test case for the pack: its facts masked, and what must follow from them.

The machine approved it; expected is that an officer gets it, with the named conditions not met. So
the test fails until the rule is mended. Policy officers see no cases: names, numbers, telephones
and addresses are replaced, the same by the same, so that comparing them gives what it gave. Dates
and what else a rule reckons with stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
import yaml

from approvals.actions import questions
from approvals.actions.questions import INDEX
from approvals.models import Decision, Evidence, SampleReview
from people.masking import is_of_a_name
from people.numbers import id_number_check
from services import catalogue
from services.pack.model import APPLICANT, CONSENTS, Case, Registry
from services.pack.persons import listed
from services.pack_tests import inputs_of
from services.rulebook import Rulebook
from services.tokens import PREFIX, subject
from services.verdict import UNMET, judge

_ADDRESS = re.compile(r"\d{6}-\d{7}")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_FREE = ("text", "note", "remark")  # fields of free text: no rule compares them


class Mask:
    """Replaces what identifies somebody: equal values by equal ones, within one case."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._indexes: dict[str, str] = {}
        self._addresses: dict[str, str] = {}

    def of(self, value: Any, key: str = "") -> Any:
        """Return a value of a field ``key`` with everything in it replaced."""
        if isinstance(value, Mapping):
            return {k: self.of(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.of(item, key) for item in value]
        return self._text(value, key) if isinstance(value, str) else value

    def number(self, person: str) -> str:
        """Return the fictional ID number (GB 11643) of a person, by index or number."""
        known = self._numbers
        if person not in known:
            first = f"11010519491231{len(known) + 2:03}"
            known[person] = first + id_number_check(first)
        return known[person]

    def index(self, person: str) -> str:
        """Return the fictional index of a person whom a registry names by index."""
        return self._indexes.setdefault(person, f"{len(self._indexes) + 1:032x}")

    def _text(self, value: str, key: str) -> str:
        if INDEX.fullmatch(value):
            return self.index(value)
        if value.startswith(PREFIX):
            return self.number(subject(value))
        if is_of_a_name(key) and value:
            return self._names.setdefault(value, self._another_name())
        if key in _FREE:
            return "（已隐去）"
        value = _NUMBER.sub(lambda found: self.number(found[0].upper()), value)
        value = _PHONE.sub("13800000000", value)
        return _ADDRESS.sub(self._address, value)

    def _another_name(self) -> str:
        place = len(self._names)
        return "某" + _STEMS[place % 10] + _STEMS[place // 10 % 10] * (place >= 10)

    def _address(self, found: re.Match[str]) -> str:
        known = self._addresses
        return known.setdefault(found[0], f"{found[0][:6]}-{len(known) + 1:07}")


def fragment(review: SampleReview) -> str:
    """Return the YAML of one test of the pack: an item of its list ``tests``."""
    decision, book = review.decision, catalogue.rulebook(review.decision.edition_id)
    mask, application = Mask(), review.application
    mask.of(application.applicant_name, "name")
    rows = Evidence.objects.filter(application=application, round=decision.round)
    case = Case(
        name=f"抽查发现 {review.draw.month:%Y-%m}-{review.place + 1:04}",
        as_of=decision.as_of,
        answers=mask.of(application.answers),
        evidence=_evidence(list(rows), book, review, mask),
        consents=dict(decision.inputs.get(CONSENTS, {})),
        expect="refer",
        findings={name: UNMET for name in review.conditions if name in _ids(book)},
        applicant=mask.index(application.applicant),
    )
    item: dict[str, Any] = {"name": case.name, "as_of": case.as_of, "answers": case.answers}
    if any(source == APPLICANT for source, _pairs in book.sources):
        item["applicant"] = case.applicant
    item["evidence"] = case.evidence
    if case.consents:
        item["consents"] = case.consents
    item["expect"] = case.expect
    if case.findings:
        item["findings"] = case.findings
    head = [
        f"# {book.code}, edition {book.number}: approved by the machine, found false by two"
        " officers.",
        "# 姓名、号码、电话、地址已替换。Names, numbers, telephones and addresses are replaced.",
    ]
    if not _judged_alike(book, case, decision):
        head.append("# 替换后判定有变，请补全事实。Masked, it is judged otherwise: add facts.")
    body = yaml.safe_dump(
        [item], allow_unicode=True, sort_keys=False, width=100, default_flow_style=None
    )
    return "\n".join([*head, body])


def _ids(book: Rulebook) -> set[str]:
    return {condition.id for condition in book.conditions}


def _evidence(
    rows: list[Evidence], book: Rulebook, review: SampleReview, mask: Mask
) -> dict[str, Any]:
    """Return what each entry of the edition's registries was answered, as a test writes it."""
    applicant = review.application.applicant
    read = {(row.registry, row.subject): row for row in rows}
    found: dict[str, Any] = {}
    facts = {key: (row.outcome, orjson.loads(row.facts)) for key, row in read.items()}
    named = questions.who_is_named(review.application, book, facts)
    for name, entry in book.pack.registries.items():
        if entry.naming:
            answers = {
                mask.of(text): _answer(
                    read.get((entry.registry, index))
                    or _of_applicant(read, entry, index, applicant),
                    mask,
                )
                for index, fact, text in named
                if fact == entry.naming
            }
            if answers:
                found[name] = answers if entry.item else next(iter(answers.values()))
            continue
        if not entry.item:
            found[name] = _answer(read.get((entry.registry, "")), mask)
            continue
        persons = listed(entry, review.application.answers)
        answers = {}
        for person in persons:
            row = read.get((entry.registry, person))
            row = row or _of_applicant(read, entry, person, applicant)
            answers[mask.number(person)] = _answer(row, mask)
        if answers:
            found[name] = answers
    return found


def _of_applicant(
    read: Mapping[tuple[str, str], Evidence], entry: Registry, person: str, applicant: str
) -> Evidence | None:
    return read.get((entry.registry, "")) if person == applicant else None


def _answer(row: Evidence | None, mask: Mask) -> Any:
    if row is None:
        return "failed"
    return mask.of(orjson.loads(row.facts)) if row.outcome == "found" else row.outcome


def _judged_alike(book: Rulebook, case: Case, decision: Decision) -> bool:
    """Whether the masked facts give each condition the result that the real ones gave."""
    verdict = orjson.loads(bytes(decision.receipt))["verdict"]
    before = {line["id"]: line["result"] for line in verdict["requirements"]}
    after = {one.id: one.result for one in judge(book, inputs_of(book, case)).findings}
    return {name: after.get(name) for name in before} == before
