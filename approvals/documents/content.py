"""What a document says, from facts alone. Pure: the payload that is signed, and drawn as it is.

The sentences are Chinese: they are the act itself, which has no translation. Titles, the law of a
kind and the remedies are the city's (``documents.yaml``); an officer's reason stands as decided.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from approvals.documents.law import formal
from approvals.states import DocumentKind as Kind
from city.model import Remedies, Title, Wording

FORM = "1"  # of the payload; a reader refuses any other
MARKS = {  # the last sign before the year in a document's number
    Kind.ACCEPTANCE: "受",
    Kind.CORRECTION: "补",
    Kind.APPROVAL: "准",
    Kind.REFUSAL: "不",
    Kind.EXTENSION: "延",
    Kind.PROCEDURE: "特",
    Kind.TRANSFER: "移",
}
DEEMED = "《中华人民共和国行政许可法》第三十二条第一款第四项"
JOINTLY = "《中华人民共和国行政许可法》第四十二条第二款"
Paragraph = dict[str, str]


@dataclass(frozen=True, slots=True)
class Matter:
    """The case that a document is about, and by what words."""

    application: str
    service: dict[str, str]  # code, zh, en
    law: str  # of the service, as its pack has it
    name: str  # to whom
    masked: str  # the number of that person or enterprise
    is_enterprise: bool
    office: dict[str, str]  # code, zh, en: full names
    sign: str  # of the office, before numbers
    wording: Wording
    remedies: Remedies
    received_on: datetime.date
    proxy: str = ""  # who acted for the applicant at a counter: 监护人李四

    @property
    def you(self) -> str:
        return "你单位" if self.is_enterprise else "你"


@dataclass(frozen=True, slots=True)
class Act:
    """What is put in writing. Only what its kind needs is filled in.

    ``items``: what is to be corrected, each once. ``opened``: titles of the fields that may be
    changed; none: all. ``reasons`` and ``officer``: of a named officer's decision, as decided.
    """

    kind: Kind
    on: datetime.date
    at: str  # ledger.events.instant
    by: str
    round: int
    source: str
    source_hash: str  # of the receipt, or of the event
    items: Sequence[str] = ()
    opened: Sequence[str] = ()
    reasons: Sequence[str] = ()
    officer: str = ""
    last_day: datetime.date | None = None
    until: datetime.date | None = None  # of a longer term, or a correction
    days: int = 0
    unit: str = "working"
    provisional: bool = False
    is_accepted: bool = False  # before a correction was asked for: the term goes on meanwhile
    is_deemed: bool = False  # accepted because nobody called anything missing in time
    certificate: dict[str, str] = field(default_factory=dict)  # zh, number
    to: str = ""  # the other office, in full
    procedure: str = ""  # its name
    law: str = ""  # that the officer named
    approval: tuple[str, datetime.date] | None = None  # of the government: its number and day


def payload(matter: Matter, act: Act, *, serial: int, public_id: str) -> dict[str, Any]:
    """Return the whole document as a canonical object."""
    title = matter.wording.titles[act.kind]
    return {
        "form": FORM,
        "kind": act.kind.value,
        "id": public_id,
        "title": title.title,
        "number": f"{matter.sign}{MARKS[act.kind]}〔{act.on.year}〕{serial}号",
        "application": matter.application,
        "round": str(act.round),
        "service": matter.service,
        "addressee": {"name": matter.name, "number": matter.masked},
        "office": matter.office,
        "issued": act.on.isoformat(),
        "at": act.at,
        "by": act.by,
        "source": {"id": act.source, "sha256": act.source_hash},
        "certificate": act.certificate or None,
        "body": list(_BODIES[act.kind](matter, act, title)),
    }


def day(on: datetime.date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def _text(text: str) -> Paragraph:
    return {"as": "text", "text": text}


def _listed(items: Sequence[str]) -> Iterator[Paragraph]:
    for place, item in enumerate(items, 1):
        yield {"as": "item", "text": f"{place}．{item}"}


def _application(matter: Matter) -> str:
    """Name the application as the first words of every document do."""
    received = day(matter.received_on)
    service = matter.service["zh"]
    by = f"（由{matter.proxy}代为）" if matter.proxy else ""
    return f"{matter.you}{by}于{received}提出的“{service}”申请（办件编号：{matter.application}）"


def _by_law(matter: Matter, title: Title) -> str:
    return title.law or formal(matter.law)


def _acceptance(matter: Matter, act: Act, title: Title) -> Iterator[Paragraph]:
    unit = "个工作日" if act.unit == "working" else "日"
    corrected = "经补正，" if act.round > 1 else ""
    if act.is_deemed:
        law = matter.wording.titles[Kind.CORRECTION].law
        law = law if "行政许可法" in law else f"参照{DEEMED}"
        yield _text(
            f"{_application(matter)}，本机关在收到申请之日起五个工作日内没有告知需要补正的内容。"
            f"{'' if law.startswith('参照') else '根据'}{law}的规定，该申请自收到之日起即为受理。"
        )
    else:
        yield _text(
            f"{_application(matter)}，申请事项属于本机关职权范围，"
            f"{corrected}{'除下列次要材料外，' if act.items else ''}申请内容齐全、符合法定形式。"
            f"根据{_by_law(matter, title)}的规定，本机关决定予以受理。"
        )
    if act.items:
        yield _text(f"下列次要材料暂缺，{matter.you}已书面承诺按期补交（容缺受理）：")
        yield from _listed(act.items)
        yield _text(
            "补交前不作出须以该材料为依据的决定；逾期未补交的，撤回受理或者另行核查，并说明理由。"
        )
    last = f"，本机关最迟于{day(act.last_day)}作出决定" if act.last_day else ""
    doubt = (
        "该日期按尚未公布的节假日安排暂计，公布后以更新后的日期为准。" if act.provisional else ""
    )
    yield _text(
        f"办理期限为{act.days}{unit}{last}。"
        "依法需要征求其他部门意见或者进行听证、检验、检测、鉴定、专家评审的，"
        f"所需时间不计算在内。{doubt}"
    )


def _correction(matter: Matter, act: Act, title: Title) -> Iterator[Paragraph]:
    yield _text(
        f"{_application(matter)}，经审查，申请内容不齐全或者不符合法定形式。"
        f"根据{_by_law(matter, title)}的规定，现将需要补正的全部内容一次性告知如下："
    )
    yield from _listed(act.items)
    if act.opened:
        yield _text(f"本次补正可以修改的栏目：{'、'.join(act.opened)}。其他栏目不得改动。")
    if act.until:
        time = (
            "该申请已经受理，补正期间办理期限继续计算。"
            if act.is_accepted
            else "补正所用时间不计算在办理期限内。"
        )
        yield _text(
            f"请于{day(act.until)}24时前补正并重新提交。逾期未补正的，本次申请办理终结，"
            f"{matter.you}可以重新提出申请。{time}"
        )


def _approval(matter: Matter, act: Act, title: Title) -> Iterator[Paragraph]:
    if act.officer:
        yield _text(f"{_application(matter)}，本机关已审查完毕。审查意见如下：")
        yield from _paragraphs(act.reasons)
        yield _text(f"根据{_by_law(matter, title)}的规定，本机关决定：{matter.wording.grant}。")
    else:
        yield _text(
            f"{_application(matter)}，经核验，符合规定的条件。"
            f"根据{_by_law(matter, title)}的规定，本机关决定：{matter.wording.grant}。"
        )
    if act.certificate:
        yield _text(
            f"据此签发《{act.certificate['zh']}》（编号：{act.certificate['number']}），"
            "电子证照与纸质证照具有同等法律效力。"
        )
    if not act.officer:
        yield _text(
            "本决定由信息系统按照已公布的规则自动作出。根据《中华人民共和国个人信息保护法》"
            f"第二十四条的规定，{matter.you}可以要求予以说明，并可以申请由工作人员复核。"
        )


def _refusal(matter: Matter, act: Act, title: Title) -> Iterator[Paragraph]:
    yield _text(f"{_application(matter)}，本机关已审查完毕。{matter.wording.refuse}的理由如下：")
    yield from _paragraphs(act.reasons)
    yield _text(f"根据{_by_law(matter, title)}的规定，本机关决定：{matter.wording.refuse}。")
    found = matter.remedies
    yield _text(
        f"如不服本决定，可以自收到本决定之日起六十日内向{found.reconsideration}申请行政复议，"
        f"也可以自收到本决定之日起六个月内依法向{found.court}提起行政诉讼。"
    )


def _extension(matter: Matter, act: Act, title: Title) -> Iterator[Paragraph]:
    unit = "个工作日" if act.unit == "working" else "日"
    yield _text(f"{_application(matter)}，不能在法定期限内作出决定，理由如下：")
    yield from _paragraphs(act.reasons)
    until = f"，至{day(act.until)}（含当日）" if act.until else ""
    law, who = _by_law(matter, title), "经本机关负责人批准"
    if act.approval is not None:
        number, on = act.approval
        law, who = JOINTLY, f"经本级人民政府负责人批准（{number}，{day(on)}）"
    yield _text(
        f"根据{law}的规定，{who}，办理期限延长{act.days}{unit}{until}。办理期限只延长一次。"
    )


def _procedure(matter: Matter, act: Act, title: Title) -> Iterator[Paragraph]:
    yield _text(
        f"{_application(matter)}，根据{formal(act.law)}的规定，需要进行{act.procedure}，说明如下："
    )
    yield from _paragraphs(act.reasons)
    needed = f"预计于{day(act.until)}前完成，" if act.until else ""
    law = f"根据{title.law}的规定，" if title.law else ""
    yield _text(
        f"{needed}{law}所需时间不计算在办理期限内。"
        f"{act.procedure}结束后，办理期限继续计算，结果另行告知。"
    )


def _transfer(matter: Matter, act: Act, title: Title) -> Iterator[Paragraph]:
    yield _text(f"{_application(matter)}，由本机关移送{act.to}办理，理由如下：")
    yield from _paragraphs(act.reasons)
    yield _text(f"办理期限不因移送重新计算。请{matter.you}就办理情况与{act.to}联系。")


def _paragraphs(reasons: Sequence[str]) -> Iterator[Paragraph]:
    """An officer's words as they were decided: each line a paragraph."""
    for reason in reasons:
        for line in reason.splitlines():
            if line.strip():
                yield {"as": "reason", "text": line.strip()}


_BODIES = {
    Kind.ACCEPTANCE: _acceptance,
    Kind.CORRECTION: _correction,
    Kind.APPROVAL: _approval,
    Kind.REFUSAL: _refusal,
    Kind.EXTENSION: _extension,
    Kind.PROCEDURE: _procedure,
    Kind.TRANSFER: _transfer,
}
