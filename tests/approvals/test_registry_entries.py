"""What the city issues stands in its registries for the next case, and only while it is live."""

import datetime

import orjson
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from approvals import queries
from approvals.models import Application, GuardKey
from approvals.states import State
from certificates.actions.transitions import change_state
from certificates.models import Certificate
from city.values import record_faults
from exchange import records
from exchange.models import Entry
from exchange.registries import Answer, Query, query_registries
from ledger.clock import now
from people import identity
from people.actors import ENGINE
from tests.approvals.cases import audited, decide, submit, worker
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("furnished")


def licensed(place: int = 0) -> Application:
    applicant, answers = worker(place)
    case = submit("trader", "sole_trader", applicant=applicant, answers=answers)
    assert decide(case)[0].state == State.APPROVED
    return case


def ask(registry: str, subject: str, *fields: str, case: str = "") -> Answer:
    """Ask by what the registry is asked by, as another case does."""
    query = Query(case, registry, subject, "", fields, "a test", "a law")
    (answer,) = query_registries([query], by="test", now=now())
    return answer


def names_of(case: Application, *, by: str = "") -> Answer:
    return ask("names", identity.index(case.answers["trade_name"]), "industries", case=by)


def test_a_licence_is_in_the_registers_of_names_and_of_enterprises() -> None:
    case = licensed()
    certificate = Certificate.objects.get(application=case.number)
    answer = names_of(case)
    assert (answer.outcome, answer.data) == ("found", {"industries": ["F52"]})
    district = settings.CITY.regions[case.answers["premises"][:6]]
    entered = Entry.objects.filter(registry="enterprise", case=case.number)
    business = identity.index(certificate.number)
    assert {row.subject for row in entered} == {case.applicant, business}
    assert ask("enterprise", business, "kind", "representative").data == {
        "kind": "sole_trader",
        "representative": case.applicant,
    }
    own = ask("enterprise", case.applicant, "trades", "false_registration_until")
    assert own.data["trades"][-1] == {
        "uscc": certificate.number,
        "name": f"示例市{district.zh}{case.answers['trade_name']}商行",
        "role": "经营者",
        "state": "active",
        "since": certificate.issued_at.astimezone(
            datetime.timezone(datetime.timedelta(hours=8))
        ).date().isoformat(),
        "ended": None,
    }  # fmt: skip
    for row in Entry.objects.filter(case=case.number):
        assert not list(
            record_faults(settings.CITY.registries[row.registry], orjson.loads(row.data))
        )
    assert audited() == []


def test_the_next_applicant_is_told_by_the_registry_though_no_guard_knows() -> None:
    """The guard keeps out who applies at the same time; the registry, who comes by any way."""
    first = licensed()
    GuardKey.objects.filter(application=first).update(held=False)
    applicant, answers = worker(1)
    answers["trade_name"] = first.answers["trade_name"]
    second = submit("trader", "sole_trader", applicant=applicant, answers=answers)
    assert decide(second)[0].state == State.RETURNED
    receipt = orjson.loads(bytes(queries.latest_decision(second).receipt))
    unmet = [r["id"] for r in receipt["verdict"]["requirements"] if r["result"] == "unmet"]
    assert unmet == ["name_registered"]


def test_a_case_is_not_answered_with_what_it_entered_itself() -> None:
    case = licensed()
    assert names_of(case, by=case.number).outcome == "absent"
    assert names_of(case, by="another").outcome == "found"


def test_what_ended_is_in_no_register() -> None:
    case = licensed()
    certificate = Certificate.objects.get(application=case.number)
    with transaction.atomic():
        change_state([certificate], "suspend", by=ENGINE, now=now(), data=lambda _: {})
    assert names_of(case).outcome == "found"  # it may be restored
    with transaction.atomic():
        change_state([certificate], "cancel", by=ENGINE, now=now(), data=lambda _: {})
    assert names_of(case).outcome == "absent"
    assert Entry.objects.filter(case=case.number, ended_at=None).count() == 0
    assert audited() == []


def test_what_a_keeper_delivers_is_joined_and_never_written_over() -> None:
    case = licensed()
    subject = identity.index(case.answers["trade_name"])
    records.write([(subject, "names", orjson.dumps({"industries": ["I65", "F52"]}))], now=now())
    assert names_of(case).data == {"industries": ["I65", "F52"]}
    assert names_of(case, by=case.number).data == {"industries": ["I65", "F52"]}
    bar = orjson.dumps({"trades": [], "false_registration_until": "2099-01-01"})
    records.write([(case.applicant, "enterprise", bar)], now=now())
    own = ask("enterprise", case.applicant, "trades", "false_registration_until")
    assert own.data["false_registration_until"] == "2099-01-01"
    assert len(own.data["trades"]) == 1


def test_another_entry_is_another_version() -> None:
    case = licensed()
    first = names_of(case).version
    Entry.objects.filter(case=case.number, registry="names").update(ended_at=now())
    old = Entry.objects.filter(case=case.number, registry="names").get()
    Entry.objects.create(
        registry="names", subject=old.subject, case="another", certificate=old.certificate,
        data=old.data, entered_at=now(),
    )  # fmt: skip
    found = names_of(case)
    assert found.data == {"industries": ["F52"]}
    assert found.version != first


def test_entries_cost_the_store_no_further_statement() -> None:
    case = licensed()
    subject = identity.index(case.answers["trade_name"])
    queries = [
        Query("", registry, about, "", (field,), "a test", "a law")
        for registry, about, field in (
            ("names", subject, "industries"),
            ("enterprise", case.applicant, "trades"),
            ("population", case.applicant, "name"),
        )
    ]
    moment = now()
    with counted(2):  # the answers, and the look-ups
        query_registries(queries, by="test", now=moment)


def test_postgresql_keeps_an_entry_as_it_was_made() -> None:
    entry = Entry.objects.filter(case=licensed().number).first()
    for change in ("data = '{}'", "subject = 'x'", "registry = 'x'", "certificate = id"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE exchange_entry SET {change} WHERE id = %s", [entry.pk])
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.delete()
    Entry.objects.filter(pk=entry.pk).update(ended_at=now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.filter(pk=entry.pk).update(ended_at=None)
