"""What a pack wants reviewed is decided with a legal officer's opinion, by the database too."""

import hashlib
import os
from collections.abc import Iterator
from uuid import UUID

import orjson
import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from approvals import actions, queries
from approvals.actions import officer as officers
from approvals.models import Application, Decision, LegalReview
from approvals.records import replay
from approvals.states import Outcome
from ledger.clock import now
from ledger.models import Event
from people import rights
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from services.models import Edition
from tests import officers as made
from tests.approvals.cases import audited, settled
from tests.approvals.test_persons import FOUNDER, INDEBTED, decided
from tests.plugins.environment import with_database

WHY = "董事被列为失信被执行人，不具备任职资格（公司法 §178）"
OPINION = "事实清楚，依据正确，程序合法，同意不予登记的处理意见"
AGAINST = "依据不足：应先核实该董事失信信息是否已经修复，退回补充调查"
APPROVE = "法院已出具该董事履行完毕的证明，失信信息正在删除，予以登记"


def of_market(name: str, role: str, **more: str) -> Actor:
    return officer(made.make(name, role, office_id="market", **more))


@pytest.fixture
def clerk(furnished: None) -> Actor:
    return of_market("a", "clerk")


@pytest.fixture
def legal(furnished: None) -> Actor:
    return of_market("l", "legal")


@pytest.fixture
def case(clerk: Actor) -> Application:
    """A company with a director who is barred, in the hands of ``clerk``."""
    found = decided(directors=(FOUNDER, INDEBTED))
    actions.take(number=found.number, by=clerk, now=now())
    return Application.objects.get(id=found.id)


@pytest.fixture
def review(case: Application, clerk: Actor) -> UUID:
    return actions.propose_refusal(number=case.number, reason=WHY, by=clerk, now=now()).pk


def rejected(action: object, **arguments: object) -> str:
    with pytest.raises(ActionRejected) as caught:
        action(now=now(), **arguments)  # type: ignore[operator]
    return caught.value.code


def kinds(case: Application) -> list[tuple[str, str]]:
    events = Event.objects.filter(subject=case.subject).order_by("seq")
    return list(events.values_list("kind", "by"))


def receipt(case: Application) -> dict[str, object]:
    found = queries.latest_decision(case)
    assert found is not None and replay.fault(found) == ""
    said: dict[str, object] = orjson.loads(bytes(found.receipt))
    return said


def test_the_shipped_edition_asks_for_it_and_others_do_not(furnished: None) -> None:
    asked = dict(Edition.objects.values_list("service", "legal_review"))
    assert asked.pop("limited_company") == ["override", "refuse"]
    assert {"graduate_settlement", "sole_trader"} <= set(asked) and not any(asked.values())


def test_a_clerk_alone_does_not_refuse(case: Application, clerk: Actor) -> None:
    code = rejected(actions.refuse, number=case.number, reason=WHY, by=clerk)
    assert code == "legal_review_required"
    assert Application.objects.get(id=case.id).state == "review"


def test_where_no_pack_asks_there_is_none(furnished: None) -> None:
    made_ = settled("credit_hit")
    by = officer(made.make("h", "clerk", office_id="hrss"))
    actions.take(number=made_.number, by=by, now=now())
    code = rejected(actions.propose_refusal, number=made_.number, reason=WHY, by=by)
    assert code == "no_legal_review_needed"
    actions.refuse(number=made_.number, reason=WHY, by=by, now=now())
    assert "legal_review" not in receipt(made_)


def test_agreed_the_clerk_refuses_and_both_are_named(
    case: Application, clerk: Actor, legal: Actor, review: UUID
) -> None:
    actions.agree_review(review=review, reason=OPINION, by=legal, now=now())
    assert Application.objects.get(id=case.id).state == "refused"
    said = receipt(case)
    assert (said["by"], said["reasons"]) == ("officer:a", [WHY])
    reviewed = said["legal_review"]
    assert isinstance(reviewed, dict)
    row = LegalReview.objects.get(pk=review)
    assert {k: reviewed[k] for k in reviewed if k not in ("at", "name")} == {
        "by": "officer:l", "office": "market",
        "opinion_sha256": hashlib.sha256(OPINION.encode()).hexdigest(),
    }  # fmt: skip
    assert OPINION not in orjson.dumps(said).decode()  # the applicant downloads it
    assert row.settled_at is not None and reviewed["at"][:19] == row.settled_at.isoformat()[:19]
    assert kinds(case)[-3:] == [
        ("legal_review_asked", "officer:a"),
        ("legal_review_agreed", "officer:l"),
        ("refused", "officer:a"),
    ]
    assert audited() == []


