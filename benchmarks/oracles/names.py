"""The name engine (企业名称登记管理规定): whether a trade name (字号) may be registered."""

from collections.abc import Callable, Collection, Mapping

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case, Condition, Record

SHORTEST, LONGEST = 2, 10
BANNED = ("国际", "政府", "军队", "警察", "党校", "银行", "法院")
NATIONAL = ("中国", "中华", "中央", "全国", "国家")
REGIONS = (
    *("深圳", "广东", "北京", "上海", "广州", "罗湖", "福田", "南山", "宝安", "龙岗", "盐田"),
    *("龙华", "坪山", "光明"),
)
INDUSTRIES = (
    *("科技", "贸易", "商贸", "餐饮", "服装", "电子", "软件", "广告", "零售", "批发", "百货"),
    *("超市", "物业", "物业管理", "货运代理", "家政", "家政服务", "文化传播", "房地产", "建筑"),
    *("咨询", "美容", "旅游"),
)
REST_YEARS = 1  # after an entry ended or was renamed (§17)
# of a business: these lines need a permit first, from whichever agency
PERMITS = (
    *("F5222", "F5243", "H6110", "H6130", "H6210", "H6220", "H6231", "H6232", "L7263", "L7271"),
    *("R8710", "R9011", "R9013"),
)


def word(case: Case) -> str:
    return str(case.answers["trade_name"])


def scope(case: Case) -> Collection[str]:
    found: Collection[str] = case.answers["scope"]
    return found


def is_written(case: Case) -> bool:
    name = word(case)
    return SHORTEST <= len(name) <= LONGEST and all("一" <= one <= "鿿" for one in name)


def is_allowed(case: Case) -> bool:
    return not any(banned in word(case) for banned in BANNED)


def is_not_national(case: Case) -> bool:
    """The State Council permits these words (§12)."""
    return not any(national in word(case) for national in NATIONAL)


def is_free(lines: Callable[[Case], Collection[str]] = scope) -> Condition:
    """Return a condition: in the industries of these lines of business nobody else has the name,
    gave it up within a year, or has reserved it.
    """

    def free(case: Case) -> bool:
        entry, industries = case.of("names"), {code[:3] for code in lines(case)}
        rests = (
            one["industry"] in industries
            and not c.has_lasted(Record(one), "on_day", case.on, years=REST_YEARS)
            for one in entry["released"] or ()
        )
        kept = (
            one["industry"] in industries and not c.is_over(Record(one), "until", case.on)
            for one in entry["reserved"] or ()
        )
        return not (industries & {*(entry["industries"] or ())} or any(rests) or any(kept))

    return free


# A word for a region or an industry is put right by another, and who means something else by it
# turns to a person (choice of the packs).
CONDITIONS: Mapping[str, Condition] = {
    "name_written": is_written,
    "name_words": is_allowed,
    "name_national": is_not_national,
    "name_region": lambda case: word(case) not in REGIONS,
    "name_industry": lambda case: word(case) not in INDUSTRIES,
    "name_free": is_free(),
}
CORRECTABLE = frozenset(CONDITIONS) - {"name_national"}
SAME = {
    "name_characters": "name_written",
    "name_length": "name_written",
    "name_words": "name_words",
    "name_national": "name_national",
    "name_region": "name_region",
    "name_industry": "name_industry",
    "name_registered": "name_free",
    "name_rested": "name_free",
    "name_kept": "name_free",
}
