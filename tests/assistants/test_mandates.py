"""What a citizen lets an assistant do, kept by the actions and by PostgreSQL."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from affairs import accesses, drafts, messages, progress
from affairs.models import Message, ProgressCode
from approvals import actions
from approvals.actions import NewApplication, assistant_mandates, assisted, submit
from approvals.actions.submission import Key
from approvals.models import (
    Application,
    Assistant,
    AssistantCall,
    AssistantMandate,
    AssistantSubmission,
)
from approvals.rows.assistants import ASSISTANT
from assistants import calls
from assistants.tools import TOOLS
from ledger.clock import city_date, now
from ledger.models import Event
from people import identity
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue
from tests.approvals.cases import audited, citizen, graduate_answers, person, trader_answers
from tests.assistants.helping import SERVICE, hand_in, mandated, registered, terms
from tests.counter.conftest import nobody_waits as nobody_waits

pytestmark = pytest.mark.usefixtures("furnished")


def test_an_application_by_an_assistant_names_it_everywhere_and_counts() -> None:
    registered()
    mandate, _key = mandated()
    case = hand_in(mandate)
    event = Event.objects.get(subject=case.subject, kind="submitted")
    assert event.by == "assistant:helper" and str(mandate.pk) in event.data
    assert case.applicant == identity.index(person("graduate").number)
    assert AssistantSubmission.objects.get().mandate == mandate
    with pytest.raises(ActionRejected, match="All submissions") as again:
        hand_in(mandate, key="l" * 32)
    assert again.value.status == 409
    assert hand_in(mandate).pk == case.pk  # repeated, it is the first
    kinds = set(Message.objects.filter(subject=case.applicant).values_list("kind", flat=True))
    assert {"assistant_applied", "assistant_mandated"} <= kinds
    assert audited() == []


@pytest.mark.parametrize("what", ["ended", "expired", "off", "service", "citizen", "number"])
def test_beyond_its_mandate_an_assistant_hands_in_nothing(what: str) -> None:
    registered()
    mandate, _key = mandated(submissions=0) if what == "number" else mandated()
    changes: dict[str, Any] = {}
    if what == "ended":
        assistant_mandates.end(key=mandate.pk, by=citizen(person("graduate")), now=now())
    elif what == "expired":
        changes = {"at": mandate.ends_at}
    elif what == "off":
        assistant_mandates.switch("helper", active=False)
    elif what == "service":
        changes = {"service": "sole_trader", "answers": trader_answers()}
    elif what == "citizen":
        changes = {"applicant": person("trader")}
    with pytest.raises(ActionRejected) as rejected:
        hand_in(mandate, **changes)
    assert rejected.value.status in (403, 404, 409)
    assert not Application.objects.exists()


@pytest.mark.parametrize("what", ["portal", "no_mandate", "other_actor", "commit"])
def test_nobody_takes_its_channel_and_it_takes_no_other(what: str) -> None:
    registered()
    mandate, _key = mandated()
    by = assistant_mandates.actor(mandate)
    new = NewApplication(
        service=SERVICE,
        applicant=person("graduate"),
        answers=graduate_answers(),
        channel="portal" if what == "portal" else ASSISTANT,
        key=Key("k" * 32, b"0" * 32),
        mandate=None if what in ("no_mandate", "portal") else mandate.pk,
    )
    if what == "other_actor":
        by = citizen(person("graduate"))
    elif what == "commit":  # of a mandate that is another citizen's
        by = Actor(
            Kind.CITIZEN, by.code, by.name, services=frozenset({SERVICE, "x"}), assistant="helper"
        )
    with pytest.raises(ActionRejected):
        submit(new=new, by=by, now=now())
    assert not Application.objects.exists()


def test_postgresql_counts_where_the_action_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trigger is what holds; the action's own count only says it sooner."""
    registered()
    mandate, _key = mandated(services=[SERVICE, "sole_trader"])
    hand_in(mandate)
    monkeypatch.setattr(assisted, "left", lambda mandate: 5)
    with pytest.raises(ActionRejected, match="All submissions"):
        hand_in(mandate, key="l" * 32, service="sole_trader", answers=trader_answers())
    assert AssistantSubmission.objects.count() == 1