def test_sent_back_the_clerk_goes_on_and_may_ask_again(
    case: Application, clerk: Actor, legal: Actor, review: UUID
) -> None:
    actions.send_back_review(review=review, reason=AGAINST, by=legal, now=now())
    assert kinds(case)[-1] == ("legal_review_sent_back", "officer:l")
    assert rejected(actions.agree_review, review=review, reason=OPINION, by=legal) == "stale"
    assert rejected(actions.refuse, number=case.number, reason=WHY, by=clerk) != ""
    again = actions.propose_refusal(number=case.number, reason=WHY, by=clerk, now=now())
    actions.agree_review(review=again.pk, reason=OPINION, by=legal, now=now())
    assert Application.objects.get(id=case.id).state == "refused"


def test_an_opinion_says_something(legal: Actor, review: UUID) -> None:
    for opinion in ("", "同意", "同意" * 20, WHY):
        for action in (actions.agree_review, actions.send_back_review):
            code = rejected(action, review=review, reason=opinion, by=legal)
            assert code in ("reason_required", "reason_too_short"), opinion
    assert LegalReview.objects.get(pk=review).settled_at is None


def test_nobody_else_reviews(case: Application, clerk: Actor, review: UUID) -> None:
    others = [
        clerk, of_market("b", "clerk"), of_market("s", "supervisor"), of_market("d", "head"),
        officer(made.make("e", "legal", office_id="hrss")),
        of_market("f", "legal", region_id="440303" if case.region_id != "440303" else "440304"),
    ]  # fmt: skip
    for by in others:
        code = rejected(actions.agree_review, review=review, reason=OPINION, by=by)
        assert code == "not_found", by


def test_a_case_that_moved_leaves_the_review_without_effect(
    case: Application, clerk: Actor, legal: Actor, review: UUID
) -> None:
    shown = {"review": review, "reason": OPINION, "by": legal}
    assert rejected(actions.agree_review, **shown, version=case.events) == "stale"
    actions.release(number=case.number, by=clerk, now=now())
    assert rejected(actions.agree_review, **shown) == "stale"


def test_a_clerk_who_was_barred_meanwhile_refuses_nothing(
    case: Application, legal: Actor, review: UUID
) -> None:
    made.change("a", is_active=False)
    assert rejected(actions.agree_review, review=review, reason=OPINION, by=legal) == "stale"
    assert LegalReview.objects.get(pk=review).settled_at is None


def test_an_approval_against_the_verdict_takes_two_officers_and_legal(
    case: Application, clerk: Actor, legal: Actor
) -> None:
    second = of_market("b", "clerk")
    proposal = actions.propose_approval(number=case.number, reason=APPROVE, by=clerk, now=now())
    shown = {"proposal": proposal.pk, "by": second}
    assert rejected(actions.confirm_approval, **shown) == "legal_review_waits"
    asked = LegalReview.objects.get(application=case)
    actions.agree_review(review=asked.pk, reason=OPINION, by=legal, now=now())
    assert Application.objects.get(id=case.id).state == "review"  # the second officer decides
    assert kinds(case)[-1] == ("legal_review_agreed", "officer:l")
    actions.confirm_approval(**shown, now=now())
    assert Application.objects.get(id=case.id).state == "approved"
    said = receipt(case)
    reviewed, proposed = said["legal_review"], said["proposed_by"]
    assert isinstance(reviewed, dict) and isinstance(proposed, dict)
    assert (said["by"], proposed["by"], reviewed["by"]) == ("officer:b", "officer:a", "officer:l")
    assert audited() == []


def test_legal_sends_the_proposed_approval_back(
    case: Application, clerk: Actor, legal: Actor
) -> None:
    proposal = actions.propose_approval(number=case.number, reason=APPROVE, by=clerk, now=now())
    asked = LegalReview.objects.get(application=case)
    actions.send_back_review(review=asked.pk, reason=AGAINST, by=legal, now=now())
    code = rejected(actions.confirm_approval, proposal=proposal.pk, by=of_market("b", "clerk"))
    assert code == "stale"


# --- at the desk


def enter(by: Actor) -> Client:
    rights.write_groups()
    client = Client()
    user = User.objects.get(username=by.code)
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client


def test_a_legal_officer_sees_what_was_referred_and_nothing_else(
    case: Application, clerk: Actor, legal: Actor
) -> None:
    page = f"/desk/approvals/application/{case.pk}/change/"
    client = enter(legal)
    assert client.get(page).status_code == 404
    assert case.number not in client.get("/desk/approvals/application/").content.decode()
    form = {"action": "propose_refusal", "reason": WHY, "law": "公司法 §178"}
    clerks = enter(clerk)
    assert "propose_refusal" in clerks.get(page).content.decode()
    assert "move=refuse#" not in clerks.get(page).content.decode()
    version = {"version": str(case.events)}
    done = clerks.post(page.replace("/change/", "/do/"), {**form, **version})
    assert done.status_code == 302
    review = LegalReview.objects.get(application=case)
    shown = client.get(page).content.decode()
    assert WHY in shown and 'value="agree_review"' in shown and str(review.pk) in shown
    assert case.number in client.get("/desk/approvals/application/?state=all").content.decode()
    assert "1" in client.get("/desk/").content.decode()
    waits = clerks.get(page).content.decode()
    assert 'id="review"' in waits and 'value="agree_review"' not in waits
    form = {
        "action": "agree_review", "review": str(review.pk), "reason": OPINION,
        "version": str(review.version),
    }  # fmt: skip
    assert client.post(page.replace("/change/", "/do/"), form).status_code == 302
    assert Application.objects.get(id=case.id).state == "refused"
    assert OPINION in client.get(page).content.decode()
    other = officer(made.make("e", "legal", office_id="hrss"))
    assert enter(other).get(page).status_code == 404


