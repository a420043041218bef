"""What an applicant may sign in place of a file (承诺), and what is looked at after approval.

A commitment (告知承诺) says that something is so; it is inspected afterwards. A promise (容缺受理)
says that a secondary file comes by a day. Each is a box of the form, which the pack does not write:
``with_boxes`` makes it of what the pack says. Law bars commitments in some areas, and then the pack
may have none (国办发〔2020〕42号, 社会信用条例).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from city.errors import SourceError
from city.source import Path, Source
from dmn.errors import FeelError
from services.pack.types import declared, words, written

if TYPE_CHECKING:
    from services.pack.model import Pack

Data = Mapping[str, Any]
Words = Mapping[str, str]
LATER = "_later"  # behind the name of a question with files: the box with the promise
COMMITTED, PROMISED = "committed", "promised"  # what a condition is that is met by one of them
# what became of one; only what is signed stands in for files
SIGNED, WITHDRAWN, BARRED = "signed", "withdrawn", "barred"
# in which law bars a commitment, whatever a pack would like
AREAS: Mapping[str, tuple[str, str]] = {
    "national_security": ("国家安全", "national security"),
    "public_safety": ("公共安全", "public safety"),
    "life_health": ("人身健康、生命财产安全", "health and life"),
    "finance": ("金融安全", "finance"),
    "ecology": ("生态环境保护", "ecology"),
    "high_risk": ("风险较大、纠错成本高", "high risk, hard to undo"),
}


@dataclass(frozen=True, slots=True)
class Commitment:
    """What may be signed in place of the files of ``instead_of`` (a question).

    ``zh``, ``en``: the words that are signed. ``inspected``: what the office looks at afterwards,
    ``consequence`` of untruth; ``bars``: for how long (ISO 8601) its signer may then commit to
    nothing. ``barred_if``: an expression; whoever it does not surely clear cannot commit.
    """

    id: str
    instead_of: str
    zh: str
    en: str
    law: str
    inspected: Words
    consequence: Words
    bars: str
    barred_if: str = ""
    doubt: str = ""

    def text(self, language: str) -> str:
        """Return everything that is signed, in one language."""
        own = self.zh if language == "zh" else self.en
        return "\n".join((own, self.inspected[language], self.consequence[language]))

    @property
    def sha256(self) -> str:
        """The hash of what is signed, both languages and the law, in hex."""
        whole = "\n".join((self.text("zh"), self.text("en"), self.law))
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Later:
    """That a file is secondary: it may come within so many days, on a written promise (容缺).

    ``before``: nothing is decided without it, or it is an open duty after the approval. Not there
    by its day, the acceptance is withdrawn, or an officer looks at what was granted.
    """

    days: int
    unit: Literal["working", "calendar"]
    before: Literal["decision", "after"]
    law: str

    def sha256(self, question: str, label: Words) -> str:
        """The hash of what is promised of a question, in hex."""
        parts = (question, label["zh"], label["en"], str(self.days), self.unit, self.law)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is looked at after approval, within how many days; ``share``: of a hundred approvals.

    What was granted on a commitment is always looked at; ``share`` is of all others, drawn.
    """

    days: int
    unit: Literal["working", "calendar"]
    law: str
    zh: str
    en: str
    share: int = 0


def later(part: Data | None) -> Later | None:
    if part is None:
        return None
    return Later(int(part["days"]), part["unit"], part["before"], part["law"])


def commitments(data: Data) -> dict[str, Commitment]:
    return {
        name: Commitment(
            name,
            part["instead_of"],
            **words(part),
            law=part["law"],
            inspected=words(part["inspected"]),
            consequence=words(part["consequence"]),
            bars=part["bars"],
            barred_if=str(part.get("barred_if", "")),
            doubt=part.get("doubt", ""),
        )
        for name, part in data.get("commitments", {}).items()
    }


def inspection(part: Data | None) -> Inspection | None:
    if part is None:
        return None
    within = part["within"]
    share = int(part.get("share", 0))
    return Inspection(
        int(within["days"]), within["unit"], within["law"], **words(part), share=share
    )


def box_of(question: str) -> str:
    """Return the name of the box with the promise of a question's files."""
    return question + LATER


def boxes(pack: Pack) -> dict[str, str]:
    """Return the question that each box of the form is beside, by the name of the box."""
    promised = {box_of(name): name for name, one in pack.materials.items() if one.later}
    return {**{c.id: c.instead_of for c in pack.commitments.values()}, **promised}


def with_boxes(form: dict[str, Any], pack: Pack) -> dict[str, Any]:
    """Return the form with a box behind each question in whose place something may be signed."""
    if not (found := boxes(pack)):
        return form
    properties: dict[str, Any] = {}
    for name, node in form["properties"].items():
        properties[name] = node
        for box in (box for box, question in found.items() if question == name):
            properties[box] = _box(pack, box, name, node)
    return {**form, "properties": properties}


