"""有限公司设立, DOMAIN row 6 (公司法 §§42, 47, 178)."""

from decimal import Decimal

from benchmarks.oracles import fitness, names, premises
from benchmarks.oracles.application import (
    ABSENT,
    REFER,
    RETURN,
    SILENT,
    UNKNOWN,
    WAIT,
    Application,
    Reasons,
    day,
    years_after,
)

MOST_SHAREHOLDERS = 50
PAY_YEARS = 5
PERMITS = {"food": ("H6210",), "culture": ("R9013",)}
# of the city's list of lines that need a permit first, those that this form has beside these
OTHER_PERMITS = ("L7263", "L7271")


def against(application: Application) -> Reasons:
    """Of a company; of branches the catalogue says nothing but their filings."""
    answers, records, on = application.answers, application.records, application.on
    who = ("population", "criminal", "enterprise", "credit")
    population, criminal, enterprise, credit = (records[name] for name in who)
    yield from fitness.against(population, criminal, enterprise, credit, on)
    yield from fitness.barred(enterprise, on)
    for one in answers["directors"]:
        asked = [records[f"directors_{name}"][one["number"]] for name in who]
        population, criminal, enterprise, credit = asked
        found = [
            *fitness.named(population, one["name"]),
            *fitness.against(population, criminal, enterprise, credit, on),
        ]
        yield from ((f"directors_{condition}", follows) for condition, follows in found)
    yield from _investors(application)
    if len(answers["investors"]) > MOST_SHAREHOLDERS:
        yield "shareholders", RETURN
    if any(Decimal(one["capital"]) <= 0 for one in answers["investors"]):
        yield "shares", RETURN
    if sum(Decimal(one["capital"]) for one in answers["investors"]) != Decimal(answers["capital"]):
        yield "capital", RETURN
    if day(answers["paid_by"]) > years_after(on, PAY_YEARS):
        yield "paid_by", RETURN
    if answers.get("foreign"):
        yield "foreign", REFER
    if any(line in OTHER_PERMITS for line in answers["scope"]):
        yield "other_permits", REFER
    yield from names.against(answers["trade_name"], answers["scope"], records["names"], on)
    yield from premises.against(records["address"], owners_consent=answers.get("owners_consent"))
    yield from premises.permits(PERMITS, answers["scope"], application.consents)
    if application.consents.get("cosign") != "granted":
        yield "cosign", REFER if application.consents.get("cosign") == "denied" else WAIT


def _investors(application: Application) -> Reasons:
    """Each looked up (issue 13); the law bars none from holding shares: a person looks."""
    for one in application.answers["investors"]:
        population, criminal, credit = (
            application.records[f"investors_{name}"][one["number"]]
            for name in ("population", "criminal", "credit")
        )
        found = list(fitness.named(population, one["name"]))
        if population in (SILENT, ABSENT):
            found.append(("living", UNKNOWN))
        elif not population["alive"]:
            found.append(("living", REFER))
        found += (
            [("crime", UNKNOWN)]
            if criminal in (SILENT, ABSENT)
            else fitness.convictions(criminal, application.on)
        )
        if credit in (SILENT, ABSENT):
            found.append(("dishonest", UNKNOWN))
        elif credit["dishonest"]:
            found.append(("dishonest", REFER))
        yield from ((f"investors_{condition}", follows) for condition, follows in found)
