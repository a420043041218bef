"""网络预约出租汽车驾驶员证. 网络预约出租汽车经营服务管理暂行办法 §14; 从业资格管理规定 §10."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case

CAR = ("A1", "A2", "A3", "B1", "B2", "C1", "C2")
TRAFFIC = ("交通肇事", "危险驾驶")
VIOLENCE = (
    *("故意杀人", "过失致人死亡", "故意伤害", "抢劫", "强奸", "强制猥亵", "绑架", "非法拘禁"),
    *("放火", "爆炸", "投放危险物质", "以危险方法危害公共安全", "聚众斗殴", "寻衅滋事"),
)
BARRED = (*TRAFFIC, *VIOLENCE)
OTHER = ("盗窃", "诈骗", "合同诈骗", "贪污", "贿赂", "行贿", "受贿", "职务侵占", "挪用资金", "逃税")


def has_licence(case: Case) -> bool:
    """The registry has one: a foreign licence goes to a person."""
    return case.of("driving")["state"] is not None


def is_licensed(case: Case) -> bool:
    """The licence is in force on the day."""
    licence = case.of("driving")
    return licence["state"] == "valid" and not c.is_over(licence, "expires", case.on)


def was_not_revoked(case: Case) -> bool:
    """No licence revoked within three years."""
    licence = case.of("driving")
    revoked = c.day(licence, "revoked_on")
    return revoked is None or c.later(revoked, years=3) <= case.on


def has_no_full_cycle(case: Case) -> bool:
    """No cycle of points reached twelve among the last three."""
    return case.of("driving")["full_cycles"] == "0"


def has_no_barred_crime(case: Case) -> bool:
    """None of the crimes that §14 names; others do not bar."""
    police = case.of("criminal")
    crimes = police["records"]
    return crimes is not None and not any(crime["kind"] in BARRED for crime in crimes)


def has_clear_record(case: Case) -> bool:
    """Whether a crime is one of violence is said for those named alone; the rest a person reads.

    So is a record that is said to be there, of which nothing is said.
    """
    police = case.of("criminal")
    crimes = police["records"]
    if crimes is None or police["record"] is None:
        return False
    known = all(crime["kind"] in (*BARRED, *OTHER) for crime in crimes)
    return known and police["record"] is bool(crimes)


def has_permit(case: Case) -> bool:
    """A residence permit in force, of the system before this one."""
    return case.of("residence")["permit"] == "valid"


def has_permit_here(case: Case) -> bool:
    """A residence permit that the city issued, in force: its functions stop without endorsement."""
    return any(
        one["kind"] == "residence_permit"
        and one["state"] == "valid"
        and not c.is_over(c.Record(one), "expires", case.on)
        and not c.is_over(c.Record(one), "endorsed", case.on)
        for one in case.of("certificates")["held"] or ()
    )


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "local_or_permit": c.any_of(c.is_local, has_permit, has_permit_here),
    "licence": has_licence,
    "licence_own": c.where(has_licence, c.has_own_name("driving")),
    "car": c.where(has_licence, lambda case: case.of("driving")["licence"] in CAR),
    "licensed": c.where(has_licence, is_licensed),
    "experienced": c.where(
        has_licence, lambda case: c.has_lasted(case.of("driving"), "since", case.on, years=3)
    ),
    "not_revoked": was_not_revoked,
    "no_full_cycle": c.where(has_licence, has_no_full_cycle),
    "no_drink": c.where(has_licence, lambda case: case.of("driving")["drink_driving"] is False),
    "police_own": c.has_own_name("criminal"),
    "no_barred_crime": has_no_barred_crime,
    "clear_record": has_clear_record,
    "no_drugs": lambda case: case.of("criminal")["drugs"] is False,
}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {
    **c.SAME_PERSON,
    "resides": "local_or_permit",
    "licensed": "licence",
    "same_name": "licence_own",
    "licence_valid": "licensed",
    "class": "car",
    "experience": "experienced",
    "not_revoked": "not_revoked",
    "points": "no_full_cycle",
    "sober": "no_drink",
    "same_person": "police_own",
    "no_crime": "no_barred_crime",
    "clear_record": "clear_record",
    "no_drugs": "no_drugs",
}