def _box(pack: Pack, box: str, question: str, node: Data) -> dict[str, Any]:
    made = {"type": "boolean", "x-widget": "checkbox"}
    if (one := pack.commitments.get(box)) is not None:
        return made | {
            "x-zh": f"我选择告知承诺，不提交“{node['x-zh']}”",
            "x-en": f"I sign this commitment instead of handing in: {node['x-en']}",
            "x-hint-zh": f"告知承诺（自愿选择，决定前可以撤回）：\n{one.text('zh')}",
            "x-hint-en": f"Commitment (your choice; may be taken back before the decision):\n"
            f"{one.text('en')}",
            "x-law": one.law,
        }
    term = pack.materials[question].later
    assert term is not None, f"{box} promises nothing"
    zh = "个工作日" if term.unit == "working" else "日"
    en = "working days" if term.unit == "working" else "days"
    lapse = {
        "decision": ("逾期未补交的，撤回受理", "else the acceptance is withdrawn"),
        "after": (
            "逾期未补交的，由工作人员核查处理",
            "else an officer looks into what was granted",
        ),
    }[term.before]
    return made | {
        "x-zh": f"暂缺“{node['x-zh']}”，我承诺自提交之日起 {term.days} {zh}内补交（{lapse[0]}）",
        "x-en": f"I hand in “{node['x-en']}” within {term.days} {en} of submitting; {lapse[1]}",
        "x-law": term.law,
    }


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Everything wrong with what may be signed and what is inspected."""
    areas = source.data.get("areas", ())
    for place, name in enumerate(pack.commitments):
        path: Path = ("commitments", name)
        one = pack.commitments[name]
        if areas:
            zh = "、".join(AREAS[a][0] for a in areas)
            en = ", ".join(AREAS[a][1] for a in areas)
            why_zh = f"涉及{zh}的事项依法不适用告知承诺（国办发〔2020〕42号），请删去 commitments"
            why_en = f"law bars commitments where {en} is concerned: take commitments out"
            yield source.error(path, why_zh, why_en)
        if one.instead_of not in pack.materials:
            zh, en = f"没有材料 {one.instead_of}", f"there is no material {one.instead_of}"
            yield source.error((*path, "instead_of"), zh, en)
        elif not any(f.is_material and f.field == one.instead_of for f in pack.facts.values()):
            zh = f"没有事实用到 {one.instead_of}，无须承诺"
            en = f"no fact rests on {one.instead_of}, so there is nothing to commit to"
            yield source.error((*path, "instead_of"), zh, en)
        earlier = list(pack.commitments.values())[:place]
        if any(before.instead_of == one.instead_of for before in earlier):
            zh, en = "同一材料只能有一项承诺", "one material has one commitment in its place"
            yield source.error((*path, "instead_of"), zh, en)
        if not _is_length(one.bars):
            zh, en = "bars 应为期限，例如 P3Y", "bars is a length of time, such as P3Y"
            yield source.error((*path, "bars"), zh, en)
    if pack.commitments and pack.inspection is None:
        zh = "告知承诺须在批准后核查：请写 inspection"
        en = "what is granted on a commitment is inspected afterwards: write inspection"
        yield source.error(("commitments",), zh, en)
    if pack.inspection and not pack.inspection.share and not pack.commitments:
        zh, en = "没有承诺，也没有 share，无可核查", "nothing is inspected: write share"
        yield source.error(("inspection",), zh, en)
    for box in boxes(pack):
        if box in pack.form.get("properties", {}):
            zh, en = (
                f"{box} 是系统生成的表单项，不能另写",
                f"the form's {box} is made by the system",
            )
            yield source.error(("form", "properties", box), zh, en)
    for name, one_ in pack.materials.items():
        if one_.later is not None:
            yield from _later_faults(source, pack, name, one_.use, one_.later)


def _later_faults(
    source: Source, pack: Pack, name: str, use: str, term: Later
) -> Iterator[SourceError]:
    path: Path = ("materials", name, "later")
    if use == "kept":
        zh = "没有事实用到的材料（use: kept）不必容缺；请写 use: present"
        en = "nothing asks whether a file that is only kept is there: write use: present"
        yield source.error(path, zh, en)
    if use == "read" and term.before != "decision":
        zh = "决定所依据的材料须在决定前补交：before: decision"
        en = "what a decision rests on is there before it: before: decision"
        yield source.error((*path, "before"), zh, en)
    if not 1 <= term.days <= 60:
        zh, en = "补交期限为 1 至 60 日", "the term is from 1 to 60 days"
        yield source.error((*path, "days"), zh, en)


def _is_length(text: str) -> bool:
    try:
        written(text, declared("duration"))
    except FeelError:
        return False
    return True
