"""A verdict in words: the lines that a citizen, a clerk and an agency's program read. Pure.

Everything is worded from the edition and the verdict's payload alone, so that a receipt can be
explained years later. Values of an undisclosed condition are left out unless ``officer`` reads.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dmn import types as t
from dmn.values.temporal import YearsMonths, read_duration
from services import divisions
from services.pack.model import AS_OF, COSIGN, Fact, Parameter
from services.pack.wording import SLOT
from services.rulebook import Rulebook

INDEX = re.compile("[0-9a-f]{32}")
_SPAN = re.compile(r"P(\d+)[YMD]", re.ASCII)  # of one unit, which the pack gives a name of its own
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)

_RESULTS = {
    "met": ("符合", "met"),
    "unmet": ("不符合", "not met"),
    "unknown": ("无法核实", "could not be verified"),
    "not_applicable": ("不适用", "does not apply"),
    "unconfirmed": ("暂准，待核实", "to be confirmed after the approval"),
    "committed": ("以告知承诺符合", "met by commitment"),
    "promised": ("承诺补交", "to be handed in later, as promised"),
    "needed": ("须征求部门意见", "another agency has to be asked"),
    "asked": ("等待部门答复", "waiting for the agency"),
    "granted": ("部门已同意", "granted by the agency"),
    "denied": ("部门未同意", "denied by the agency"),
}
# of those who must sign beside the applicant
_SIGNED = {
    "needed": ("须由其他人签署", "others have to sign"),
    "asked": ("等待签署", "waiting for signatures"),
    "granted": ("均已签署", "signed by all"),
    "denied": ("有人未签署", "one of them declined"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """One value that a condition rests on: what it is called, what it is, and where it is from."""

    name: str
    label: str
    text: str  # "" when unknown
    origin: str  # registry, answer, parameter, date, table
    source: str  # name of the registry in words; the law of a parameter
    registry: str = ""  # its code
    answer: str = ""  # the form's field, where the applicant may correct it
    known: bool = True
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One requirement or consent, in words."""

    kind: str  # requirement, consent
    id: str
    result: str  # of services.verdict; of a consent needed, asked, granted, denied
    status: str  # the result in words
    words: str  # what is required, parameters filled in
    law: str
    unmet: str  # refer, return: what follows when it is unmet
    values: tuple[Value, ...] = ()
    failed_items: tuple[str, ...] = ()
    undisclosed: bool = False
    partner: str = ""

    @property
    def answers(self) -> tuple[str, ...]:
        """Fields of the form whose answers this rests on: what the applicant may correct."""
        return tuple(dict.fromkeys(value.answer for value in self.values if value.answer))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def explain(
    rulebook: Rulebook, payload: Mapping[str, Any], language: str, *, officer: bool = False
) -> list[Explanation]:
    """One explanation a requirement, in the order of the pack, then one a consent that matters.

    ``payload`` is ``Verdict.payload()``; ``language`` is ``zh…`` or ``en…``.
    """
    wording = Wording(rulebook, payload, language, officer=officer)
    return [*wording.requirements(), *wording.consents()]


def requirements_in_words(rulebook: Rulebook, on: datetime.date, language: str) -> dict[str, str]:
    """What each requirement demands on a day, by its id."""
    wording = Wording(rulebook, {AS_OF: on.isoformat()}, language)
    return {spec.id: wording.filled(spec) for spec in rulebook.pack.requirements}


def fact_in_words(rulebook: Rulebook, name: str, raw: Any, language: str) -> Value:
    """One fact outside a verdict, such as what is known before the form is filled in."""
    day = {AS_OF: rulebook.pack.in_force_from.isoformat()}
    return Wording(rulebook, day, language).fact(rulebook.facts[name], raw, True)


