"""A pack as a guide page: everything that it says is there, in words, in both languages."""

import dataclasses
import datetime
import functools
import io
import re

import pytest
from django.conf import settings
from django.core.management import call_command

from services.edition import load
from services.guide import guide
from services.guide.writer import Writer
from services.pack.model import Pack

PACKS = sorted(settings.CITY.packs)
DAY = datetime.date(2026, 11, 29)
# what a guide says nothing of: how people search for it
LEFT_OUT = {"keywords"}


@functools.cache
def _book(path):
    return load(path.read_text("utf-8"), city=settings.CITY)


@functools.cache
def _text(path, language: str) -> str:
    return guide(_book(path), DAY, language, settings.CITY)


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_law_condition_figure_and_doubt_is_in_the_guide(path):
    pack = _book(path).pack
    text = _text(path, "zh")
    for part in (*pack.requirements, *pack.consents, *pack.guards):
        assert part.law in text
    for one in pack.requirements:
        assert re.sub(r"\{.*?\}.*", "", one.zh) in text
    for parameter in pack.parameters.values():
        assert parameter.law in text and parameter.doubt in text
        for since, _ in parameter.values:
            assert str(since) in text or "本市：" in text
    for registry in pack.registries.values():
        assert registry.basis in text and registry.purpose["zh"] in text
    for case in pack.cases:
        assert case.name in text


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_an_english_guide_has_no_chinese_words_of_its_own(path):
    """What is Chinese there stands in the pack: laws, names of tests, doubts, what papers print."""
    pack = path.read_text("utf-8")
    ours = re.findall(r"[\u4e00-\u9fff]{2,}", _text(path, "en"))
    city = {settings.CITY.zh}
    assert [word for word in ours if word not in pack and word not in city] == []


@pytest.mark.parametrize(
    "field", [f.name for f in dataclasses.fields(Pack) if f.name not in LEFT_OUT]
)
def test_the_guide_reads_every_part_of_a_pack(field):
    """A part that is added to packs and forgotten here would not be checked by any lawyer."""
    files = sorted((settings.BASE_DIR / "services" / "guide").glob("*.py"))
    source = "".join(file.read_text("utf-8") for file in files)
    assert re.search(rf"(pack|book)\.{field}\b", source), f"services/guide says nothing of {field}"


def test_rules_are_read_with_the_words_of_their_facts():
    text = _text(settings.CITY.folder / "services" / "graduate_settlement.yaml", "zh")
    assert "〔毕业日期〕起满〔毕业年限 2 年〕之日不早于〔受理之日〕" in text
    assert "age_cap >" not in text


def test_whom_a_registry_names_is_said_in_words_and_when_it_is_asked():
    path = settings.CITY.folder / "services" / "family_reunion.yaml"
    assert "facts." not in _text(path, "zh") + _text(path, "en")
    text = _text(path, "zh")
    assert "查询谁：“配偶”所指的人或物" in text
    assert "何时查询：〔投靠谁〕为“投靠配偶”" in text


