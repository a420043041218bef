"""The clerk's desk over HTTP: what a clerk sees, what the buttons do, and what they refuse."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.portal.visitor import graduate, submit, trader


@pytest.fixture
def waiting(visitor, home):
    """A citizen whose case is with an officer of the human resources bureau."""
    return submit(graduate(visitor(), "degree_missing", home))


def number(visitor) -> str:
    return visitor.address.rstrip("/").rsplit("/", 1)[1]


def opened(clerk, reference):
    """Open the case from the queue, as a clerk does."""
    clerk.get(f"/desk/approvals/application/?q={reference}")
    clerk.get(clerk.one("//table[@id='result_list']/tbody//th//a").get("href"))
    return clerk


def queue(clerk) -> list[str]:
    clerk.get("/desk/approvals/application/")
    return re.findall(r"MP\d{8}[0-9A-Z]{9}", clerk.text)


def test_the_queue_shows_why_and_until_when(officer, waiting):
    clerk = officer("clerk-hrss").get("/desk/approvals/application/")
    row = clerk.one(f"//tr[contains(., '{number(waiting)}')]").text_content()
    assert "学历库中有记录" in row
    assert re.search(r"还剩 \d+ 天", row)


def test_the_queue_begins_with_the_nearest_deadline(officer, visitor, home, stack):
    from django.db import connection

    cases = [submit(graduate(visitor(), who, home)) for who in ("criminal", "credit_hit")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(due_at) - interval '1 day' FROM approvals_application")
        earlier = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE approvals_application SET due_at = %s WHERE number = %s",
            [earlier, number(cases[1])],
        )
    assert queue(officer("clerk-hrss"))[:2] == [number(cases[1]), number(cases[0])]


def test_an_officer_of_the_district_that_the_pack_names_sees_its_cases(officer, waiting):
    assert number(waiting) in queue(officer("clerk-hrss-nanshan"))


def test_another_office_and_another_region_see_nothing(officer, waiting):
    from tests.officers import change

    mine = opened(officer("clerk-hrss"), number(waiting)).address
    change("clerk-hrss-nanshan", region_id="440304")
    for colleague in ("clerk-market", "clerk-hrss-nanshan"):
        other = officer(colleague)
        assert queue(other) == []
        other.get(f"/desk/approvals/application/?q={number(waiting)}&state=all")
        assert not other.all("//table[@id='result_list']/tbody//th//a")
        other.get(mine)
        assert other.status == 404
        assert other.session.get(mine.replace("/change/", "/history/")).status_code in (302, 404)


def test_the_page_shows_everything_with_the_number_masked(officer, waiting):
    from people.models import User

    clerk = opened(officer("clerk-hrss"), number(waiting))
    for heading in ("逐项核验", "查询证据", "填报内容", "办理经过"):
        assert heading in clerk.text
    assert re.search(r"\d{4}\*{10}[0-9X]{4}", clerk.text)
    from people import identity

    person = identity.decrypt(bytes(User.objects.get(username="degree_missing").number))
    assert person not in clerk.response.text
    assert "查无记录" in clerk.text


def test_refusing_needs_a_reason_and_a_law_and_reaches_the_citizen(officer, waiting):
    clerk = opened(officer("clerk-hrss"), number(waiting))
    clerk.press("action=take")
    clerk.decide("refuse", reason="  ", law="本市人才引进办法")
    assert clerk.status == 422 and "请填写理由" in clerk.text
    clerk.decide("refuse", reason="学历证书经核实不存在", law="")
    assert clerk.status == 422 and "请填写法律依据" in clerk.text
    clerk.decide("refuse", reason="学历证书经核实不存在", law="本市人才引进办法")
    assert clerk.status == 200
    waiting.get(waiting.address)
    assert "不予批准" in waiting.text
    assert "学历证书经核实不存在" in waiting.text and "本市人才引进办法" in waiting.text
    assert "李敏" in waiting.text  # only a named officer refuses
    assert "行政复议" in waiting.text and "六个月" in waiting.text


def test_approving_against_the_verdict_takes_two_officers(officer, visitor, waiting):
    clerk = opened(officer("clerk-hrss"), number(waiting))
    clerk.press("action=take")
    assert not clerk.all("//a[contains(@href, 'move=approve')]")
    clerk.decide("propose_approval")  # with what the page filled in, and no more
    assert clerk.status == 422 and "请用自己的话写明理由" in clerk.text
    reason = "学信网补录未完成，已核对学位证书原件与学校出具的证明"
    clerk.decide("propose_approval", reason=reason)
    assert clerk.status == 200 and not clerk.all("//button[@value='confirm_approval']")
    assert "工作人员办理中" in waiting.get(waiting.address).text and reason not in waiting.text
    second = opened(officer("clerk-hrss-2"), number(waiting))
    assert reason in second.text
    address, forged = second.form("action=confirm_approval")
    mine = [(k, clerk.session.cookies["csrf"] if "csrf" in k else v) for k, v in forged]
    own = clerk.session.post(address, data=mine, timeout=15)
    assert own.status_code == 403 and "提出人不能自己确认" in own.text
    elsewhere = officer("clerk-market")
    theirs = [(k, elsewhere.session.cookies["csrf"] if "csrf" in k else v) for k, v in forged]
    assert elsewhere.session.post(address, data=theirs, timeout=15).status_code == 404
    stale = [(k, str(int(v) - 1) if k == "version" else v) for k, v in forged]
    assert second.session.post(address, data=stale, timeout=15).status_code == 409
    second.press("action=confirm_approval")
    assert second.status == 200
    waiting.get(waiting.address)
    assert "已批准" in waiting.text
    address = waiting.one("//main//a[starts-with(@href,'/certificates/')]").get("href")
    public = address.strip("/").split("/")[1]
    assert "真实有效" in visitor().get(f"/verify/{public}").text


def test_returning_lists_what_is_missing_line_by_line(officer, waiting):
    clerk = opened(officer("clerk-hrss"), number(waiting))
    clerk.press("action=take").decide("return_", reason="学位证书认证报告\n身份证正面照片")
    waiting.get(waiting.address)
    items = [li.text for li in waiting.all("//main//section//ul/li")]
    assert items[:2] == ["学位证书认证报告", "身份证正面照片"]


def test_a_stale_page_is_refused_and_changes_nothing(officer, waiting):
    clerk, colleague = officer("clerk-hrss"), officer("clerk-hrss-2")
    opened(clerk, number(waiting))
    address, values = clerk.form("action=take")
    opened(colleague, number(waiting)).press("action=take")
    late = clerk.session.post(address, data=values, timeout=15)
    assert late.status_code == 409
    assert "刚被他人处理过" in late.text
    colleague.get(colleague.address)
    assert "孙立" in colleague.text


def test_of_two_clerks_who_decide_at_once_one_wins(officer, waiting):
    from approvals.models import Decision

    clerk = opened(officer("clerk-hrss"), number(waiting))
    clerk.press("action=take")
    deeds = []
    for move, fields in (
        ("return_", {"reason": "请补交学位证书认证报告"}),
        ("refuse", {"reason": "不同意", "law": "本市人才引进办法"}),
    ):
        clerk.choose(move).press(f"preview={move}", **fields)
        deeds.append(clerk.form(f"action={move}"))
        clerk.get(clerk.address.replace("/do/", "/change/"))

    def do(deed) -> int:
        return clerk.session.post(
            deed[0], data=deed[1], timeout=15, allow_redirects=False
        ).status_code

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(do, deeds))
    assert codes == [302, 409]
    mine = Decision.objects.filter(application__number=number(waiting), officer__isnull=False)
    assert mine.count() == 1


def test_released_cases_are_anybodys_again(officer, waiting):
    clerk = opened(officer("clerk-hrss"), number(waiting))
    clerk.press("action=take").press("action=release")
    assert (
        number(waiting)
        in officer("clerk-hrss-2").get("/desk/approvals/application/?hand=free").text
    )


def test_another_agency_is_asked_from_the_desk(officer, visitor, shop):
    me = submit(trader(visitor(), "trader", shop, ["F5232"]), by_person="1")
    clerk = opened(officer("clerk-market"), number(me))
    clerk.press("action=take")
    item = clerk.choose("await_consent").one("//select[@id='item']/option").get("value")
    clerk.decide("await_consent", item=item)
    assert "等待答复" in me.get(me.address).text


def test_nothing_is_added_deleted_or_edited_in_bulk(officer, waiting):
    clerk = opened(officer("clerk-hrss"), number(waiting))
    page = clerk.address
    assert clerk.get("/desk/approvals/application/add/").status in (403, 404)
    assert clerk.get(page.replace("/change/", "/delete/")).status in (403, 404)
    clerk.get("/desk/approvals/application/")
    offered = {o.get("value") for o in clerk.all("//select[@name='action']/option")}
    assert offered - {""} == {"together"}  # which shows each, and asks for a reason
    assert clerk.session.post(page, data={"state": "approved"}).status_code in (200, 403)
    assert "工作人员办理中" in waiting.get(waiting.address).text


def test_the_portals_policy_stays_strict_beside_the_desk(officer, visitor):
    desk = officer("clerk-hrss").response.headers["Content-Security-Policy"]
    portal = visitor().get("/").response.headers["Content-Security-Policy"]
    assert "unsafe" in desk
    assert "unsafe" not in portal
