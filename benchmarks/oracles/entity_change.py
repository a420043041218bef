"""企业变更, DOMAIN row 7a (市场主体登记管理条例 §24): new values are judged as at the start."""

import datetime
from collections.abc import Collection
from decimal import Decimal

from benchmarks.oracles import case as c
from benchmarks.oracles import fitness, names, premises
from benchmarks.oracles.case import Case, Condition
from benchmarks.oracles.fitness import each
from benchmarks.oracles.limited_company import answered, is_paid_in_time

APPLY_DAYS = 30
NEW = fitness.listed("representatives")


def firm(case: Case) -> c.Record:
    """Return what is registered; of a business without a record nothing is known."""
    found = case.of("enterprise")
    if found.is_absent:
        raise c.Silent("enterprise")
    return found


def decided_on(case: Case) -> datetime.date:
    return datetime.date.fromisoformat(case.answers["decided_on"])


def is_in_time(case: Case) -> bool:
    """Late, it bars nothing but may be fined (§46): a person looks."""
    return case.on <= decided_on(case) + datetime.timedelta(days=APPLY_DAYS)


def is_renamed(case: Case) -> bool:
    before = firm(case)["trade_name"]
    if before is None:
        raise c.Silent("trade_name")
    return bool(names.word(case) != before)


def lines_of_name(case: Case) -> Collection[str]:
    """Return the lines in which the name has to be free: of one that is kept, those added."""
    if names.word(case) != firm(case)["trade_name"]:
        return names.scope(case)
    held = {line[:3] for line in firm(case)["scope"]}
    return [line for line in names.scope(case) if line[:3] not in held]


def adds_no_permit(case: Case) -> bool:
    """Of lines that are kept, permits were seen before."""
    needing = {*names.scope(case)} & {*names.PERMITS}
    return not needing or needing <= {*firm(case)["scope"]}


def is_moved(case: Case) -> bool:
    return bool(case.answers["premises"] != case.of("enterprise")["premises"])


def is_same_district(case: Case) -> bool:
    before = case.of("enterprise")["premises"]
    return before is None or case.answers["premises"][:6] == before[:6]


def is_no_reduction(case: Case) -> bool:
    """Less has to be told to creditors (公司法 §224), and so may be what nobody has registered."""
    before = firm(case)["capital"]
    return before is not None and Decimal(case.answers["capital"]) >= Decimal(before)


def is_companies_affair(case: Case) -> bool:
    plain = not answered("representatives")(case) and not answered("capital")(case)
    return plain or case.answers["entity_kind"] == "company"


def kept_apart(condition: Condition) -> Condition:
    """Return a condition that holds of branches, which have their company's name."""
    return c.where(lambda case: case.answers["entity_kind"] != "branch", condition)


CONDITIONS: dict[str, Condition] = {
    "active": lambda case: firm(case)["state"] == "active",
    "kind": lambda case: case.answers["entity_kind"] == firm(case)["kind"],
    "registered": lambda case: None not in (firm(case)["trade_name"], firm(case)["premises"]),
    "shares": lambda case: firm(case)["shares_frozen"] is firm(case)["shares_pledged"] is False,
    "decided": lambda case: decided_on(case) <= case.on,
    "in_time": is_in_time,
    **{name: c.where(is_renamed, one) for name, one in names.CONDITIONS.items()},
    "name_free": kept_apart(c.any_of(names.is_free(), names.is_free(lines_of_name))),
    "permits": adds_no_permit,
    **premises.WHERE,  # the licence prints the address: it has to be there (choice of the pack)
    "premises_use": c.where(c.all_of(c.address_exists, is_moved), premises.is_for_business),
    "premises_disputed": c.where(c.all_of(c.address_exists, is_moved), premises.is_undisputed),
    "district": is_same_district,
    "companies_only": is_companies_affair,
    "named": each(NEW, "population", fitness.is_named),
    "fit": each(NEW, "population", fitness.is_fit),
    **fitness.of_office(NEW),
    "false_registration": each(NEW, "enterprise", fitness.is_not_barred),
    # more is paid within five years (公司法 §228)
    "paid_by": c.where(answered("capital"), c.all_of(answered("paid_by"), is_paid_in_time)),
    "capital": c.where(
        lambda case: answered("capital")(case) and case.answers["entity_kind"] == "company",
        is_no_reduction,
    ),
}
CORRECTABLE = names.CORRECTABLE | premises.CORRECTABLE | {"kind", "decided", "paid_by"}
# who takes office agrees to it: a choice of the pack (实施细则 §16), DOMAIN asks for nothing
CONSENTS = {"cosign": lambda case: bool(NEW(case))}
SAME = {
    **{
        name: name
        for name in ("active", "registered", "shares", "decided", "in_time", "named", "fit")
    },
    "entity_kind": "kind",
    **names.SAME,
    "new_permits": "permits",
    **premises.SAME,
    "same_district": "district",
    "companies_only": "companies_only",
    "no_crime": "crime",
    "no_revoked": "office",
    "no_bar": "false_registration",
    "credit": "dishonest",
    "capital_paid": "paid_by",
    "capital_grows": "capital",
}