SENTENCES = [
    (
        "graduate_settlement",
        'capacity = "full"',
        "〔民事行为能力〕为“完全”",
        "[legal capacity] is “full”",
    ),
    (
        "graduate_settlement",
        "hukou_city != null",
        "登记有〔户籍所在市〕",
        "[city of household registration] is on record",
    ),
    (
        "graduate_settlement",
        "degree_name = name",
        "〔学历登记姓名〕与〔姓名〕相同",
        "[name on the degree] is the same as [name]",
    ),
    ("graduate_settlement", "not(crime)", "〔有犯罪记录〕为“否”", "[criminal record] is “no”"),
    (
        "graduate_settlement",
        "address_exists = true",
        "〔地址存在〕为“是”",
        "[address exists] is “yes”",
    ),
    (
        "graduate_settlement",
        "born + age_cap > as_of",
        "〔出生日期〕起满〔年龄上限 45 周岁〕之日晚于〔受理之日〕",
        "the day [age limit 45 years old] after [date of birth] is after [day of receipt]",
    ),
    (
        "graduate_settlement",
        'graduated + @"P1Y6M" <= @"2026-07-01"',
        "〔毕业日期〕起满1 年 6 个月之日不晚于2026年7月1日",
        "the day 1 year 6 months after [date of graduation] is not after 1 July 2026",
    ),
    (
        "graduate_settlement",
        "address_use in homes",
        "〔房屋用途〕为〔可落户的房屋用途 住宅、商住〕之一",
        "[use of the premises] is one of [uses that may be lived in residential, mixed]",
    ),
    (
        "graduate_settlement",
        'not(address_use in ["commercial", "mixed"])',
        "〔房屋用途〕不是“商业”、“商住”中的任何一项",
        "[use of the premises] is none of “commercial”, “mixed”",
    ),
    (
        "graduate_settlement",
        'not(crime or level = "本科")',
        "〔有犯罪记录〕为“否”，并且〔学历层次〕不是“本科”",
        "[criminal record] is “no”, and [level of degree] is not “bachelor”",
    ),
    (
        "limited_company",
        "parent != null",
        "填写了〔总公司代码〕",
        "[credit code of the company] is given",
    ),
    (
        "limited_company",
        "parent = null",
        "没有填写〔总公司代码〕",
        "[credit code of the company] is not given",
    ),
    (
        "limited_company",
        "sum(investors.capital) = capital",
        "〔股东〕各自的〔认缴出资额〕之和等于〔注册资本〕",
        "the sum of [Capital subscribed] of each of [shareholders] is [registered capital]",
    ),
    (
        "limited_company",
        "count(investors) <= most_investors",
        "〔股东〕的数目不超过〔股东人数上限 50〕",
        "the number of [shareholders] is at most [most shareholders 50]",
    ),
    (
        "limited_company",
        "every p in director_credit satisfies p.dishonest = false",
        "〔董事的失信情况〕中的每一人：其〔失信被执行人〕为“否”",
        "each person of [whether the directors are on the list of dishonest debtors]:"
        " their [on the list of dishonest debtors] is “no”",
    ),
    (
        "limited_company",
        'trades != null and (some t in trades satisfies t.state = "revoked")',
        "登记有〔名下市场主体〕，并且（〔名下市场主体〕中至少有一项：其〔状态〕为“吊销”）",
        "[market entities of this person] is on record, and (at least one of"
        " [market entities of this person]: its [state] is “revoked”)",
    ),
    (
        "limited_company",
        "starts with(premises_region, city)",
        "〔住所所在区〕在〔本市 广东省深圳市〕境内",
        "[district of the premises] lies in [this city Shenzhen, Guangdong]",
    ),
    (
        "limited_company",
        'if kind = "branch" then null else trade_name',
        "（〔设立类型〕为“分公司”的，为无；否则为〔字号〕）",
        "(none where [what to register] is “Branch of a company”; otherwise [trade name])",
    ),
    (
        "limited_company",
        "every i in investors satisfies some d in directors satisfies i.number = d.number",
        "`every i in 〔股东〕 satisfies some d in 〔董事〕 satisfies i.number = d.number`",
        "`every i in [shareholders] satisfies some d in [directors] satisfies i.number = d.number`",
    ),
    (
        "disability_subsidies",
        "alive = (died != null)",
        "（〔在世〕为“是”）与（登记有〔死亡日期〕）同时成立或者同时不成立",
        "([living] is “yes”) where, and only where, ([date of death] is on record)",
    ),
    (
        "disability_subsidies",
        "account = true and alive = (died != null)",
        "〔已登记发放账户〕为“是”，并且（（〔在世〕为“是”）与（登记有〔死亡日期〕）同时成立或者同时不成立）",
        "[account for payments on record] is “yes”, and (([living] is “yes”) where, and only"
        " where, ([date of death] is on record))",
    ),
    (
        "disability_subsidies",
        "confirmed_on + yearly < as_of",
        "〔上次确认情况无变化之日〕起满〔确认期限 1 年〕之日早于〔受理之日〕",
        "the day [time between two confirmations 1 year] after [day of the last confirmation]"
        " is before [day of receipt]",
    ),
    (
        "disability_subsidies",
        "every b in benefits satisfies not(b.kind in support_kinds)",
        "〔正在领取的其他待遇〕中的每一项：其〔种类〕不是〔两项补贴都不得同时领取的待遇"
        " 工伤生活护理费、特困人员供养〕中的任何一项",
        "each of [other benefits being paid]: its [kind] is none of"
        " [benefits that exclude both subsidies]",
    ),
    (
        "entity_change",
        "entity_kind = registered_kind",
        "〔主体类型（所填）〕与〔主体类型（商事主体登记库）〕相同",
        "[kind of business (as filled in)] is the same as"
        " [kind of business (Registry of market entities)]",
    ),
    (
        "residence_endorsement",
        'some c in held satisfies c.kind = "residence_permit"'
        ' and c.state in ["valid", "suspended"]',
        "〔持有的证照〕中至少有一项：其〔种类〕为“居住证（样本）”，并且其〔状态〕为“有效”、“暂停”之一",
        "at least one of [certificates held]: its [kind] is “Residence permit (specimen)”,"
        " and its [state] is one of “valid”, “suspended”",
    ),
]


@pytest.mark.parametrize(
    ("service", "rule", "zh", "en"), SENTENCES, ids=[rule for _, rule, _, _ in SENTENCES]
)
def test_a_rule_is_a_sentence(service, rule, zh, en):
    """A lawyer knows no FEEL; what no sentence says (a list in a list) stays as it is written."""
    book = _book(settings.CITY.folder / "services" / f"{service}.yaml")
    assert Writer(book, DAY, "zh", settings.CITY).rule_of(rule) == zh
    assert Writer(book, DAY, "en", settings.CITY).rule_of(rule) == en


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_no_guide_says_code_where_it_can_say_words(path, language):
    text = _text(path, language)
    assert re.findall(r"`([^`]+)`", text) == [path.stem]  # the service's own code, and no other
    code = (
        r"\bnull\b|\bP\d+[YMD]\b|(?:serial|uscc|region):[A-Z0-9]|not\(|[<>!]=|= \"|\bsatisfies\b"
        r"|\bin_force\b|answers\."
    )
    assert re.findall(code, text) == []
    if language == "zh":  # what is marked off or quoted has words, and no code of a registry
        assert re.findall(r"[〔“][^〕”]*[a-z]{2,}[^〕”]*[〕”]", text) == []


def test_the_command_prints_it():
    out = io.StringIO()
    path = settings.CITY.folder / "services" / "sole_trader.yaml"
    call_command("pack", "explain", str(path), "--lang", "en", "--on", "2026-11-29", stdout=out)
    assert out.getvalue().startswith("# Sole trader registration: guide")
    assert "as of 2026-11-29" in out.getvalue()
