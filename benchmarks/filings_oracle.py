"""Which filings a business owes, and why not the others: plain Python, apart from every pack.

Written from notice 工商企注字〔2018〕31号 (the 24 items of the whole country), from the five
certificates of 2016 and six local items, item by item, so that a clerk could check it line by
line. An item is excluded by every reason that is true of it; the pack names one of them.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.businesses import Business

BASE = datetime.date(2016, 10, 1)  # 五证合一
NOTICE = datetime.date(2018, 3, 1)
INSPECTION_MERGED = datetime.date(2018, 4, 20)  # 报检 went to the customs
FOREIGN_REPORTED = datetime.date(2020, 1, 1)  # 外商投资法: reporting takes the filing's place
COST_ABOLISHED = datetime.date(2021, 7, 1)  # 国发〔2021〕7号
GRAIN_LEAST, OIL_LEAST = 500, 100  # tonnes
DISPATCH_CAPITAL = 2_000_000  # yuan, 劳动合同法 §57

WORDS = {
    "early": ("尚未纳入", "not yet in the catalogue"),
    "merged": ("已并入海关的收发货人备案", "merged into the customs filing"),
    "reported": ("改为信息报告", "replaced by reporting"),
    "abolished": ("工程造价咨询企业资质已取消", "the qualification was abolished"),
    "branch": ("仅限分公司", "for branches only"),
    "scope": ("经营范围不涉及", "not in its lines of business"),
    "employees": ("没有用工", "no employees"),
    "foreign": ("仅限外商投资企业", "for foreign investment only"),
    "abroad": ("不从事进出口", "no imports or exports"),
    "origin": ("不办原产地证", "needs no certificates of origin"),
    "seal": ("未申请刻章", "no seal asked for"),
    "cards": ("不发行预付卡", "issues no prepaid cards"),
    "graduates": ("不属大学生创业企业", "not founded by graduates"),
    "storage": ("仓容未达到备案起点", "storage below the threshold"),
    "capital": (
        "总公司注册资本未达到劳务派遣许可的下限",
        "the company's capital is below the least for a dispatcher",
    ),
}

Holds = Callable[[Business], bool]
Block = Callable[[Business], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Item:
    """One filing. ``needs``: reason if not so -> what must be so. ``least``: the same, but asked
    in the filing's own block of questions."""

    id: str
    receiver: str
    needs: dict[str, Holds]
    block: Block | None = None
    permit: bool = False  # the block names the parent's permit
    least: tuple[str, Holds] | None = None
    since: datetime.date = NOTICE
    ended: tuple[datetime.date, str] | None = None


def _in(*codes: str) -> Holds:
    return lambda business: bool(business.scope & set(codes))


def _branch(business: Business) -> bool:
    return business.branch


def _flag(name: str) -> Holds:
    return lambda business: bool(getattr(business, name))


def _permit(business: Business) -> dict[str, Any]:
    return {"permit": "证字0001"} if business.parent_permit else {}


