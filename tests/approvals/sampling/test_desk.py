"""Re-reviews at the desk: blind on every page, by role and office, each reading traced."""

import re

import pytest
from django.test import Client

from approvals.models import SampleDraw, SampleFinding, SampleReview
from certificates.models import Certificate
from people.models import Reading, User
from people.rights import write_groups
from tests import officers
from tests.approvals.sampling import month

WHY = "户籍地址与学历证书上的姓名不是同一人，原件核对不符"
LISTS = {
    name: f"/desk/approvals/{name}/" for name in ("samplereview", "samplefinding", "sampledraw")
}


@pytest.fixture
def draw(furnished: None) -> SampleDraw:
    write_groups()
    return month.drawn(3)


@pytest.fixture
def review(draw: SampleDraw) -> SampleReview:
    found = SampleReview.objects.filter(draw=draw, is_control=False, reviewer__region=None)
    return found.select_related("application", "reviewer").order_by("place")[0]


def entered(username: str) -> Client:
    client = Client(headers={"accept-language": "zh-CN"})
    user = User.objects.get(username=username)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def reviewer(review: SampleReview) -> Client:
    return entered(review.reviewer.username)


def second(review: SampleReview) -> Client:
    clerks = User.objects.filter(username__in=["clerk-hrss", "clerk-hrss-2"])
    return entered(clerks.exclude(pk=review.reviewer_id)[0].username)


def page_of(row: SampleReview | SampleFinding) -> str:
    return f"{LISTS[row._meta.model_name]}{row.pk}/"


