"""English names of administrative divisions: `python -m deploy.divisions` writes their table.

Pinyin by ISO 7098 without tones, and customary names where there are some. The table is kept, since
the dictionary of pinyin takes 60 MB that no process which answers citizens should hold.
"""

import re
import sys

from deploy.local.paths import ROOT

TABLE = ROOT / "services" / "data" / "divisions_en.tsv"
CUSTOMARY = {
    "内蒙古": "Inner Mongolia",
    "西藏": "Xizang",
    "陕西": "Shaanxi",
    "香港": "Hong Kong",
    "澳门": "Macao",
    "新疆": "Xinjiang",
    "哈尔滨": "Harbin",
    "呼和浩特": "Hohhot",
    "乌鲁木齐": "Urumqi",
    "拉萨": "Lhasa",
    "日喀则": "Xigaze",
    "林芝": "Nyingchi",
    "昌都": "Qamdo",
    "那曲": "Nagqu",
    "阿里": "Ngari",
    "鄂尔多斯": "Ordos",
    "和田": "Hotan",
    "呼伦贝尔": "Hulunbuir",
    "巴彦淖尔": "Bayannur",
    "锡林郭勒": "Xilingol",
    "阿拉善": "Alxa",
    "吐鲁番": "Turpan",
    "阿克苏": "Aksu",
    "克拉玛依": "Karamay",
    "伊犁": "Ili",
    "巴音郭楞": "Bayingolin",
    "博尔塔拉": "Bortala",
    "克孜勒苏": "Kizilsu",
    "齐齐哈尔": "Qiqihar",
    "甘孜": "Garze",
}
# readings of place names that a dictionary of words does not have
READINGS = (
    "朝阳 chao yang;长治 chang zhi;都匀 du yun;洪洞 hong tong;荥经 ying jing;郫都 pi du"
    ";繁峙 fan shi;浚 xun;单 shan;乐陵 lao ling;乐亭 lao ting;蔚 yu;大城 dai cheng"
    ";任丘 ren qiu;任 ren;泌阳 bi yang;尉氏 wei shi;尉犁 yu li;六合 lu he"
    ";台州 tai zhou;天台 tian tai;乐清 yue qing"
    ";丽水 li shui;枞阳 zong yang;茌平 chi ping;监利 jian li;黄陂 huang pi;大埔 da bu;犍为 qian wei"
    ";什邡 shi fang;牟定 mou ding;中牟 zhong mu;吴堡 wu bu;柞水 zha shui;宕昌 tan chang;乐都 le du"
    ";且末 qie mo;闵行 min hang;长子 zhang zi;调兵山 diao bing shan;行唐 xing tang;宿州 su zhou"
    ";宿迁 su qian;宿松 su song;会昌 hui chang;会理 hui li;会泽 hui ze;召陵 shao ling"
    ";覃塘 qin tang;朝天 chao tian;长沙 chang sha;长春 chang chun;重庆 chong qing;渑池 mian chi"
    ";莘 shen;六安 lu an;亳州 bo zhou;郧阳 yun yang;解放 jie fang;曲靖 qu jing;曲阳 qu yang"
    ";阳曲 yang qu;东阿 dong e;阿城 a cheng;铅山 yan shan;番禺 pan yu;涡阳 guo yang;那曲 na qu"
)
_READ = {one.split()[0]: one.split()[1:] for one in READINGS.split(";")}
_OF_A_WORD = ("蒙古", "维吾尔", "哈萨克", "柯尔克孜", "塔吉克", "锡伯", "达斡尔")  # without 族, too
PEOPLES = (
    *(
        "回",
        "藏",
        "苗",
        "彝",
        "壮",
        "布依",
        "朝鲜",
        "满",
        "侗",
        "瑶",
        "白",
        "土家",
        "哈尼",
        "傣",
        "黎",
    ),
    *("傈僳", "佤", "畲", "高山", "拉祜", "水", "东乡", "纳西", "景颇", "土", "仫佬", "羌"),
    *("布朗", "撒拉", "毛南", "仡佬", "阿昌", "普米", "怒", "乌孜别克", "俄罗斯", "鄂温克", "德昂"),
    *("保安", "裕固", "京", "塔塔尔", "独龙", "鄂伦春", "赫哲", "门巴", "珞巴", "基诺"),
)
_PEOPLE = "|".join([*(f"{p}族?" for p in _OF_A_WORD), *(f"{p}族" for p in PEOPLES)])
# what a name ends in, and what stands for it; the first that fits
KINDS = (
    (rf"(?:{_PEOPLE}|各族)*自治区", ""),
    ("特别行政区|省", ""),
    (rf"(?:{_PEOPLE}|各族)+自治州", " Autonomous Prefecture"),
    (rf"(?:{_PEOPLE}|各族)+自治县", " Autonomous County"),
    (rf"(?:{_PEOPLE})*自治旗", " Autonomous Banner"),
    (rf"(?:{_PEOPLE})+区", " District"),
    ("地区", " Prefecture"),
    ("盟", " League"),
    ("新区", " New Area"),
    ("矿区", " Mining District"),
    ("林区", " Forestry District"),
    ("特区", " Special District"),
    ("旗", " Banner"),
    ("县", " County"),
    ("区", " District"),
    ("市", ""),
)  # fmt: skip


def english(name: str) -> str:
    """Return 成都市 as Chengdu, 锦江区 as Jinjiang District."""
    for stem, customary in CUSTOMARY.items():
        if re.fullmatch(rf"{stem}(?:省|市|.*自治区|特别行政区|特別行政區)?", name):
            return customary
    for ending, kind in KINDS:
        if found := re.fullmatch(rf"(.+?)(?:{ending})", name):
            return _latin(found[1]) + kind
    return _latin(name)


def _latin(stem: str) -> str:
    from pypinyin import lazy_pinyin  # late: it reads its dictionary

    if stem in CUSTOMARY:
        return CUSTOMARY[stem]
    first, *rest = _READ.get(stem) or lazy_pinyin(stem, v_to_u=True)
    joined = first + "".join(f"'{s}" if s[0] in "aeo" else s for s in rest)
    return joined[:1].upper() + joined[1:]


def names() -> list[str]:
    """Return the newest name of every code that python-stdnum's table has."""
    from stdnum import numdb

    found = set()
    for *_, data, counties in numdb.get("cn/loc").prefixes:
        found.add(data["province"])
        for *_, county, _rest in counties:
            found.add(re.sub(r"\[\d*-\d*\]", "", county["county"].split(",")[-1]))
    return sorted(found)


def main() -> int:
    lines = [f"{name}\t{english(name)}\n" for name in names()]
    TABLE.write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines)} names in {TABLE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