CATALOGUE = (
    Item("licence", "market", {}, since=BASE),
    Item("organisation", "market", {}, since=BASE),
    Item("tax", "tax", {}, since=BASE),
    Item("social", "labour", {}, since=BASE),
    Item("statistics", "statistics", {}, since=BASE),
    Item("seal", "police", {"seal": _flag("seal")}),
    Item(
        "grain",
        "grain",
        {"scope": _in("G5951", "G5941")},
        block=lambda b: {"grain_tonnes": b.grain_tonnes, "oil_tonnes": b.oil_tonnes},
        least=("storage", lambda b: b.grain_tonnes >= GRAIN_LEAST or b.oil_tonnes >= OIL_LEAST),
    ),
    Item(
        "security_branch",
        "police",
        {"branch": _branch, "scope": _in("L7271")},
        block=lambda b: {**_permit(b), "guards": 12, "manager": "赵六"},
        permit=True,
    ),
    Item("appraisal", "finance", {"scope": _in("L7249")}, block=lambda b: {"appraisers": 2}),
    Item(
        "dispatch_branch",
        "labour",
        {"branch": _branch, "scope": _in("L7263")},
        block=lambda b: {**_permit(b), "parent_capital": str(b.parent_capital)},
        permit=True,
        least=("capital", lambda b: b.parent_capital >= DISPATCH_CAPITAL),
    ),
    Item(
        "estate_agency",
        "housing",
        {"scope": _in("K7030")},
        block=lambda b: {"brokers": [{"name": "孙七", "licence": "经纪0001"}]},
    ),
    Item("housing_fund", "housing_fund", {"employees": lambda b: b.employees > 0}),
    Item(
        "cost_branch",
        "housing",
        {"branch": _branch, "scope": _in("M7481")},
        ended=(COST_ABOLISHED, "abolished"),
    ),
    Item("property", "housing", {"scope": _in("K7020")}),
    Item(
        "seed_branch",
        "agriculture",
        {"branch": _branch, "scope": _in("A0511")},
        block=_permit,
        permit=True,
    ),
    Item(
        "recycling",
        "commerce",
        {"scope": _in("F5191")},
        block=lambda b: {"categories": ["metal", "paper"]},
    ),
    Item("forwarding", "commerce", {"scope": _in("G5821")}),
    Item(
        "foreign",
        "commerce",
        {"foreign": _flag("foreign")},
        ended=(FOREIGN_REPORTED, "reported"),
    ),
    Item(
        "customs",
        "customs",
        {"abroad": _flag("trade_abroad")},
        block=lambda b: {"contact": "周八", "phone": "13800138000"},
    ),
    Item(
        "inspection",
        "customs",
        {"abroad": _flag("trade_abroad")},
        ended=(INSPECTION_MERGED, "merged"),
    ),
    Item("book_hire", "press", {"scope": _in("L7124", "L7125")}),
    Item(
        "travel_outlet",
        "culture",
        {"branch": _branch, "scope": _in("L7291")},
        block=_permit,
        permit=True,
    ),
    Item(
        "weather",
        "weather",
        {"scope": _in("M7410")},
        block=lambda b: {"delivery": "短信", "range": "本市"},
    ),
    Item("branch_licence", "market", {"branch": _branch}),
    Item("art", "culture", {"scope": _in("F5246")}),
    Item("startup", "labour", {"graduates": _flag("graduate_startup")}),
    Item("advertising", "market", {"scope": _in("L7251")}),
    Item("car_hire", "transport", {"scope": _in("L7111")}),
    Item("prepaid", "commerce", {"cards": _flag("prepaid_cards")}),
    Item("origin", "customs", {"origin": _flag("origin")}),
)


def expected(business: Business) -> dict[str, set[str]]:
    """Every item of the catalogue -> the reasons that exclude it; no reason: it applies."""
    return {item.id: _against(item, business) for item in CATALOGUE}


def _questions(item: Item, business: Business) -> set[str]:
    """What excludes an item before its own block is read."""
    found = {reason for reason, holds in item.needs.items() if not holds(business)}
    if business.day < item.since:
        found.add("early")
    if item.ended and business.day >= item.ended[0]:
        found.add(item.ended[1])
    return found


def _against(item: Item, business: Business) -> set[str]:
    found = _questions(item, business)
    if not found and item.least and not item.least[1](business):
        found.add(item.least[0])
    return found


def blocks(business: Business) -> dict[str, dict[str, Any]]:
    """The blocks of questions that this business must be asked, filled in by it."""
    return {
        item.id: item.block(business)
        for item in CATALOGUE
        if item.block and not _questions(item, business)
    }


def missing(business: Business) -> list[str]:
    """Pointers of what it cannot answer: the permit of a parent that has none."""
    return [
        f"/filings/{item.id}/permit"
        for item in CATALOGUE
        if item.permit and not business.parent_permit and not _questions(item, business)
    ]