class Wording:
    """One edition's words on one day, in one language; ``payload`` needs ``as_of`` only.

    ``officer``: an officer reads them, and not the applicant.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        payload: Mapping[str, Any],
        language: str,
        *,
        officer: bool = False,
    ) -> None:
        self.rulebook = rulebook
        self.officer = officer
        self.payload = payload
        self.language = "en" if language.startswith("en") else "zh"
        self.terms = {
            value: label
            for node in rulebook.form["properties"].values()
            for value, label in self.labels(node).items()
        } | {
            value: words[self.language]
            for fact in rulebook.facts.values()
            for value, words in fact.labels.items()
        }
        self.fixed = rulebook.period(datetime.date.fromisoformat(payload[AS_OF])).json
        parameters = rulebook.pack.parameters.items()
        self.city = next((str(self.fixed.get(n, "")) for n, p in parameters if p.is_division), "")

    def requirements(self) -> Iterator[Explanation]:
        by_id = {requirement.id: requirement for requirement in self.rulebook.pack.requirements}
        for finding in self.payload["requirements"]:
            requirement = by_id[finding["id"]]
            disclosed = self.officer or not requirement.undisclosed
            failed = finding.get("failed_items", ())
            yield Explanation(
                kind="requirement",
                id=requirement.id,
                result=finding["result"],
                status=self.in_words(_RESULTS[finding["result"]]),
                words=self.filled(requirement),
                law=requirement.law,
                unmet=requirement.unmet,
                values=tuple(self.values(finding)) if disclosed else (),
                failed_items=tuple(self.text_of(item) for item in failed) if disclosed else (),
                undisclosed=requirement.undisclosed,
            )

    def consents(self) -> Iterator[Explanation]:
        for item, state in self.payload["consents"].items():
            if state == "not_applicable":
                continue
            if item == COSIGN:
                yield self.cosigning(state)
                continue
            spec = self.rulebook.consents[item]
            yield Explanation(
                kind="consent",
                id=item,
                result=state,
                status=self.in_words(_RESULTS[state]),
                words=self.words_of(spec),
                law=spec.law,
                unmet="refer",
                partner=spec.partner,
            )

    def cosigning(self, state: str) -> Explanation:
        words = ("共同申请人逐一登录确认", "Everyone who signs confirms from their own log-in")
        return Explanation(
            kind="consent",
            id=COSIGN,
            result=state,
            status=self.in_words(_SIGNED.get(state) or _RESULTS[state]),
            words=self.in_words(words),
            law=self.rulebook.pack.law,
            unmet="refer",
        )

    def filled(self, spec: Any) -> str:
        """The words of a requirement with ``{parameter}`` replaced by its value on the day."""

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            return self.parameter(name) if name in self.fixed else match[0]

        return SLOT.sub(fill, self.words_of(spec))

    def parameter(self, name: str) -> str:
        spec, raw = self.rulebook.pack.parameters[name], self.fixed[name]
        if spec.is_division:
            return self.division(str(raw))
        if spec.unit is None:
            return self.text_of(raw, spec.type)
        number = _SPAN.fullmatch(str(raw)) if spec.type in (t.YEARS_MONTHS, t.DAYS_TIME) else None
        text = number[1] if number else self.text_of(raw)
        return f"{text} {spec.unit[self.language]}"  # P18Y in 周岁 is 18 周岁, not 18 年

    def values(self, finding: Mapping[str, Any]) -> Iterator[Value]:
        uses = finding["uses"]
        for name in [*uses, *finding.get("unknown", ())]:
            yield self.value(name, uses.get(name), name in uses)
        for name in finding.get("withheld", ()):
            words = ("他人的信息，不在此显示", "of other persons, not shown here")
            if self.officer:  # the receipt, which the applicant gets, does not say it
                words = ("见下方查询证据", "see the evidence below")
            text = self.in_words(words)
            yield dataclasses.replace(self.value(name, None, False), text=text, known=True)

    def value(self, name: str, raw: Any, known: bool) -> Value:
        fact = self.rulebook.facts.get(name)
        if fact is not None:
            return self.fact(fact, raw, known)
        parameter = self.rulebook.pack.parameters.get(name)
        if parameter is not None:
            return self.fixed_value(parameter, raw, known)
        if name == AS_OF:
            label = ("受理日期", "date received")
            return Value(name, self.in_words(label), self.text_of(raw), "date", "")
        table = self.rulebook.pack.tables[name]
        label_of = table.label[self.language] if table.label else name
        return Value(
            name, label_of, self.text_of(raw) if known else "", "table", table.law, known=known
        )

    def fact(self, fact: Fact, raw: Any, known: bool) -> Value:
        answered = fact.source == "answers"
        registry = self.rulebook.pack.registries.get(fact.source)  # none: of the applicant
        # what a registry says of an answer is corrected by another answer
        subject = "" if registry is None or registry.naming else registry.subject
        answer = fact.field if answered else subject
        text = self.text_of(raw, fact.type) if known else ""
        if fact.is_division and known and raw is not None:
            text = self.division(str(raw))
        return Value(
            name=fact.name,
            label=self.words_of(fact),
            text=self.choice(fact.field, raw, text) if answered and known else text,
            origin="registry" if registry else "answer",
            source=self.words_of(registry) if registry else self.in_words(self.of_applicant(fact)),
            registry=fact.source if registry else "",
            answer=answer,
            known=known,
        )

    def of_applicant(self, fact: Fact) -> tuple[str, str]:
        if fact.is_material and self.officer:
            return "申请人提交的材料", "what the applicant handed in"
        if fact.is_material:
            return "您提交的材料", "what you handed in"
        if self.officer:
            return "申请人填报", "the applicant's answer"
        return "您的填报", "your answer"

    def division(self, code: str) -> str:
        """The name of a division: as the form calls it; within the city without the city's."""
        return self.terms.get(code) or divisions.name(code, self.city, self.language)

    def fixed_value(self, parameter: Parameter, raw: Any, known: bool) -> Value:
        label = parameter.label[self.language] if parameter.label else parameter.name
        text = self.parameter(parameter.name) if known else ""
        return Value(
            parameter.name, label, text, "parameter", parameter.law, known=known,
            doubt=parameter.doubt,
        )  # fmt: skip

    def choice(self, field: str, raw: Any, text: str) -> str:
        """The label of a choice instead of its code, where the form has labelled choices."""
        node = self.rulebook.form["properties"].get(field, {})
        labels = self.labels(node)
        if isinstance(raw, list):
            return self.joined([labels.get(item, str(item)) for item in raw]) if labels else text
        return labels.get(raw, text)

    def labels(self, node: Mapping[str, Any]) -> dict[str | int, str]:
        """The words of a question's choices; one that is no text or number has none."""
        return {
            option["const"]: option[f"x-{self.language}"]
            for option in (node.get("items") or node).get("oneOf", ())
            if isinstance(option["const"], str | int)
        }

    def field_label(self, field: str) -> str:
        """What the form calls an answer."""
        return str(self.rulebook.form["properties"].get(field, {}).get(f"x-{self.language}", field))

    def words_of(self, spec: Any) -> str:
        return str(spec.en if self.language == "en" else spec.zh)

    def in_words(self, pair: tuple[str, str]) -> str:
        return pair[self.language == "en"]

    def joined(self, parts: list[str]) -> str:
        return (", " if self.language == "en" else "、").join(parts)

    def text_of(self, raw: Any, kind: t.Type | None = None) -> str:
        """A canonical value as text for people: spans in words, truth as yes and no."""
        if raw is None:
            return self.in_words(("无", "none"))
        if isinstance(raw, bool):
            return self.in_words(("是", "yes") if raw else ("否", "no"))
        if isinstance(raw, list):
            return self.joined([self.text_of(item) for item in raw]) or self.in_words(
                ("无", "none")
            )
        if isinstance(raw, dict):
            # of a person the name says who it is, and the index of the number nothing
            readable = [item for item in raw.values() if not INDEX.fullmatch(str(item))]
            return self.joined([self.text_of(item) for item in readable or raw.values()])
        if INDEX.fullmatch(str(raw)):  # of a person: nothing to be read in it
            return self.in_words(("（已加密）", "(kept encrypted)"))
        if kind in (t.YEARS_MONTHS, t.DAYS_TIME):
            return span(str(raw), self.language)
        if found := _DATE.fullmatch(str(raw)):
            return written_date(found[0], self.language)
        return self.terms.get(str(raw), str(raw))


def written_date(iso: str, language: str) -> str:
    """Write an ISO date as pages do: 2026年3月1日, 1 March 2026; no such date stays as it is."""
    try:
        date = datetime.date.fromisoformat(iso)
    except ValueError:
        return iso
    if language == "en":
        return f"{date.day} {date:%B %Y}"
    return f"{date.year}年{date.month}月{date.day}日"


def span(text: str, language: str) -> str:
    """A duration in words: ``P2Y`` is 2 年 or 2 years; one that is neither stays as it is."""
    found = read_duration(text)
    parts: list[tuple[int, str, str]] = []
    if isinstance(found, YearsMonths):
        parts = [(found.years_part, "年", "year"), (found.months_part, "个月", "month")]
    elif isinstance(found, datetime.timedelta) and found == datetime.timedelta(found.days):
        parts = [(found.days, "日", "day")]
    words = [
        f"{n} {en}{'' if n == 1 else 's'}" if language == "en" else f"{n} {zh}"
        for n, zh, en in parts
        if n
    ]
    return " ".join(words) or text
