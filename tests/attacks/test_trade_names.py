"""A3, trade names: standard characters, no banned word in any spelling, first come in the city."""

import pytest

from approvals import actions
from approvals.models import Application
from ledger.clock import now
from people.errors import ActionRejected
from tests.approvals import cases
from tests.attacks import outside

NOT_LICENSED = {"returned", "review", "http 422", "http 400"}


def license_trader(place, **answers):
    who, usual = outside.worker(place)
    return outside.submit(outside.body("sole_trader", who.number, who.name, {**usual, **answers}))


def found_company(place, **answers):
    who, usual = outside.worker(place)
    founder = {"name": who.name, "number": who.number}
    whole = {
        "kind": "company",
        "trade_name": "恒瑞",
        "scope": ["I6513"],
        "capital": "1000000",
        "paid_by": "2031-07-01",
        "investors": [{**founder, "capital": "1000000"}],
        "directors": [founder],
        "premises": usual["premises"],
        "employees": 1,
        "promise": True,
        "consent": True,
        **answers,
    }
    return outside.submit(outside.body("limited_company", who.number, who.name, whole))


SPELLINGS = [
    "{0}{1}",
    "{0} {1}",
    "{0}\u3000{1}",
    "{0}·{1}",
    "{0}\u200b{1}",
    "{0}-{1}",
    "{0}\u00ad{1}",
]
SPELLINGS += ["{0}\ufe00{1}", "{0}\U000e0100{1}", "{0}{1}\u0301", "{0}\u2060{1}", "\u202e{1}{0}"]
SPELLINGS += ["恒{0}{1}瑞", "恒瑞{0}{1}", "{0}{1}\u3000", "﹤{0}{1}﹥", "{0}、{1}", "{0}\u3164{1}"]
BANNED = [
    "中国", "中國", "中囯", "中圀", "仲国", "全国", "全國", "国际", "國際", "國际", "际国", "银行",
    "銀行", "银行家", "銀行家", "中华", "中華", "政府", "國家", "国家", "军队", "軍隊", "警察",
    "党校", "黨校", "法院", "中央", "⼀中国", "⼤中国", "㊥國", "㊥国", "中\u2e86国",
]  # fmt: skip
# not banned by the law's list of words, and written in standard characters only
HARMLESS = {"仲国", "际国"}


@pytest.mark.usefixtures("furnished")
def test_no_banned_word_is_licensed_in_any_spelling():
    through = []
    for word in BANNED:
        if word in HARMLESS:
            continue
        for spelling in SPELLINGS if word in ("中国", "中國", "银行") else SPELLINGS[:1]:
            name = spelling.format(word[0], word[1:])
            with outside.undone():
                seen = license_trader(0, trade_name=name)
                if seen.state not in NOT_LICENSED:
                    through.append((ascii(name), seen.state))
    assert not through, through


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("word", ["中國", "全国", "国际", "國際", "銀行", "银行", "中华"])
def test_nor_for_a_company(word):
    with outside.undone():
        assert found_company(0, trade_name=f"{word}云").state in NOT_LICENSED


NOT_STANDARD = {
    "traditional": "雲龍", "Japanese": "広沢", "Korean": "한글", "kana": "さくら",
    "Latin": "恒瑞AB",
    "full-width": "恒瑞ＡＢ", "digits": "恒瑞168", "Han digits of 〇": "恒〇瑞",
    "iteration": "恒々瑞",
    "Kangxi radicals": "⼭⽔", "radicals supplement": "⺀⺁", "extension B": "恒\U00020000",
    "extension G": "恒\U00030000", "private": "恒\ue000",
    "compatibility, traditional": "\uf914云龙",
    "variant selector": "恒\ufe00瑞", "ideographic variant": "恒\U000e0100瑞", "emoji": "恒瑞😀",
    "combining": "恒\u0301瑞", "punctuation": "恒，瑞", "dot": "恒·瑞", "brackets": "恒（瑞）",
    "strokes": "㇀㇁", "enclosed": "㊣恒", "squared": "㍿恒", "bopomofo": "ㄅㄆ", "Yi": "ꀀꀁ",
    "Tangut": "𗀀𗀁", "Cyrillic": "恒瑞А", "bidi": "恒\u202e瑞", "NUL": "恒\x00瑞",
    "tab": "恒\t瑞",
    "newline": "恒\n瑞", "zero width": "恒\u200b瑞", "markup": "恒<b>瑞", "a variant": "恆瑞",
    "another": "囘甯", "half": "恒瑞々", "old form": "戶户", "minus": "恒−瑞",
    "tag": "恒\U000e0041瑞",
    "filler": "恒\u3164瑞", "surrogate pair of nothing": "恒\U0003fffd", "blank": "恒\u2800瑞",
}  # fmt: skip


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("name", NOT_STANDARD.values(), ids=NOT_STANDARD.keys())
def test_only_standard_characters_are_licensed(name):
    assert license_trader(1, trade_name=name).state in NOT_LICENSED


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize("name", ["嘉穗", "祺瑞", "垚鑫", "仝泰"])
def test_what_is_standard_is_licensed(name):
    """All are in 通用规范汉字表 (2013), levels 1 to 3."""
    assert license_trader(1, trade_name=name).state == "approved"