# --- past Django


def write(case: Application, outcome: Outcome, by: Actor, **more: object) -> None:
    """Write a decision by the row alone, as somebody would who leaves out the actions."""
    review = more.pop("review", None)
    here = Application.objects.get(id=case.id)
    reason = str(more.pop("reason", WHY))
    row = officers.judged(here, outcome, by, now(), reason, review).decision  # type: ignore[arg-type]
    with transaction.atomic():
        row.save(force_insert=True)


def test_the_table_itself_wants_the_review(
    case: Application, clerk: Actor, legal: Actor, review: UUID
) -> None:
    wanted = "without the legal review"
    with pytest.raises(IntegrityError, match=wanted):
        write(case, Outcome.REFUSE, clerk)
    asked = LegalReview.objects.get(pk=review)
    with pytest.raises(IntegrityError, match=wanted):  # nobody has answered it
        write(case, Outcome.REFUSE, clerk, review=asked)
    asked.settled_by, asked.settled_at = User.objects.get(username="l"), now()
    asked.agreed, asked.opinion = True, OPINION
    asked.save(update_fields=["settled_by", "settled_at", "agreed", "opinion"])
    with pytest.raises(IntegrityError, match=wanted):  # in other words than were reviewed
        write(case, Outcome.REFUSE, clerk, review=asked, reason="别的理由")
    with pytest.raises(IntegrityError, match=wanted):  # a receipt that does not say so
        write(case, Outcome.REFUSE, clerk)
    assert not Decision.objects.filter(application=case, live=True).exists()
    write(case, Outcome.REFUSE, clerk, review=asked)


def test_a_review_is_asked_and_answered_once_by_who_may(
    case: Application, clerk: Actor, legal: Actor, review: UUID
) -> None:
    rows = LegalReview.objects.filter(pk=review)
    answered = {"settled_at": now(), "agreed": True, "opinion": OPINION}
    hrss = officer(made.make("e", "legal", office_id="hrss"))
    for by in (clerk, hrss, of_market("d", "head")):
        with pytest.raises(IntegrityError, match="no legal officer"), transaction.atomic():
            rows.update(settled_by_id=User.objects.get(username=by.code).pk, **answered)
    with pytest.raises(ProgrammingError), transaction.atomic():
        rows.update(reason="别的理由")
    with pytest.raises(ProgrammingError), transaction.atomic():
        rows.delete()
    actions.send_back_review(review=review, reason=AGAINST, by=legal, now=now())
    with pytest.raises(IntegrityError, match="settled before"), transaction.atomic():
        rows.update(agreed=True)
    with pytest.raises(IntegrityError, match="in its officer's hands"), transaction.atomic():
        LegalReview.objects.create(
            application=case, version=1, outcome="refuse", reason=WHY, asked_at=now(),
            asked_by=User.objects.get(username="a"),
        )  # fmt: skip


def test_no_legal_officer_reviews_what_is_their_own(
    case: Application, legal: Actor, review: UUID
) -> None:
    own = made.make("own", "legal", office_id="market", person=case.applicant)
    settle = (
        "UPDATE approvals_legalreview SET agreed = true, opinion = '同意',"
        " settled_by_id = %s, settled_at = now() WHERE id = %s"
    )
    with connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="or a party"), transaction.atomic():
            cursor.execute(settle, [own.pk, review])
        cursor.execute(settle, [User.objects.get(username="l").pk, review])  # any other may


@pytest.fixture
def insider(at_furnished: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser of the furnished database, whom no trigger stops."""
    url = os.environ.get("DATABASE_ADMIN_URL")
    if not url:
        pytest.skip("no superuser on this server")
    with psycopg.connect(with_database(url, at_furnished), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def test_the_audit_finds_another_opinion_than_the_receipt_names(
    furnished_committed: None, insider: psycopg.Connection[tuple[object, ...]]
) -> None:
    by, legal = of_market("a", "clerk"), of_market("l", "legal")
    number = decided(directors=(FOUNDER, INDEBTED)).number
    actions.take(number=number, by=by, now=now())
    asked = actions.propose_refusal(number=number, reason=WHY, by=by, now=now())
    actions.agree_review(review=asked.pk, reason=OPINION, by=legal, now=now())
    assert audited() == []
    insider.execute("UPDATE approvals_legalreview SET opinion = opinion || '。'")
    wanted = "the legal opinion is not the one that its receipt names"
    assert [fault for fault in audited() if wanted in fault]
