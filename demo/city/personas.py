"""The first forty persons are cast by hand, so that demos, journeys and tests know whom to ask."""

from dataclasses import dataclass

FIRST = 40


@dataclass(frozen=True, slots=True)
class Persona:
    index: int
    kind: str  # what tests and the log-in page call it
    group: str  # graduate, worker, elder, minor
    fault: str  # as in ``city.people``, or ""
    zh: str
    en: str


_CAST = (
    ("graduate", "graduate", "", "符合条件的应届毕业生", "graduate who meets every condition"),
    ("degree_missing", "graduate", "degree_missing", "学历查无记录", "degree not on record"),
    ("name_mismatch", "graduate", "name_mismatch", "学历姓名不一致", "another name on the degree"),
    ("criminal", "graduate", "criminal", "有犯罪记录", "has a criminal record"),
    ("credit_hit", "graduate", "credit_hit", "失信被执行人", "listed as a dishonest debtor"),
    ("already_local", "graduate", "already_local", "已是本市户籍", "already a resident"),
    ("graduated_long_ago", "graduate", "graduated_long_ago", "毕业超过两年", "graduated long ago"),
    ("part_time", "graduate", "part_time", "非全日制", "studied part-time"),
    ("below_level", "graduate", "below_level", "学历层次不足", "degree below the level"),
    ("registry_silent", "graduate", "silent", "学历部门无应答", "education registry is silent"),
    ("degree_revoked", "graduate", "degree_revoked", "学历证书已撤销", "degree was revoked"),
    ("capacity_limited", "graduate", "capacity_limited", "限制民事行为能力", "limited capacity"),
    ("trader", "worker", "", "符合条件的个体经营者", "trader who meets every condition"),
    ("trader_food", "worker", "", "经营餐饮（需许可）", "trader who needs a food permit"),
    ("trader_banned", "worker", "banned", "虚假登记禁业期内", "barred for false registration"),
    ("trader_unknown_address", "worker", "", "经营场所查无此址", "trader at an unknown address"),
    ("trader_minor", "minor", "", "未成年人", "minor"),
    ("trader_limited", "worker", "capacity_limited", "限制民事行为能力", "limited capacity"),
    ("trader_credit_hit", "worker", "credit_hit", "失信被执行人", "listed as a dishonest debtor"),
    ("trader_ban_over", "worker", "ban_over", "禁业期已满", "trader whose bar ran out"),
    ("deceased", "worker", "dead", "已登记死亡", "registered as deceased"),
    ("elder", "elder", "", "高龄老人", "old resident"),
)  # fmt: skip

_FAMILIES = {  # those who have one on record (demo.city.families), among whoever else is needed
    24: ("newborn", "worker", "", "新生儿的母亲", "mother of a newborn"),
    26: ("reunion_parent", "elder", "", "投靠子女的老人", "parent joining a child"),
    32: ("reunion_recent", "worker", "", "结婚不满两年", "married less than two years ago"),
    34: ("reunion", "worker", "", "投靠配偶的外地居民", "joining a spouse in the city"),
}
_EXTRA = (  # whoever else is needed: graduates at odd places, traders at even ones
    ("trader", "worker", "", "符合条件的个体经营者", "trader who meets every condition"),
    ("graduate", "graduate", "", "符合条件的应届毕业生", "graduate who meets every condition"),
)
REPRESENTATIVES = {  # by index: workers who have an enterprise (``City``), of this kind
    30: ("representative", "company", "公司的法定代表人", "legal representative of a company"),
    36: ("proprietor", "sole_trader", "个体工商户的经营者", "proprietor of a shop"),
}


# cast at places whose numbers make them old enough
_LATE = {
    38: Persona(38, "disabled", "elder", "", "残疾老人", "old resident with a disability"),
    39: Persona(39, "very_old", "elder", "", "八十七岁老人", "resident of 87"),
}


def _extra(i: int) -> Persona:
    if i in _FAMILIES:
        return Persona(i, *_FAMILIES[i])
    if i in REPRESENTATIVES:
        kind, _of, zh, en = REPRESENTATIVES[i]
        return Persona(i, kind, "worker", "", zh, en)
    kind, *rest = _EXTRA[i % 2]
    return Persona(i, f"{kind}_{i}", *rest)


PERSONAS = (
    *(Persona(i, *cast) for i, cast in enumerate(_CAST)),
    *(_LATE[i] if i in _LATE else _extra(i) for i in range(len(_CAST), FIRST)),
)
BY_KIND = {persona.kind: persona for persona in PERSONAS}


def index(kind: str) -> int:
    """Return the person's index in the city; raises ``KeyError`` for a kind not in the cast."""
    return BY_KIND[kind].index
