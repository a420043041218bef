"""个体工商户设立, DOMAIN row 5 (市场主体登记管理条例 §§8, 14, 40; 民法典 §§17-18)."""

from benchmarks.oracles import case as c
from benchmarks.oracles import fitness, names, premises
from benchmarks.oracles.case import Case

ADULT = 18


def has_name_of_no_own(case: Case) -> bool:
    """Choice of the pack: not the name of another business of one's own, in any industry."""
    return not any(
        one["state"] != "deregistered" and names.word(case) in one["name"]
        for one in case.of("enterprise")["trades"] or ()
    )


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "adult": lambda case: c.has_lasted(case.of("population"), "born", case.on, years=ADULT),
    # Hong Kong, Macao, Taiwan: a person looks
    "mainland": lambda case: case.of("population")["hukou_region"] is not None,
    "false_registration": fitness.each(fitness.applicant, "enterprise", fitness.is_not_barred),
    **{name: one for name, one in names.CONDITIONS.items() if name != "name_national"},
    # a national word is put right by another here (choice of the pack)
    "name_words": c.all_of(names.is_allowed, names.is_not_national),
    "name_own": has_name_of_no_own,
    **premises.CONDITIONS,
}
CORRECTABLE = names.CORRECTABLE | premises.CORRECTABLE | {"name_own"}
CONSENTS = {
    "food": premises.has_line("F5222", "H6210", "H6220", "H6231", "H6232"),
    "culture": premises.has_line("F5243", "R8710", "R9011", "R9013"),
    "police": premises.has_line("H6110", "H6130"),
}
SAME = {
    **c.SAME_PERSON,
    "adult": "adult",
    "mainland": "mainland",
    "no_bar": "false_registration",
    **{pack: one for pack, one in names.SAME.items() if pack != "name_national"},
    "name_unused": "name_own",
    **premises.SAME,
}
