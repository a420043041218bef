"""Ratings (好差评): one a case, its applicant's; a bad one is answered by the office in time."""

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from affairs import messages, ratings
from affairs.models import Rating
from affairs.ratings import Opinion
from approvals.models import Application
from ledger.clock import city_date, now
from people.errors import ActionRejected
from tests.affairs.people import of, refused
from tests.approvals.cases import audited, settled, submit
from tests.counter.desk import enter
from tests.officers import make

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture
def case() -> Application:
    return settled("graduate")


def rate(case: Application, grade: int = 5, by: str = "graduate", **more: Any) -> Rating:
    return ratings.rate(number=case.number, opinion=Opinion(grade, **more), by=of(by), now=now())


def code(error: pytest.ExceptionInfo[ActionRejected]) -> str:
    return error.value.code


def test_a_settled_case_is_rated_once_by_its_own_applicant(case: Application) -> None:
    with pytest.raises(ActionRejected) as another:
        rate(case, by="criminal")
    assert code(another) == "not_found"
    row = rate(case, 4, points=["speed", "nothing"], words="很快")
    assert (row.points, row.words, row.answer_by) == (["speed"], "很快", None)
    with pytest.raises(ActionRejected) as again:
        rate(case)
    assert code(again) == "rated_before" and Rating.objects.count() == 1
    assert audited() == []


def test_what_is_not_settled_is_not_rated_and_there_are_five_grades(case: Application) -> None:
    with pytest.raises(ActionRejected) as early:
        rate(submit("criminal"), by="criminal")
    assert code(early) == "not_settled"
    for grade in (0, 6):
        with pytest.raises(ActionRejected) as none:
            rate(case, grade)
        assert code(none) == "no_grade"


@pytest.mark.parametrize("grade", [1, 2])
def test_the_two_lowest_are_work_orders_with_a_deadline(case: Application, grade: int) -> None:
    row = rate(case, grade)
    day, _provisional = settings.CITY.calendar.last_day(city_date(row.at), 5, "working")
    assert row.answer_by is not None
    assert settings.CITY.calendar.date(row.answer_by - dt.timedelta(seconds=1)) == day
    assert ratings.owed(of("supervisor-hrss")).get() == row


def test_the_office_answers_in_words_and_the_applicant_has_a_message(case: Application) -> None:
    row = rate(case, 1, words="等了很久")
    for by, wanted in (("clerk-hrss", "not_found"), ("supervisor-market", "not_found")):
        with pytest.raises(ActionRejected) as refusal:
            ratings.answer(rating=row.pk, words="已整改", by=of(by), now=now())
        assert code(refusal) == wanted
    boss = of("supervisor-hrss")
    with pytest.raises(ActionRejected) as silent:
        ratings.answer(rating=row.pk, words=" ", by=boss, now=now())
    assert silent.value.status == 422
    ratings.answer(rating=row.pk, words="已向您电话致歉，并调整了排班", by=boss, now=now())
    with pytest.raises(ActionRejected) as again:
        ratings.answer(rating=row.pk, words="另一答复", by=boss, now=now())
    assert code(again) == "answered"
    message = messages.inbox(of("graduate")).filter(kind="rating_answered").get()
    client = enter("graduate")
    assert f"/cases/{case.number}/rate/" in client.get(f"/messages/{message.pk}/").content.decode()
    assert "调整了排班" in client.get(f"/cases/{case.number}/rate/").content.decode()
    assert audited() == []


def test_a_supervisor_answers_at_the_desk(case: Application) -> None:
    row = rate(case, 2, points=["clarity"], words="没有说清楚")
    desk = enter("supervisor-hrss")
    assert case.number in desk.get("/desk/affairs/rating/").content.decode()
    assert "待答复的差评" in desk.get("/desk/").content.decode()
    page = desk.get(f"/desk/affairs/rating/{row.pk}/change/").content.decode()
    assert "没有说清楚" in page and "说明是否清楚" in page and case.applicant_name in page
    path = f"/desk/affairs/rating/{row.pk}/do/"
    assert desk.post(path, {"reason": ""}).status_code == 422
    assert desk.post(path, {"reason": ["a", "b"]}).status_code == 422
    assert desk.post(path, {"reason": "已重新说明"}).status_code == 302
    row.refresh_from_db()
    assert row.answer == "已重新说明"
    masked = enter("auditor").get(f"/desk/affairs/rating/{row.pk}/change/").content.decode()
    assert "没有说清楚" in masked and case.applicant_name not in masked
    for who, status in (("supervisor-market", 404), ("clerk-hrss", 404)):
        assert enter(who).get(f"/desk/affairs/rating/{row.pk}/change/").status_code == status