@pytest.mark.usefixtures("furnished_committed")
@pytest.mark.parametrize(
    "again",
    [
        {"trade_name": "云清河"},
        {"trade_name": "云清河", "scope": ["F5211"]},  # another class of the same division
        {"trade_name": "云清河", "scope": ["I6513", "F5232"]},  # in second place
        {"trade_name": "云清\u6cb3", "scope": ["F5243", "F5299"]},
        {"trade_name": " 云清河 "},
        {"trade_name": "云清河\u3000"},
        {"trade_name": "云 清 河"},
        {"trade_name": "云\u200b清河"},
        {"trade_name": "云清河\ufe00"},
    ],
    ids=ascii,
)
def test_a_name_that_somebody_has_is_not_given_again(again):
    first = license_trader(2, trade_name="云清河", scope=["F5299"])
    assert first.state == "approved"
    seen = license_trader(3, **{"scope": ["F5299"], **again})
    assert seen.state in NOT_LICENSED | {"http 409"}, ascii(seen.payload)
    if again["trade_name"] == "云清河":
        assert seen.reply.status == 409
        # whose it is stays with the registry: a stranger learns no number of another's case
        assert first.case.number not in seen.reply.raw.decode()


@pytest.mark.usefixtures("furnished_committed")
def test_a_company_cannot_take_a_traders_name_nor_a_trader_a_companys():
    assert license_trader(2, trade_name="云清河", scope=["I6513"]).state == "approved"
    assert found_company(3, trade_name="云清河", scope=["I6531"]).state == "http 409"
    seen = found_company(3, trade_name="云清山", scope=["I6531"])
    assert seen.reply.status < 300, seen.reply.raw
    assert license_trader(4, trade_name="云清山", scope=["I6513"]).state == "http 409"


@pytest.mark.usefixtures("furnished_committed")
def test_another_industry_may_have_the_same_name():
    assert license_trader(2, trade_name="云清河", scope=["F5299"]).state == "approved"
    assert license_trader(3, trade_name="云清河", scope=["M7492"]).state == "approved"


@pytest.mark.usefixtures("furnished_committed")
def test_a_correction_does_not_take_a_name_that_came_to_another_meanwhile():
    mine = license_trader(2, trade_name="云清河甲A")
    assert mine.state == "returned"
    assert license_trader(3, trade_name="云清河").state == "approved"
    who, answers = outside.worker(2)
    with pytest.raises(ActionRejected):
        actions.resubmit(
            number=mine.case.number,
            answers={**answers, "trade_name": "云清河"},
            by=cases.citizen(who),
            now=now(),
        )
    assert Application.objects.get(pk=mine.case.pk).state == "returned"


@pytest.mark.usefixtures("furnished_committed")
def test_a_withdrawn_or_refused_name_is_free_and_a_returned_one_is_not():
    mine = license_trader(2, trade_name="云清河", premises="440305-9999999")
    assert mine.state == "returned"
    assert license_trader(3, trade_name="云清河").state == "http 409"
    who, _ = outside.worker(2)
    actions.withdraw(number=mine.case.number, by=cases.citizen(who), now=now())
    assert license_trader(3, trade_name="云清河").state == "approved"
