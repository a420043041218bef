"""What is so of each person: the facts that every registry's data are written from."""

import datetime
from dataclasses import dataclass

from demo.city.draws import Draw
from demo.city.names import SCHOOLS, mistaken, person_name
from demo.city.numbering import Numbering
from demo.city.personas import FIRST, PERSONAS
from demo.city.places import HOME
from demo.city.shares import Shares

DAY = datetime.timedelta(1)
_CRIMES = ("危险驾驶", "盗窃", "诈骗", "交通肇事", "故意伤害")
KNOWN_ON = datetime.date(2026, 7, 1)  # the day on which the city's own store was written


@dataclass(frozen=True, slots=True)
class Degree:
    name: str  # as the school wrote it, which may be mistaken
    level: str  # 中专, 专科, 本科, 硕士, 博士
    full_time: bool
    graduated: datetime.date
    school: str
    certificate: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Insurance:
    since: datetime.date
    until: datetime.date  # paid until
    months: int
    continuous: int  # of them the latest without a gap
    recent: int  # of the last 24
    paying: bool  # still


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that is so of one person. Plain facts, for oracles that share no code with rules.

    ``fault`` names what was planted (see ``shares``), or is empty; ``silent`` holds the registries
    that give no answer about this person.
    """

    index: int
    group: str
    fault: str
    number: str
    name: str
    sex: str  # M, F
    born: datetime.date
    alive: bool
    capacity: str  # full, limited
    hukou_region: str  # 6 digits
    degree: Degree | None
    insurance: Insurance | None
    crimes: tuple[tuple[str, str, datetime.date], ...]  # case number, kind, ended
    debts: tuple[tuple[str, datetime.date], ...]  # 失信被执行人: case number, listed on
    drugs: bool  # 吸毒记录
    banned_until: datetime.date | None  # 虚假登记 (市场主体登记管理条例 art. 40)
    silent: frozenset[str]

    @property
    def hukou_city(self) -> str:
        return self.hukou_region[:4]


def person(numbering: Numbering, shares: Shares, cohort: int, i: int) -> Person:
    """Return what is so of person ``i``; ``cohort`` is the year of the latest graduation."""
    seed, group, number, sex = (
        numbering.seed,
        numbering.group(i),
        numbering.person(i),
        numbering.sex(i),
    )
    born = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    fault = PERSONAS[i].fault if i < FIRST else Draw(seed, "fault", i).weigh(shares.of(group), "")
    name = person_name(Draw(seed, "name", i), sex)
    draw = Draw(seed, "life", i)
    limited = fault == "capacity_limited" or group == "minor"
    return Person(
        index=i,
        group=group,
        fault=fault,
        number=number,
        name=name,
        sex=sex,
        born=born,
        alive=fault != "dead",
        capacity="limited" if limited else "full",
        hukou_region=_hukou(draw, group, number[:6], fault),
        degree=_degree(Draw(seed, "degree", i), group, born, name, fault, cohort),
        insurance=_insurance(Draw(seed, "social", i), group, born),
        crimes=((_case(draw, "刑初"), draw.choose(_CRIMES), _convictions(draw)),)
        if fault == "criminal"
        else (),
        debts=((_case(draw, "执"), _convictions(draw)),) if fault == "credit_hit" else (),
        drugs=group == "worker" and Draw(seed, "drugs", i).chance(0.004),
        banned_until=_ban(draw, fault),
        silent=frozenset({"education"}) if fault == "silent" else frozenset(),
    )


def _hukou(draw: Draw, group: str, origin: str, fault: str) -> str:
    if group == "graduate":
        return draw.choose(HOME) if fault == "already_local" else origin
    if origin in HOME:
        return origin
    return draw.choose(HOME) if draw.chance(0.85 if group == "elder" else 0.5) else origin


def _degree(
    draw: Draw, group: str, born: datetime.date, name: str, fault: str, cohort: int
) -> Degree | None:
    if group == "graduate":
        return None if fault == "degree_missing" else _late_degree(draw, born, name, fault, cohort)
    if group != "worker" or not draw.chance(0.5):
        return None
    level = "本科" if draw.chance(0.5) else "专科"
    return _write(draw, name, level, born.year + (23 if level == "本科" else 22), True, False)


def _late_degree(draw: Draw, born: datetime.date, name: str, fault: str, cohort: int) -> Degree:
    year = cohort - draw.below(2)
    level = draw.weigh((("专科", 0.3), ("硕士", 0.15), ("博士", 0.01)), "本科")
    if level in ("硕士", "博士") and born.year > 2001:
        level = "本科"
    if fault == "graduated_long_ago":
        year, level = cohort - 3 - draw.below(2), "专科"
    if fault == "below_level":
        level = "中专"
    written = mistaken(name, draw) if fault == "name_mismatch" else name
    return _write(draw, written, level, year, fault != "part_time", fault == "degree_revoked")


def _write(draw: Draw, name: str, level: str, year: int, full_time: bool, revoked: bool) -> Degree:
    school = draw.choose(SCHOOLS[level])
    code = {"中专": "07", "专科": "06", "本科": "05", "硕士": "02", "博士": "01"}[level]
    certificate = f"1{draw.below(90000) + 10000}{year}{code}{draw.below(1_000_000):06d}"
    graduated = datetime.date(year, 6, 15) + DAY * draw.below(16)  # to 30 June
    return Degree(
        name=name,
        level=level,
        full_time=full_time,
        graduated=graduated,
        school=school,
        certificate=certificate,
        revoked=revoked,
    )


def _insurance(draw: Draw, group: str, born: datetime.date) -> Insurance | None:
    if not draw.chance({"worker": 0.85, "graduate": 0.3}.get(group, 0)):
        return None
    most = 30 if group == "graduate" else min(300, (KNOWN_ON.year - born.year - 22) * 12)
    months = 1 + draw.below(max(1, most))
    gap = draw.weigh((("interrupted", 0.05), ("stopped", 0.05)), "")
    continuous = min(months, 1 + draw.below(11)) if gap == "interrupted" else months
    until = KNOWN_ON - DAY * (120 + draw.below(200)) if gap == "stopped" else KNOWN_ON - DAY
    year, month = divmod(until.year * 12 + until.month - months, 12)
    return Insurance(
        since=datetime.date(year, month + 1, 1),
        until=until,
        months=months,
        continuous=continuous,
        recent=min(24, max(continuous, min(24, months) - (draw.below(9) if gap else 0))),
        paying=gap != "stopped",
    )


def _case(draw: Draw, kind: str) -> str:
    return f"({2018 + draw.below(8)})示{kind}{draw.below(9000) + 1000}号"


def _convictions(draw: Draw) -> datetime.date:
    return datetime.date(2019, 1, 1) + DAY * draw.below(2500)


def _ban(draw: Draw, fault: str) -> datetime.date | None:
    if fault == "banned":
        return datetime.date(2028, 7, 1) + DAY * draw.below(365)  # three years from the finding
    if fault == "ban_over":
        return datetime.date(2023, 1, 1) + DAY * draw.below(800)
    return None
