"""A citizen's way from the catalogue to each of the outcomes, over HTTP, with all processes."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

from tests.portal.visitor import graduate, settled, submit, trader


def number(visitor) -> str:
    return visitor.address.rstrip("/").rsplit("/", 1)[1]


def test_a_service_is_found_by_two_characters(visitor):
    found = visitor().get("/?q=落户")
    titles = [a.text for a in found.all("//main//h3/a")]
    assert "应届毕业生引进落户" in titles[:3] and "有限公司设立登记" not in titles
    assert "没有找到" in visitor().get("/?q=火箭").text


def test_a_service_says_its_time_its_visits_and_what_is_not_handed_in(visitor):
    page = visitor().get("/services/sole_trader/")
    assert "3 个工作日" in page.text  # 市场主体登记管理条例 §19
    assert "零跑动" in page.text
    assert "人口基础信息库" in page.text
    assert "年满 18 周岁" in page.text  # 民法典 §§17-18


def test_the_anonymous_log_in_first_and_come_back(visitor):
    me = visitor().get("/services/graduate_settlement/apply/")
    assert me.address.endswith("/login/?next=/services/graduate_settlement/apply/")
    me.press("username=graduate")
    assert me.address.endswith("/services/graduate_settlement/apply/")


def test_known_facts_are_text_with_their_source_and_a_way_to_correct_them(visitor):
    me = visitor().as_persona("graduate").get("/services/graduate_settlement/apply/")
    told = int(re.search(r"已知 (\d+) 项", me.text)[1])
    assert told == len(me.all("//ul[@class='facts']/li"))
    asked = int(re.search(r"请填 (\d+) 项", me.text)[1])
    assert asked == len(me.all("//div[contains(@class,'field')]"))
    assert "高等教育学历信息库" in me.text
    me.get("/services/graduate_settlement/wrong/level/")
    assert "教育主管部门" in me.text and "高等教育学历信息库" in me.text


def test_a_graduate_is_approved_with_every_condition_shown(visitor, home):
    me = submit(graduate(visitor(), "graduate", home))
    assert "已批准" in me.text
    assert re.search(r"系统用时 [\d.]+ 秒", me.text)
    lines = me.all("//ol[@class='trace']/li")
    assert len(lines) == 16
    assert {line.get("class") for line in lines} == {"met"}
    assert "毕业年限 2 年" in me.text
    receipt = me.session.get(me.address + "receipt/").json()
    assert receipt["outcome"] == "approve"
    assert receipt["application"] == number(me)
    certificate = me.one(
        "//main//a[starts-with(@href,'/certificates/') or starts-with(@href,'/verify/')]"
    )
    page = me.get(certificate.get("href"))
    assert page.status == 200 and "有效" in page.text
    me.get("/wallet/")
    assert "有效" in me.text


def test_a_missing_degree_goes_to_an_officer_with_reason_and_day(visitor, home):
    me = submit(graduate(visitor(), "degree_missing", home))
    assert "工作人员办理中" in me.text
    assert "人力资源和社会保障局" in me.text
    assert re.search(r"最迟 \d{4}年\d+月\d+日", me.text)
    assert "学历库中有记录" in me.text and "不符合" in me.text


def test_an_unknown_address_is_returned_once_and_mended(visitor, home):
    me = submit(graduate(visitor(), "graduate", "440305-0000000"))
    assert "请补正" in me.text
    assert "落户地址编码存在" in me.text
    me.get(me.one("//main//a[contains(@href,'/correct/')]").get("href"))
    assert me.one("//input[@name='/address']").get("value") == "440305-0000000"
    settled(me.press("", **{"/address": home}))
    assert "已批准" in me.text
    assert "已补正并重新提交" in me.text


def test_a_scope_with_a_permit_waits_for_the_agency_by_name(visitor, shop):
    me = submit(trader(visitor(), "trader_food", shop, ["H6210", "F5232"]))
    assert "等待答复" in me.text
    assert "食品" in me.text
    assert "尚未答复" in me.text


def test_a_person_please_goes_to_an_officer_though_all_is_met(visitor, shop):
    me = submit(trader(visitor(), "trader", shop, ["F5232"]), by_person="1")
    assert "工作人员办理中" in me.text
    assert "申请人要求人工办理" in me.text
    assert not me.all("//ol[@class='trace']/li[@class='unmet' or @class='unknown']")


def test_two_taps_make_one_case(visitor, shop):
    me = trader(visitor(), "trader", shop, ["F5232"])
    ticks = {b.get("name"): b.get("value") for b in me.all("//main//input[@type='checkbox']")}
    address, values = me.form("step=submit", **ticks)

    def tap(_: int) -> str:
        return me.session.post(address, data=values, timeout=20).url

    with ThreadPoolExecutor(4) as pool:
        places = set(pool.map(tap, range(4)))
    assert len(places) == 1
    assert len(me.get("/cases/").all("//main//*[@aria-labelledby='all']//li")) == 1


def test_an_empty_form_names_each_field_in_the_same_words(visitor):
    me = visitor().as_persona("graduate").get("/services/graduate_settlement/apply/")
    me.press("step=check")
    assert me.status == 422
    links = me.all("//*[@id='problems']//a")
    assert [a.get("href") for a in links] == ["#f-district", "#f-address"]
    for link in links:
        field = me.one(f"//*[@id='{link.get('href')[1:]}']")
        message = me.one(f"//*[@id='{field.get('aria-describedby').split()[-1]}']")
        assert link.text_content() in " ".join(message.text_content().split())
    assert me.one("//*[@id='problems']").get("autofocus") is not None


def test_nothing_is_submitted_without_the_declaration(visitor, home):
    me = graduate(visitor(), "graduate", home)
    me.press("step=submit")
    assert me.status == 422
    assert "必须填写" in me.text
    assert "还没有办过事项" in me.get("/cases/").text


def test_change_brings_the_answers_back(visitor, home):
    me = graduate(visitor(), "graduate", home).press("step=edit")
    assert me.one("//input[@name='/address']").get("value") == home
    assert me.one("//select/option[@selected]").get("value") == "440305"


def test_an_open_case_is_withdrawn_after_one_more_question(visitor, home):
    me = submit(graduate(visitor(), "criminal", home))
    me.get(me.one("//main//a[contains(@href,'/withdraw/')]").get("href")).press()
    assert "已撤回" in me.text


def test_an_approval_is_contested_with_a_reason(visitor, shop):
    me = submit(trader(visitor(), "trader", shop, ["F5232"]))
    me.get(me.one("//main//a[contains(@href,'/contest/')]").get("href")).press(reason="  ")
    assert me.status == 422
    assert "请填写理由" in me.text
    me.press(reason="字号写错了")
    assert "工作人员办理中" in me.text and "申请人申请复核" in me.text
    assert "暂停" in me.get("/wallet/").text


def test_english_is_complete_on_the_whole_way(visitor, home):
    me = visitor(language="en")
    me = submit(graduate(me, "graduate", home))
    assert "Approved" in me.text and "Condition by condition" in me.text
    lines = " ".join(line.text_content() for line in me.all("//ol[@class='trace']//h3"))
    assert not re.search(r"[\u4e00-\u9fff]", lines)


def test_a_receipt_is_the_signed_bytes(stack, visitor, shop):
    from approvals.models import Decision

    me = submit(trader(visitor(), "trader", shop, ["F5232"]))
    body = me.session.get(me.address + "receipt/").content
    decision = Decision.objects.get(application__number=number(me))
    assert body == bytes(decision.receipt)
    assert json.loads(body)["applicant"]["number"].count("*") == 10
