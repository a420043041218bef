"""A city's day with a row in every table that a decision may rest on, made by the entry points."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.test import Client

from approvals import actions
from approvals.models import Application, Dispute, SampleFinding, SampleReview
from approvals.sampling import drawing, reviewing
from certificates import actions as issued
from certificates.actions import lifecycle, revoking
from certificates.models import Certificate
from exchange.models import Partner
from ledger import heads
from ledger.clock import city_date, now
from people import identity
from people.actors import CLOCK, ENGINE, agency, citizen, officer
from people.models import User
from services import catalogue, publish
from tests import endpoints
from tests.approvals import cases
from tests.approvals.program import Program, secret
from tests.approvals.sampling import month
from tests.attacks import outside
from tests.attacks.companies import company

PACK = Path("cities/sample/services/sole_trader.yaml")


def _officers(office: str) -> tuple[User, User]:
    return (
        User.objects.get(username=f"clerk-{office}"),
        User.objects.get(username=f"clerk-{office}-2"),
    )


def _consented() -> None:
    """A restaurant: the food office grants its part by webhook, then the licence is issued."""
    from tests.attacks.webhooks import post

    who, answers = outside.worker(0)
    seen = outside.submit(
        outside.body("sole_trader", who.number, who.name, {**answers, "scope": ["H6210"]})
    )
    assert seen.state == "waiting", (seen.state, seen.case and seen.case.handover, seen.reply.raw)
    data = {"application": seen.case.number, "item": "food", "granted": True, "reason": ""}
    sent = post("food", secret("food"), {"type": "approval.answered", "data": data})
    assert sent.status_code == 204, sent.content
    again = outside.settled(seen.reply, Application.objects.get(pk=seen.case.pk))
    assert again.state == "approved"


def _founded() -> None:
    """Two founders, so that one has to confirm; then filings follow the licence."""
    who, other = outside.worker(1)[0], outside.worker(2)[0]
    seen = outside.submit(
        outside.body("limited_company", who.number, who.name, company(who, other))
    )
    assert seen.state == "waiting", (seen.state, seen.case and seen.case.handover, seen.reply.raw)
    second = User.objects.filter(subject=identity.index(other.number)).first()
    by = citizen(second) if second else cases.citizen(other)
    actions.cosign(number=seen.case.number, granted=True, reason="", by=by, now=now())
    case = Application.objects.get(pk=seen.case.pk)
    cases.answer_checks(case)  # of the round after the signature
    again = outside.settled(seen.reply, case)
    assert again.state == "approved", again.state


def _refused_and_contested() -> None:
    who = outside.graduate(12)
    seen = outside.submit(
        outside.body("graduate_settlement", who.number, "某人", cases.graduate_answers())
    )
    assert seen.state == "review"
    clerk = officer(_officers("hrss")[0])
    number = seen.case.number
    desk = Client()
    desk.force_login(_officers("hrss")[0], "django.contrib.auth.backends.ModelBackend")
    assert desk.get(f"/desk/approvals/application/{seen.case.pk}/change/").status_code == 200
    actions.take(number=number, by=clerk, now=now())
    actions.refuse(number=number, reason="姓名与登记不符，不予批准", by=clerk, now=now())
    handed = actions.DeliveryRecord("post", who.name, str(city_date(now())), "EMS 10000")
    actions.record_delivery(number=number, delivery=handed, by=clerk, now=now())
    applicant = actions.Applicant("person", who.number, who.name)
    actions.reopen(number=number, reason="我的姓名去年改过", by=cases.citizen(applicant), now=now())


def _disputed() -> None:
    """Two records are called wrong; the keeper of one says that it is right."""
    who = outside.graduate(14)
    seen = outside.submit(
        outside.body("graduate_settlement", who.number, "某人", cases.graduate_answers())
    )
    me = cases.citizen(actions.Applicant("person", who.number, who.name))
    for fact in ("hukou_city", "name"):
        claim = actions.Claim(fact, "佛山市", "登记有误")
        actions.open_dispute(number=seen.case.number, claim=claim, by=me, now=now())
    police = agency(Partner.objects.get(code="police"))
    asked = Dispute.objects.get(application=seen.case, fact="name")
    actions.answer_dispute(
        key=asked.pk, is_corrected=False, reason="登记无误", by=police, now=now()
    )


def _timed() -> None:
    """A case whose clock stands still for a procedure, that is extended, and late all the same."""
    who = outside.graduate(10)
    seen = outside.submit(
        outside.body("graduate_settlement", who.number, "某人", cases.graduate_answers())
    )
    number, clerk = seen.case.number, officer(_officers("hrss")[0])
    actions.take(number=number, by=clerk, now=now())
    plan = actions.ProcedurePlan("testing", "3", "行政许可法 §45", "请送样品检测")
    actions.open_procedure(number=number, plan=plan, by=clerk, now=now())
    actions.end_procedure(number=number, reason="检测合格", by=clerk, now=now())
    head = officer(User.objects.get(username="head-hrss"))
    actions.extend(number=number, reason="需核对外地学籍档案", by=head, now=now())
    late = Application.objects.get(pk=seen.case.pk).due_at
    assert actions.escalate(by=CLOCK, now=late) and actions.accept(by=CLOCK, now=late)


def _revoked() -> None:
    who = outside.graduate(13)
    seen = outside.submit(
        outside.body("graduate_settlement", who.number, who.name, cases.graduate_answers())
    )
    paper = Certificate.objects.get(application=seen.case.number)
    lifecycle.rely(paper, Partner.objects.get(code="university"), "就业登记", now=now())
    first, second = map(officer, _officers("hrss"))
    ground = "deception"
    made = revoking.propose(
        public_id=paper.public_id, ground=ground, reason="学历系伪造", by=first, now=now()
    )
    revoking.confirm(revocation=made.pk, by=second, now=now())


def _endorsed() -> None:
    """A residence permit, and its next year."""
    who = cases.residents()[0]
    seen = outside.submit(outside.body("residence_permit", who.number, who.name, {"consent": True}))
    assert seen.state == "approved", (seen.state, seen.case and seen.case.handover)
    book = catalogue.rulebook(seen.case.edition_id)
    values = book.period(city_date(now())).values
    order = issued.Endorsing("later", book, seen.case.applicant, values)
    with transaction.atomic():
        issued.endorse([order], by=ENGINE, now=now())


def _proposed() -> None:
    text = PACK.read_text().replace("in_force_from: 2026-01-01", "in_force_from: 2027-01-01")
    publish.propose(text, by=officer(User.objects.get(username="policy")), now=now())


def _sampled() -> None:
    """The month is over, and drawn; what one officer finds, a second one confirms."""
    month.pass_by()
    assert drawing.draw(month=month.this_month(), by=CLOCK, now=month.after()) is not None
    review = SampleReview.objects.filter(
        is_control=False, application__office="hrss", reviewer__region=None
    )[0]
    first, second = map(officer, _officers("hrss"))
    if review.reviewer.username != first.code:
        first, second = second, first
    opinion = reviewing.Opinion("reject", ["same_name"], "姓名与学历证书上的不是同一人，原件不符")
    reviewing.answer(review=review.pk, opinion=opinion, by=first, now=now())
    reviewing.settle(
        finding=SampleFinding.objects.get().pk,
        settlement=reviewing.Settlement(True, "已向学校核实，发现成立", "unqualified"),
        by=second,
        now=now(),
    )


def live_through(folder: Path) -> None:
    """Do all of this, take every event under the tree, and export the heads to ``folder``."""
    outside.submit(
        outside.body(
            "graduate_settlement",
            outside.graduate(14 - 3).number,
            outside.graduate(14 - 3).name,
            cases.graduate_answers(),
        )
    )
    _consented()
    _founded()
    _refused_and_contested()
    _disputed()
    _timed()
    _revoked()
    _endorsed()
    _proposed()
    _sampled()
    endpoints.listen("food", "http://127.0.0.1:9/")
    Program().get("/api/v1/services")
    while heads.sequence(now()) is not None:
        pass
    heads.export(folder / "heads-2026.jsonl")