def text(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


def answer(review: SampleReview, **form: object) -> int:
    said = {"answer": "reject", "condition": ["same_name"], "reason": WHY, **form}
    return reviewer(review).post(page_of(review) + "do/", said).status_code


def test_a_reviewer_sees_no_verdict_before_the_answer_and_all_of_it_after(
    review: SampleReview,
) -> None:
    me, case = reviewer(review), review.application
    page = text(me, page_of(review) + "change/")
    assert case.number in page and case.applicant_name in page
    assert 'name="answer"' in page and 'value="same_name"' in page
    main = page[page.index("<main") : page.index("</main>")]
    assert 'id="verdict"' not in main and "已批准" not in main and 'class="met"' not in main
    assert not re.search(r"符合(?!的条件)", main.replace("不符合", "").replace("符合条件", ""))
    # nor on any other page of theirs
    paper = Certificate.objects.get(application=case.number)
    for address in (
        f"/desk/approvals/application/{case.pk}/change/",
        f"/desk/approvals/application/{case.pk}/do/",
        f"/desk/certificates/certificate/{paper.pk}/change/",
    ):
        text(me, address, 404)
    for address in (
        f"/desk/approvals/application/?state=all&q={case.number}",
        f"/desk/certificates/certificate/?q={paper.number}",
    ):
        rows = text(me, address).partition("<main")[2]
        assert f"/{case.pk}/change/" not in rows and f"/{paper.pk}/change/" not in rows
    text(second(review), f"/desk/approvals/application/{case.pk}/change/")
    assert answer(review, answer="approve", condition=[], reason="") == 302
    page = text(me, page_of(review) + "change/")
    assert 'id="verdict"' in page and 'class="met"' in page and 'name="answer"' not in page
    text(me, f"/desk/approvals/application/{case.pk}/change/")
    text(me, f"/desk/certificates/certificate/{paper.pk}/change/")


def test_a_control_looks_like_any_other_before_the_answer(draw: SampleDraw) -> None:
    control = SampleReview.objects.get(draw=draw, is_control=True)
    page = text(reviewer(control), page_of(control) + "change/")
    assert "对照件" not in page and 'id="verdict"' not in page
    assert answer(control, condition=["credit"]) == 302
    assert "对照件" in text(reviewer(control), page_of(control) + "change/")


def test_each_opening_is_traced(review: SampleReview) -> None:
    text(reviewer(review), page_of(review) + "change/")
    trace = Reading.objects.get(subject=review.application.number, kind="case")
    assert trace.by == f"officer:{review.reviewer.username}"


def test_others_open_no_review_and_answer_none(review: SampleReview) -> None:
    form = {"answer": "approve"}
    for username in ("clerk-market", "supervisor-hrss", "policy", "operator"):
        client = entered(username)
        status = client.get(page_of(review) + "change/").status_code
        assert status in (403, 404), username
        assert client.post(page_of(review) + "do/", form).status_code in (403, 404), username
    assert second(review).post(page_of(review) + "do/", form).status_code == 404
    auditor = entered("auditor")
    page = text(auditor, page_of(review) + "change/")
    assert review.application.applicant_name not in page and 'id="verdict"' in page
    assert auditor.post(page_of(review) + "do/", form).status_code == 404
    review.refresh_from_db()
    assert review.answer == ""


def test_an_answered_review_leaves_the_sight_of_who_went_to_another_office(
    review: SampleReview,
) -> None:
    assert answer(review) == 302
    assert review.application.number in text(reviewer(review), LISTS["samplereview"])
    officers.change(review.reviewer.username, office_id="market")
    me = reviewer(review)
    assert review.application.number not in text(me, LISTS["samplereview"])
    assert review.application.applicant_name not in text(me, page_of(review) + "change/", 404)


def test_what_is_wrong_is_said_and_kept(review: SampleReview) -> None:
    me, address = reviewer(review), page_of(review) + "do/"
    answer_ = me.post(address, {"answer": "reject", "condition": ["same_name"], "reason": "不符"})
    assert answer_.status_code == 422
    page = answer_.content.decode()
    assert (
        'id="problem"' in page and 'value="same_name" checked' in page and "不符</textarea>" in page
    )
    assert me.get(address).status_code == 302


def test_a_finding_is_settled_by_a_second_officer_and_its_test_downloaded(
    review: SampleReview,
) -> None:
    assert answer(review) == 302
    finding = SampleFinding.objects.get(review=review)
    address, do = page_of(finding) + "change/", page_of(finding) + "do/"
    assert 'value="confirm"' not in text(reviewer(review), address)
    form = {"action": "confirm", "reason": "已向学校核实，发现成立", "ground": "unqualified"}
    for username, status in (
        (review.reviewer.username, 403),
        ("clerk-market", 404),
        ("supervisor-hrss", 404),
        ("policy", 404),
        ("auditor", 404),
    ):
        assert entered(username).post(do, form).status_code == status, username
    other = second(review)
    assert 'value="confirm"' in text(other, address)
    assert other.post(do, {**form, "action": "x"}).status_code == 422
    assert other.post(do, form).status_code == 302
    assert other.post(do, form).status_code == 409
    page = text(other, address)
    assert "属误批" in page and "已提出撤销" in page
    name = review.application.applicant_name
    for username in ("policy", "auditor"):
        client = entered(username)
        assert page_of(finding) + "test.yaml" in text(client, LISTS["samplefinding"])
        download = client.get(page_of(finding) + "test.yaml")
        assert download.status_code == 200 and "attachment" in download["Content-Disposition"]
        assert (
            name not in download.content.decode() and "expect: refer" in download.content.decode()
        )
    text(entered("policy"), address, 404)
    assert name not in text(entered("auditor"), address)
    text(entered("clerk-market"), page_of(finding) + "test.yaml", 404)


def test_rates_are_for_supervisors_policy_officers_and_auditors(review: SampleReview) -> None:
    address = LISTS["sampledraw"]
    page = text(entered("policy"), address)
    assert "<svg" not in page  # nothing is reviewed yet
    assert answer(review, answer="approve", condition=[], reason="") == 302
    for username in ("supervisor-hrss", "policy", "auditor"):
        page = text(entered(username), address)
        assert "<svg" in page and "0.00 %" in page and "应届毕业生" in page
        assert "sampling verify" in page
        heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
        assert heads[3:] == ["自动批准", "抽取", "已复查", "误批件数", "无法判断", "未完成"]
    for username in ("clerk-hrss", "operator"):
        assert entered(username).get(address).status_code == 403
    draw = SampleDraw.objects.get()
    assert entered("policy").get(f"{address}{draw.pk}/change/").status_code == 302


def test_pages_are_whole_in_english(review: SampleReview) -> None:
    answer(review)
    finding = SampleFinding.objects.get(review=review)
    client = Client(headers={"accept-language": "en"})
    client.force_login(review.reviewer, "django.contrib.auth.backends.ModelBackend")
    page = text(client, page_of(review) + "change/")
    assert "What the system had found" in page and "抽查" not in page
    assert "What the first officer found" in text(client, page_of(finding) + "change/")
