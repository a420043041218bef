"""The desk's first page: numbers that are right, in the officer's own sight, and lead somewhere."""

import re

import pytest

from tests.portal.test_desk import number, opened
from tests.portal.visitor import graduate, submit


@pytest.fixture
def cases(visitor, home):
    """Three cases with officers of the human resources bureau: two reasons, one of them twice."""
    people = ("degree_missing", "criminal", "credit_hit")
    return [submit(graduate(visitor(), who, home)) for who in people]


def tiles(clerk) -> dict[str, tuple[int, str]]:
    """Return label: (count, address) of the numbers on the first page."""
    clerk.get("/desk/")
    found = {}
    for link in clerk.all("//ul[@class='tiles']//a"):
        count, label = link.text_content().split(maxsplit=1)
        found[label.strip()] = (int(count), link.get("href"))
    return found


def listed(clerk, address) -> list[str]:
    clerk.get(address)
    return re.findall(r"MP\d{8}[0-9A-Z]{9}", clerk.one("//table[@id='result_list']").text_content())


def test_each_number_leads_to_as_many_cases(officer, cases):
    clerk = officer("clerk-hrss")
    assert tiles(clerk)["尚无人办理"][0] == 3
    opened(clerk, number(cases[0])).press("action=take")
    for count, address in tiles(clerk).values():
        assert len(listed(clerk, address)) == count if count else True
    assert tiles(clerk)["由我办理"][0] == 1
    assert tiles(clerk)["尚无人办理"][0] == 2


def test_what_is_due_today_is_not_overdue(officer, cases):
    from django.db import connection

    from approvals.models import Application

    midnight = "date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE approvals_application SET due_at = {midnight} + interval '1 day'"
            " WHERE number = %s",
            [number(cases[0])],
        )
        cursor.execute(
            f"UPDATE approvals_application SET due_at = {midnight} WHERE number = %s",
            [number(cases[1])],
        )
    assert Application.objects.filter(due_at=None).count() == 0
    found = tiles(officer("clerk-hrss"))
    assert listed(officer("clerk-hrss"), found["今天到期"][1]) == [number(cases[0])]
    assert listed(officer("clerk-hrss"), found["已逾期"][1]) == [number(cases[1])]


def test_another_office_counts_nothing(officer, cases):
    assert {count for count, _ in tiles(officer("clerk-market")).values()} == {0}


def rows(visitor, title: str) -> list[tuple[str, int, int, str]]:
    """Return (name, cases, overdue, address) of each line of one of the supervisor's tables."""
    found = []
    for row in visitor.all(f"//section[h2[.='{title}']]//tbody/tr[th]"):
        count, overdue = (int(cell.text_content()) for cell in row.xpath("td"))
        link = row.xpath("th/a")[0]
        found.append((link.text_content(), count, overdue, link.get("href")))
    return found


def test_a_supervisor_sees_the_backlog_and_why_it_is_there(officer, cases):
    clerk = officer("clerk-hrss")
    opened(clerk, number(cases[0])).press("action=take")
    supervisor = officer("supervisor-hrss").get("/desk/")
    ages, officers = rows(supervisor, "按等待天数"), rows(supervisor, "按办理人")
    reasons = rows(supervisor, "转人工的原因")
    assert sum(count for _, count, _, _ in ages) == ages[0][1] == 3
    assert sorted(count for _, count, _, _ in officers) == [1, 2]
    assert [count for _, count, _, _ in reasons] == sorted(
        (count for _, count, _, _ in reasons), reverse=True
    )
    assert any("学历库中有记录" in name for name, *_ in reasons)
    for _, count, _, address in [*ages, *officers, *reasons]:
        assert len(listed(supervisor, address)) == count if count else True
    assert rows(clerk.get("/desk/"), "按办理人") == []  # a clerk has no overview of colleagues


def test_what_others_did_on_my_cases_since_i_was_here(officer, cases):
    """The agency's answer comes while the clerk is away; the clerk's own actions are no news."""
    from approvals import actions
    from ledger.clock import now
    from people import actors
    from people.models import User

    clerk = officer("clerk-hrss")
    opened(clerk, number(cases[0])).press("action=take")
    assert "没有变化" in officer("clerk-hrss").get("/desk/").text
    supervisor = actors.officer(User.objects.get(username="supervisor-hrss"))
    opened(officer("clerk-hrss-2"), number(cases[1])).press("action=take")
    actions.reassign(
        number=number(cases[1]),
        to="clerk-hrss",
        reason="同事休假，请接手",
        by=supervisor,
        now=now(),
    )
    changed = officer("clerk-hrss").get("/desk/")
    log = [li.text_content() for li in changed.all("//section[h2[contains(., '有何变化')]]//li")]
    assert log and all(number(cases[1]) in line for line in log)


def test_a_case_that_was_proposed_twice_is_counted_once(officer, cases):
    first, second = officer("clerk-hrss"), officer("clerk-hrss-2")
    case = opened(first, number(cases[0])).press("action=take").address
    for reason in (
        "已核对学位证书原件，与学校书面证明一致",
        "又核对了学校书面证明，编号属实",
    ):
        first.get(case).decide("propose_approval", reason=reason)
        if "学位" in reason:
            second.get(case).press("action=send_back_approval", reason="请补充核对书面证明的编号")
    assert tiles(first)["由我办理"][0] == 1
    assert tiles(first)["待我作为第二人确认"][0] == 0
    count, address = tiles(second)["待我作为第二人确认"]
    assert (count, listed(second, address)) == (1, [number(cases[0])])
    assert tiles(second)["尚无人办理"][0] == 2


def test_an_auditor_begins_with_what_may_be_wrong(officer, cases):
    """Late cases, and each page on which names were shown; both lead to their lines."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_application SET due_at = now() - interval '1 day' WHERE number = %s",
            [number(cases[0])],
        )
    auditor = officer("auditor")
    before = tiles(auditor)
    assert before["已逾期"][0] == 1
    assert listed(auditor, before["已逾期"][1]) == [number(cases[0])]
    assert before["近 30 天查看完整姓名"][0] == 0
    case = opened(auditor, number(cases[0])).address
    address, values = auditor.form(reason="核查逾期原因，需联系申请人核实")
    assert address == case.partition("?")[0].replace("/change/", "/unmask/")
    auditor.session.post(address, data=values, timeout=15)
    count, page = tiles(auditor)["近 30 天查看完整姓名"]
    assert count == 1
    auditor.get(page)
    assert number(cases[0]) in auditor.one("//table[@id='result_list']").text_content()
    assert len(auditor.all("//table[@id='result_list']/tbody/tr")) == 1
    settled = tiles(auditor)["待处理的人员变更"]
    assert settled[0] == 0 and auditor.get(settled[1]).status == 200


def test_a_technical_officer_begins_with_editions(officer, cases):
    assert {"待您审核的版本", "尚未生效的版本"} == set(tiles(officer("technical")))
