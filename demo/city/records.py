"""Each registry's data, written from what is so: dates as ISO text, numbers as decimal text."""

from collections.abc import Iterable
from typing import Any

from demo.city import welfare
from demo.city.enterprises import Enterprise, Place
from demo.city.people import Person
from demo.city.places import CITY

Data = dict[str, Any]


def population(t: Person) -> Data | None:
    """人口: one record a person."""
    return {
        "name": t.name,
        "sex": {"M": "男", "F": "女"}[t.sex],
        "born": t.born.isoformat(),
        "alive": t.alive,
        "hukou_region": t.hukou_region,
        "hukou_city": t.hukou_city,
        "capacity": t.capacity,
    }


def social(t: Person) -> Data | None:
    """社会保险: only of those who were ever insured here."""
    if t.insurance is None:
        return None
    return {
        "insured_city": CITY,
        "insured_since": t.insurance.since.isoformat(),
        "months": str(t.insurance.months),
        "paid_until": t.insurance.until.isoformat(),
        "continuous": str(t.insurance.continuous),
        "recent": str(t.insurance.recent),
        "paying": t.insurance.paying,
    }


def education(t: Person) -> Data | None:
    """学历: the highest degree, under the name that the school wrote."""
    if t.degree is None:
        return None
    return {
        "name": t.degree.name,
        "level": t.degree.level,
        "full_time": t.degree.full_time,
        "graduated": t.degree.graduated.isoformat(),
        "school": t.degree.school,
        "certificate": t.degree.certificate,
        "revoked": t.degree.revoked,
    }


def criminal(t: Person) -> Data | None:
    """违法犯罪: a clean sheet is a record too."""
    return {
        "name": t.name,
        "record": bool(t.crimes),
        "records": [
            {
                "case": case,
                "kind": kind,
                "ended": ended.isoformat(),
                "political": False,
                "probation": False,
            }
            for case, kind, ended in t.crimes
        ],
        "drugs": t.drugs,
    }


def credit(t: Person) -> Data | None:
    """公共信用: lists that the person stands on."""
    return {
        "name": t.name,
        "dishonest": bool(t.debts),
        "lists": [
            {"id": case, "list": "失信被执行人", "listed_on": on.isoformat()}
            for case, on in t.debts
        ],
    }


def trades(t: Person, owned: list[Enterprise]) -> Data:
    """商事主体, asked about a person: what they run, and whether they are barred."""
    return {
        "trades": [
            {
                "uscc": e.uscc,
                "name": e.name,
                "role": "经营者" if e.kind == "sole_trader" else "法定代表人",
                "state": e.state,
                "since": e.established.isoformat(),
                "ended": e.ended.isoformat() if e.ended else None,
            }
            for e in owned
        ],
        "false_registration_until": t.banned_until.isoformat() if t.banned_until else None,
    }


def enterprise(e: Enterprise) -> Data:
    """商事主体, asked about a unified social credit code."""
    return {
        "name": e.name,
        "kind": e.kind,
        "state": e.state,
        "scope": list(e.scope),
        "capital": e.capital,
        "established": e.established.isoformat(),
        "legal_representative": e.representative,
        "trade_name": e.trade_name,
    }


def names(enterprises: Iterable[Enterprise]) -> dict[str, Data]:
    """企业名称, by trade name: divisions of industry in which somebody has it, or had it once."""
    found: dict[str, set[str]] = {}
    released: dict[str, list[Data]] = {}
    for e in enterprises:
        divisions = sorted({code[:3] for code in e.scope})
        ends = released.setdefault(e.trade_name, [])
        if e.ended is None:
            found.setdefault(e.trade_name, set()).update(divisions)
            continue
        for division in divisions:
            ends.append(
                {
                    "id": f"{e.uscc}-{division}",
                    "industry": division,
                    "how": e.state,
                    "on_day": e.ended.isoformat(),
                }
            )
    return {
        name: {"industries": sorted(found.get(name, ())), "released": ends, "reserved": []}
        for name, ends in released.items()
    }


def address(p: Place) -> Data:
    """地址: whether it stands, what it may be used for, whether somebody disputes it."""
    return {
        "exists": p.exists,
        "region": p.region,
        "use": p.use,
        "disputed": p.disputed,
        "text": p.text,
    }


OF_PERSONS = {
    "population": population,
    "social": social,
    "education": education,
    "criminal": criminal,
    "credit": credit,
    **welfare.OF_PERSONS,
}