def test_a_form_of_several_results_counts_as_several() -> None:
    registered()
    service, who = "disability_subsidies", person("disabled")
    answers = {"subsidies": ["living", "nursing"], "consent": True}
    said = {"service": service, "applicant": who, "answers": answers}
    one, _key = mandated("disabled", services=[service])
    with pytest.raises(ActionRejected, match="All submissions"):
        hand_in(one, **said)
    assert not Application.objects.exists()
    two, _key = mandated("disabled", services=[service], submissions=2)
    hand_in(two, key="l" * 32, **said)
    assert AssistantSubmission.objects.filter(mandate=two).count() == 2
    assert assisted.left(two) == 0


def test_postgresql_itself_counts_and_refuses() -> None:
    registered()
    mandate, _key = mandated()
    case = hand_in(mandate)
    with pytest.raises(DatabaseError), transaction.atomic():
        AssistantMandate.objects.filter(pk=mandate.pk).update(submissions=5)
    with pytest.raises(DatabaseError), transaction.atomic():
        Application.objects.filter(pk=case.pk).update(channel="portal")
        AssistantSubmission.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        AssistantMandate.objects.create(
            citizen=mandate.citizen,
            assistant=mandate.assistant,
            services=[SERVICE],
            submissions=1,
            key_hash=b"1" * 32,
            given_at=now(),
            ends_at=now() + dt.timedelta(days=92),
        )
    assistant_mandates.end(key=mandate.pk, by=citizen(person("graduate")), now=now())
    with pytest.raises(DatabaseError), transaction.atomic():
        AssistantMandate.objects.filter(pk=mandate.pk).update(ended_at=None, ended_by="")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"assistant": "nobody"}, "/assistant"),
        ({"services": []}, "/services"),
        ({"services": ["no_such"]}, "/services"),
        ({"services": ["entity_change"]}, "/services"),  # enterprises apply for it
        ({"submissions": 21}, "/submissions"),
        ({"submissions": -1}, "/submissions"),
        ({"reads": ["everything"]}, "/reads"),
        ({"until": None}, "/until"),
        ({"days": 91}, "/until"),
        ({"days": -1}, "/until"),
    ],
)
def test_terms_that_no_mandate_has_are_named(changes: dict[str, Any], field: str) -> None:
    registered()
    if "days" in changes:
        changes = {"until": city_date(now()) + dt.timedelta(days=changes["days"])}
    with pytest.raises(ActionRejected) as rejected:
        assistant_mandates.give(terms(**changes), by=citizen(person("graduate")), now=now())
    assert (rejected.value.status, rejected.value.field) == (422, field)


def test_only_its_citizen_ends_a_mandate_and_sees_it() -> None:
    registered()
    mandate, _key = mandated()
    for other in (citizen(person("trader")), assistant_mandates.actor(mandate)):
        with pytest.raises(ActionRejected) as rejected:
            assistant_mandates.end(key=mandate.pk, by=other, now=now())
        assert rejected.value.status == 404
        assert not assistant_mandates.of_citizen(other).exists()
    with pytest.raises(ActionRejected):  # nor does an assistant give one
        assistant_mandates.give(terms(), by=assistant_mandates.actor(mandate), now=now())


def test_a_key_is_worth_nothing_without_the_secret_of_its_assistant() -> None:
    secret, other = registered(), registered("other")
    mandate, key = mandated()
    assert assistant_mandates.by_key(key, "helper", secret, now()) == mandate
    for code, said, status in (
        ("other", other, 400),
        ("helper", other, 401),
        ("other", secret, 401),
        ("nobody", secret, 401),
    ):
        with pytest.raises(ActionRejected) as rejected:
            assistant_mandates.by_key(key, code, said, now())
        assert rejected.value.status == status
    kept = Assistant.objects.values_list("secret_hash", flat=True)
    assert secret.encode() not in [bytes(one) for one in kept]
    assert assistant_mandates.renew("helper") != secret
    with pytest.raises(ActionRejected):
        assistant_mandates.by_key(key, "helper", secret, now())


