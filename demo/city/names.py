"""Plausible names of people who do not exist, their schools and their enterprises."""

from demo.city.draws import Draw
from demo.city.places import CITY_NAME

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
    "苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾"
    "侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
DOUBLE_SURNAMES = ("欧阳", "司徒", "上官", "诸葛")
MALE = "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林博文睿泽轩昊晨铭哲航"
FEMALE = "芳娜敏静丽艳娟霞秀玲燕丹萍红颖琳婷雪慧莹倩欣怡佳悦琪雯洁梦瑶思涵雅诗语彤萱晴岚"
BOTH = "晓志建春子海嘉一安然清远之若天云永新星"

SCHOOLS = {
    "中专": ("鹏湾中等专业学校", "东江工贸学校", "南岭卫生学校"),
    "专科": ("鹏湾职业技术学院", "东江信息职业学院", "南岭交通职业学院", "江畔医药专科学校"),
    "本科": (
        "鹏湾大学",
        "南岭理工大学",
        "东江师范大学",
        "海滨财经大学",
        "云山农业大学",
        "江畔工业学院",
    ),
    "硕士": ("鹏湾大学", "南岭理工大学", "海滨财经大学", "云山科学技术大学"),
    "博士": ("鹏湾大学", "云山科学技术大学"),
}
TRADE_NAMES = "恒瑞鼎盛华信源通达康泰福隆兴旺嘉禾云帆启明星河远航百川聚合安顺和美锦程万象优品"
TRADES = (
    # industry as in a registered name, scope codes (GB/T 4754 classes) of such an enterprise
    ("科技", ("I6513", "I6531")),
    ("贸易", ("F5199", "F5299")),
    ("餐饮", ("H6210",)),
    ("商贸", ("F5211", "F5212")),
    ("文化传播", ("R8710", "L7251")),
    ("电子", ("C3919", "F5274")),
    ("物业管理", ("K7020",)),
    ("货运代理", ("G5821",)),
    ("家政服务", ("O8010",)),
    ("服装", ("F5232",)),
)


def person_name(draw: Draw, sex: str) -> str:
    """Return a name of two to four characters; ``sex`` is ``"M"`` or ``"F"``."""
    surname = draw.choose(DOUBLE_SURNAMES) if draw.chance(0.004) else draw.choose(SURNAMES)
    given_names = MALE if sex == "M" else FEMALE
    if draw.chance(0.2):
        return surname + draw.choose(given_names)
    return surname + draw.choose(given_names + BOTH) + draw.choose(given_names)


def mistaken(name: str, draw: Draw) -> str:
    """Return the name with another last character, as a clerk once typed it."""
    others = [c for c in BOTH if c != name[-1]]
    return name[:-1] + draw.choose(others)


def enterprise_name(draw: Draw, company: bool, district: str) -> tuple[str, str, tuple[str, ...]]:
    """Return a registered name (region, 字号, industry, form), its 字号, and the scope codes."""
    start = draw.below(len(TRADE_NAMES) // 2) * 2
    extra = draw.choose(TRADE_NAMES) if draw.chance(0.5) else ""
    industry, scope = draw.choose(TRADES)
    word = TRADE_NAMES[start : start + 2] + extra
    if company:
        return f"{CITY_NAME}{word}{industry}有限公司", word, scope
    return f"{CITY_NAME}{district}{word}{industry}店", word, scope
