"""有限公司设立, DOMAIN row 6 (公司法 §§13, 42, 47, 178), and branches of companies.

Directors are looked up one by one, and so are shareholders: the law bars none of them from holding
shares, so that a person looks.
"""

from decimal import Decimal

from benchmarks.oracles import case as c
from benchmarks.oracles import fitness, names, premises
from benchmarks.oracles.case import Case, Condition
from benchmarks.oracles.fitness import each, listed

MOST_SHAREHOLDERS = 50
PAY_YEARS = 5
# of the city's list of lines that need a permit first, those that no agency answers for here
OTHER_PERMITS = ("L7263", "L7271")
DIRECTORS, INVESTORS = listed("directors"), listed("investors")


def is_company(case: Case) -> bool:
    return bool(case.answers["kind"] == "company")


def is_complete(case: Case) -> bool:
    return None not in map(case.answers.get, ("investors", "directors", "capital", "paid_by"))


def is_subscribed(case: Case) -> bool:
    shares = [Decimal(one["capital"]) for one in INVESTORS(case)]
    return sum(shares) == Decimal(case.answers["capital"])


def is_paid_in_time(case: Case) -> bool:
    paid = c.day(c.Record(case.answers), "paid_by")
    return paid is not None and paid <= c.later(case.on, years=PAY_YEARS)


def represents_parent(case: Case) -> bool:
    """A branch is founded by its company: which is active, and which the applicant represents."""
    return any(
        (one["uscc"], one["role"], one["state"]) == (case.answers["parent"], "法定代表人", "active")
        for one in case.of("enterprise")["trades"] or ()
    )


def of_company(condition: Condition) -> Condition:
    return c.where(is_company, condition)


def answered(question: str) -> Condition:
    return lambda case: case.answers.get(question) is not None


CONDITIONS: dict[str, Condition] = {
    "living": c.is_living,
    "capable": c.is_capable,
    **fitness.of_office(fitness.applicant),
    "false_registration": each(fitness.applicant, "enterprise", fitness.is_not_barred),
    "directors_named": each(DIRECTORS, "population", fitness.is_named),
    "directors_fit": each(DIRECTORS, "population", fitness.is_fit),
    **{f"directors_{name}": one for name, one in fitness.of_office(DIRECTORS).items()},
    "investors_named": each(INVESTORS, "population", fitness.is_named),
    "investors_living": each(INVESTORS, "population", fitness.is_living),
    "investors_capable": each(INVESTORS, "population", fitness.is_capable),
    # Hong Kong, Macao and Taiwan too, whatever is answered
    "investors_mainland": each(INVESTORS, "population", fitness.is_registered),
    "investors_crime": each(INVESTORS, "criminal", fitness.is_unconvicted),
    "investors_dishonest": each(INVESTORS, "credit", fitness.is_honest),
    "complete": of_company(is_complete),
    "shareholders": lambda case: len(INVESTORS(case)) <= MOST_SHAREHOLDERS,
    "shares": lambda case: all(Decimal(one["capital"]) > 0 for one in INVESTORS(case)),
    "capital": c.where(answered("investors"), is_subscribed),
    "paid_by": c.where(answered("paid_by"), is_paid_in_time),
    "domestic": lambda case: not case.answers.get("foreign"),
    "other_permits": of_company(
        lambda case: not premises.has_line(*OTHER_PERMITS)(case),
    ),
    "parent": lambda case: is_company(case) or "parent" in case.answers,
    "parent_own": c.where(answered("parent"), represents_parent),
    **names.CONDITIONS,
    "name_free": of_company(names.is_free()),
    **premises.CONDITIONS,
}
CORRECTABLE = (
    names.CORRECTABLE
    | premises.CORRECTABLE
    | {"complete", "shareholders", "shares", "capital", "paid_by", "parent"}
)
CONSENTS = {
    "food": premises.has_line("H6210"),
    "culture": premises.has_line("R9013"),
    "cosign": lambda case: bool(INVESTORS(case)),
}
SAME = {
    **c.SAME_PERSON,
    "no_crime": "crime",
    "no_revoked": "office",
    "credit": "dishonest",
    "no_bar": "false_registration",
    **{
        f"directors_{name}": f"directors_{one}"
        for name, one in (
            *(("named", "named"), ("fit", "fit"), ("crime", "crime"), ("office", "office")),
            ("credit", "dishonest"),
        )
    },
    "investors_named": "investors_named",
    "investors_living": "investors_living",
    "investors_capacity": "investors_capable",
    "investors_mainland": "investors_mainland",
    "investors_crime": "investors_crime",
    "investors_credit": "investors_dishonest",
    "investors": "complete",
    "investor_count": "shareholders",
    "capital_shares": "shares",
    "capital_sum": "capital",
    "paid_in_time": "paid_by",
    "domestic": "domestic",
    "permits": "other_permits",
    "parent": "parent",
    "parent_represented": "parent_own",
    **names.SAME,
    **premises.SAME,
}
