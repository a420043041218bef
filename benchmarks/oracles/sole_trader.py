"""个体工商户设立, DOMAIN row 5 (市场主体登记管理条例 §§8, 14, 40; 民法典 §§17-18)."""

from benchmarks.oracles import fitness, names, premises
from benchmarks.oracles.application import (
    ABSENT,
    REFER,
    RETURN,
    SILENT,
    UNKNOWN,
    Application,
    Reasons,
    day,
    years_after,
)

ADULT = 18
PERMITS = {
    "food": ("F5222", "H6210", "H6220", "H6231", "H6232"),
    "culture": ("F5243", "R8710", "R9011", "R9013"),
    "police": ("H6110", "H6130"),
}


def against(application: Application) -> Reasons:
    answers, records, on = application.answers, application.records, application.on
    person, business = records["population"], records["enterprise"]
    yield from fitness.identity(person)
    if person in (SILENT, ABSENT):
        yield "adult", UNKNOWN
    elif on < years_after(day(person["born"]), ADULT):
        yield "adult", REFER
    if person is SILENT:
        yield "mainland", UNKNOWN
    elif (
        person is ABSENT or person["hukou_region"] is None
    ):  # Hong Kong, Macao, Taiwan: a person looks
        yield "mainland", REFER
    yield from fitness.barred(business, on)
    yield from _name(application)
    yield from premises.against(records["address"], owners_consent=answers.get("owners_consent"))
    yield from premises.permits(PERMITS, answers["scope"], application.consents)


def _name(application: Application) -> Reasons:
    """A sole trader's name with a national word is put right by another (choice of the pack)."""
    word, business = application.answers["trade_name"], application.records["enterprise"]
    for condition, follows in names.of_words(word):
        is_national = condition == "name_national"
        yield ("name_words", RETURN) if is_national else (condition, follows)
    yield from names.free(
        application.answers["scope"], application.records["names"], application.on
    )
    # choice of the pack: not the name of another business of one's own, in any industry
    if business is SILENT:
        yield "name_own", UNKNOWN
    elif business is not ABSENT and any(
        one["state"] != "deregistered" and word in one["name"] for one in business["trades"] or ()
    ):
        yield "name_own", RETURN