def test_each_call_is_in_the_list_of_who_looked_with_its_proof() -> None:
    registered()
    mandate, _key = mandated()
    row = assistant_mandates.record_call(mandate, tool="precheck", service=SERVICE, now=now())
    by = citizen(person("graduate"))
    (found,) = [one for one in accesses.of(by) if one.kind == "call"]
    assert found.id == row.pk and "小助" in found.who and "应届" in found.what
    (proof,) = accesses.proofs([found])
    assert str(row.pk) in proof["event"]["data"]
    assert accesses.rows_as_hashed([found])[row.pk]
    assert not [one for one in accesses.of(citizen(person("trader"))) if one.kind == "call"]
    assert accesses.of(assistant_mandates.actor(mandate)) == []
    with pytest.raises(DatabaseError), transaction.atomic():
        AssistantCall.objects.filter(pk=row.pk).update(tool="submit")


def test_a_call_that_fails_is_recorded_too() -> None:
    registered()
    mandate, _key = mandated()

    def fail(call: calls.Call) -> dict[str, Any]:
        raise ZeroDivisionError

    tool = calls.Tool("precheck", "", "", {}, fail)
    with pytest.raises(ZeroDivisionError):
        calls.answer(tool, mandate.pk, {})
    assert AssistantCall.objects.get().outcome == "failed"


def test_a_draft_that_its_citizen_saves_meanwhile_is_not_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registered()
    mandate, _key = mandated()
    by, look = citizen(person("graduate")), drafts.find
    own = {"district": graduate_answers()["district"]}
    book = catalogue.rulebook(catalogue.current(SERVICE, city_date(now())))  # type: ignore[arg-type]

    def save(*arguments: Any) -> drafts.Saved | None:
        found = look(*arguments)  # and in this very moment the citizen saves
        assert drafts.save(book=book, answers=own, by=by, now=now())
        return found

    monkeypatch.setattr(drafts, "find", save)
    said, _ = calls.answer(
        TOOLS["save_draft"], mandate.pk, {"service": SERVICE, "answers": graduate_answers()}
    )
    assert said["error"]["code"] == "draft_of_citizen"
    kept = look(SERVICE, by, now())
    assert kept is not None and kept.answers == own


def test_a_phone_number_that_it_filled_in_is_used_for_nothing() -> None:
    registered()
    mandate, _key = mandated()
    case, phone = hand_in(mandate, answers=graduate_answers(phone="13912345678")), "13912345678"
    assert case.answers["phone"] == phone
    assert messages.phone_in_answers(citizen(person("graduate"))) == ""
    progress.ask(number=case.number, phone=phone, now=now())
    assert ProgressCode.objects.get().phone is None


def test_it_withdraws_corrects_and_contests_nothing() -> None:
    registered()
    mandate, _key = mandated()
    case, by = hand_in(mandate), assistant_mandates.actor(mandate)
    for action in (
        lambda: actions.withdraw(number=case.number, by=by, now=now()),
        lambda: actions.resubmit(number=case.number, answers=graduate_answers(), by=by, now=now()),
        lambda: actions.reopen(number=case.number, reason="不服", by=by, now=now()),
        lambda: actions.agree_delivery(number=case.number, by=by, now=now()),
        lambda: actions.cosign(number=case.number, granted=True, reason="", by=by, now=now()),
    ):
        with pytest.raises(ActionRejected) as rejected:
            action()
        assert rejected.value.status == 404
    assert Application.objects.get().state == case.state


def test_a_mandate_is_given_by_a_citizen_for_themselves() -> None:
    registered()
    by = citizen(person("graduate"))
    for other in (
        Actor(Kind.CITIZEN, "", ""),
        Actor(Kind.CITIZEN, by.code, by.name, enterprise="e" * 32),
        Actor(Kind.OFFICER, "clerk"),
        Actor(Kind.AGENCY, "window"),
    ):
        with pytest.raises(ActionRejected) as rejected:
            assistant_mandates.give(terms(), by=other, now=now())
        assert rejected.value.status == 404
    assert assistant_mandates.in_force(uuid.uuid4(), now()) is None