def test_nobody_reads_or_answers_a_rating_of_their_own_case(case: Application) -> None:
    row = rate(case, 1)
    own = make("supervisor-own", "supervisor", office_id="hrss", person=of("graduate").code)
    assert not ratings.owed(of("supervisor-own")).exists()
    update = (
        "UPDATE affairs_rating SET answered_at = now(), answered_by_id = %s, answer = 'x'"
        " WHERE id = %s"
    )
    assert "no supervisor of the case" in refused(update, own.pk, row.pk)


def test_the_portal_asks_once_and_says_what_is_wrong(case: Application) -> None:
    client, path = enter("graduate"), f"/cases/{case.number}/rate/"
    assert path in client.get(f"/cases/{case.number}/").content.decode()
    empty = client.post(path, {"words": "好"})
    page = empty.content.decode()
    assert empty.status_code == 422 and 'href="#grade-5"' in page and ">好</textarea>" in page
    unsafe = client.post(path, {"grade": "5", "words": "a\u202eb"})
    assert unsafe.status_code == 422 and 'href="#words"' in unsafe.content.decode()
    assert client.post(path, {"grade": "1", "point": ["speed", "pages"]}).status_code == 302
    given = client.get(path).content.decode()
    assert "非常不满意" in given and "页面和系统" in given and "前答复您" in given
    assert client.post(path, {"grade": "5"}).status_code == 409
    assert enter("criminal").get(path).status_code == 404
    assert enter("criminal").post(path, {"grade": "5"}).status_code == 404


def test_the_average_is_public_from_a_number_on_that_hides_each_one() -> None:
    people = ["graduate", *(f"graduate_{n}" for n in (23, 25, 27, 29, 31))]
    least, grades = settings.CITY.ratings.shown_from, (5, 4, 4, 5, 3)
    assert least == len(grades)
    path = "/services/graduate_settlement/"
    client = enter("trader")
    for who, grade in zip(people, grades, strict=False):
        assert "暂不显示" in client.get(path).content.decode()
        rate(settled(who), grade, by=who)
    assert "4.2 分（满分 5 分），共 5 个评价" in client.get(path).content.decode()  # 21 / 5


def test_postgresql_keeps_one_rating_of_a_settled_case_by_its_own_applicant(
    case: Application,
) -> None:
    row, open_case = rate(case, 1), submit("credit_hit")
    copy = (
        "INSERT INTO affairs_rating SELECT (jsonb_populate_record(r, jsonb_build_object("
        "'id', gen_random_uuid(), {}))).* FROM affairs_rating r"
    )
    assert "affairs_rating_application_id" in refused(copy.format("'grade', 2"))
    other = settled("graduate_23")
    theirs = f"'application_id', '{other.id}'"
    assert "by its own applicant" in refused(copy.format(theirs))
    mine = f"'application_id', '{open_case.id}', 'subject', '{open_case.applicant}'"
    assert "not of a settled case" in refused(copy.format(mine))
    own = f"'application_id', '{other.id}', 'subject', '{other.applicant}'"
    assert "rating_of_five_grades" in refused(copy.format(f"{own}, 'grade', 6, 'answer_by', NULL"))
    assert "rating_bad_is_answered" in refused(copy.format(f"{own}, 'answer_by', NULL"))
    for change in ("grade = 5", "words = 'x'", "answer_by = now() + interval '1 year'"):
        refused(f"UPDATE affairs_rating SET {change}")
    refused("DELETE FROM affairs_rating")
    with connection.cursor() as cursor:
        cursor.execute("SELECT grade FROM affairs_rating WHERE id = %s", [row.pk])
        assert cursor.fetchone() == (1,)
