"""The register of clauses: cited by every shipped pack, and what an amendment sets off."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, ProgrammingError, transaction

from city import laws
from city.reader import load as load_city
from ledger.clock import city_date
from ledger.models import Event
from people import rights
from people.actors import CLOCK, Actor, Kind
from people.errors import ActionRejected
from people.models import Office, User
from services.clauses import rules, tasks
from services.edition import load
from services.models import ClauseTask
from tests import officers
from tests.services.editions import published
from tests.services.packs import CITY, SHIPPED, SMALL, changed, text

REFUSED = (IntegrityError, ProgrammingError)
CITIES = Path(__file__).parents[2] / "cities"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_rule_of_a_shipped_pack_cites_clauses(name):
    book = load(text(name), city=CITY)
    matched = rules.match(book, CITY.laws)
    assert matched.open == ()
    assert all(one.not_a_rule for one in matched.idle)
    keys = [rule.key for rule in rules.rules(book)]
    assert len(keys) == len(set(keys))
    requirements = {
        rule.id for _, citing in matched.cited for rule in citing if rule.part == "condition"
    }
    assert requirements == {one.id for one in book.pack.requirements}


def test_the_neighbour_cites_the_register_that_it_takes_over():
    city = load_city(CITIES / "neighbour")
    book = load((CITIES / "neighbour/services/senior_card.yaml").read_text("utf-8"), city=city)
    assert rules.match(book, city.laws).open == ()


@pytest.mark.parametrize(
    ("text_of_law", "ids", "missing"),
    [
        ("公司法 §47", ["company_law/47"], []),
        ("公司法 §§224–228", [f"company_law/{n}" for n in range(224, 229)], []),
        ("民法典 §13、某条", ["civil_code/13"], ["民法典 §某条"]),
        ("公司法 §§32、46；民法典 §54", ["company_law/32", "company_law/46", "civil_code/54"], []),
        ("网络预约出租汽车经营服务管理暂行办法 §14 第四项；本市实施细则",
         ["ride_hailing/14", "local_ride_hail"], []),
        ("国发〔2015〕52号", ["disability_subsidies_opinion"], []),
        ("公司法 §4711", [], ["公司法 §4711"]),
        ("某某法 §1；公司法 §47", ["company_law/47"], ["某某法 §1"]),
        ("", [], []),
    ],
)  # fmt: skip
def test_a_citation_names_clauses(text_of_law, ids, missing):
    found = laws.cited(text_of_law, CITY.laws)
    assert [one.id for one in found.clauses] == ids
    assert list(found.missing) == missing


def amended(on: dt.date):
    """The sample city with §17 of its civil code amended."""
    law = CITY.laws["civil_code"]
    one = dataclasses.replace(law.clauses["17"], amended_on=on)
    changed_law = dataclasses.replace(law, clauses={**law.clauses, "17": one})
    return dataclasses.replace(CITY, laws={**CITY.laws, "civil_code": changed_law})


@pytest.fixture
def edition(db, now):
    """A published service two of whose rules cite the clause: a condition and its figure."""
    Office.objects.get_or_create(code="market", defaults={"name_zh": "市监", "name_en": "Market"})
    return published(SMALL, now)


@pytest.fixture
def policy(db):
    rights.write_groups()
    return officers.make("policy", User.Role.POLICY, office_id="market")


def opened(settings, edition, now, days=1):
    settings.CITY = amended(edition.in_force_from + dt.timedelta(days=days))
    tasks.follow(by=CLOCK, now=now)
    return ClauseTask.objects.filter(service="bus_pass")


def test_an_amendment_opens_a_task_for_each_rule_that_cites_it_once(settings, edition, now):
    found = opened(settings, edition, now)
    assert {one.rule for one in found} == {"condition:adult", "parameter:adult"}
    assert {one.clause for one in found} == {"civil_code/17"}
    tasks.follow(by=CLOCK, now=now)
    assert found.count() == 2
    events = Event.objects.filter(subject="service:bus_pass", kind="clause_amended")
    assert events.count() == 2
    settings.CITY = amended(edition.in_force_from + dt.timedelta(days=2))  # amended once more
    tasks.follow(by=CLOCK, now=now)
    assert found.all().count() == 4


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 0), (1, 2)])
def test_an_edition_that_began_with_the_amendment_needs_no_look(
    settings, edition, now, days, count
):
    assert opened(settings, edition, now, days).count() == count


def test_a_task_is_settled_with_a_reason_by_an_officer_and_once(settings, edition, now, policy):
    task = opened(settings, edition, now)[0]
    by = Actor(Kind.OFFICER, "policy")
    for actor, reason, code in (
        (CLOCK, "只改了条序", "not_an_officer"),
        (by, "  ", "reason_missing"),
        (by, "持证人 11010519491231002X", "id_number_in_text"),
    ):
        with pytest.raises(ActionRejected) as refused:
            tasks.settle(task.pk, by=actor, now=now, reason=reason)
        assert refused.value.code == code
    settled = tasks.settle(task.pk, by=by, now=now, reason="只改了条序")
    assert (settled.settled_by, settled.reason) == ("officer:policy", "只改了条序")
    event = Event.objects.filter(subject="service:bus_pass").order_by("-seq")[0]
    assert (event.kind, event.by) == ("clause_settled", "officer:policy")
    with pytest.raises(ActionRejected) as refused:
        tasks.settle(task.pk, by=by, now=now, reason="再来一次")
    assert refused.value.code == "already_settled"
    assert ClauseTask.objects.filter(service="bus_pass", settled_at=None).count() == 1


def test_postgresql_keeps_what_was_settled(settings, edition, now, policy):
    one, other = opened(settings, edition, now)
    tasks.settle(one.pk, by=Actor(Kind.OFFICER, "policy"), now=now, reason="不变")
    forged = {"settled_at": now, "settled_by": "officer:clerk", "reason": "x"}
    for pk, values in (
        (one.pk, {"reason": "别的"}),  # settled already
        (other.pk, {"clause": "civil_code/18"}),  # another clause
        (other.pk, forged),  # by nobody of the role
        (other.pk, {**forged, "settled_by": "officer:policy", "reason": ""}),  # without a reason
        (other.pk, {**forged, "reason": "", "settled_by_edition": edition}),  # no later edition
    ):
        with pytest.raises(REFUSED), transaction.atomic():
            ClauseTask.objects.filter(pk=pk).update(**values)
    with pytest.raises(REFUSED), transaction.atomic():
        ClauseTask.objects.filter(pk=one.pk).delete()


def test_a_later_edition_settles_the_rules_that_it_changes(settings, edition, now):
    found = opened(settings, edition, now)
    today = changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now)}")
    published(changed("zh: 主管部门", "zh: 另一部门", today), now)
    tasks.follow(by=CLOCK, now=now)
    assert found.filter(settled_at=None).count() == 2  # the same rules: somebody has to say why
    moved = changed("2021-01-01: P18Y", "2021-01-01: P18Y\n    2090-01-01: P19Y", today)
    newer = published(changed("zh: 主管部门", "zh: 另一部门", moved), now)
    tasks.follow(by=CLOCK, now=now)
    assert {one.settled_by_edition for one in found} == {newer}
    assert {one.reason for one in found} == {""}


# pages


def test_the_desk_shows_and_settles_what_was_amended(settings, edition, now, policy, client):
    task = opened(settings, edition, now)[0]
    client.force_login(policy)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    front = client.get("/desk/").content.decode()
    assert "Rules whose law was amended" in front
    assert "民法典 §17" in client.get("/desk/services/clausetask/").content.decode()
    address = f"/desk/services/clausetask/{task.pk}/change/"
    assert "An adult is eighteen or older" in client.get(address).content.decode()
    refused = client.post(address, {"reason": "see 11010519491231002X"}).content.decode()
    assert "Do not write a whole ID number here" in refused
    assert "see 11010519491231002X" in refused  # what was typed stays
    assert client.post(address, {"reason": "Only its number changed"}).status_code == 302
    task.refresh_from_db()
    assert task.reason == "Only its number changed"
    assert client.post(address, {"reason": "again"}).status_code == 403


def test_law_and_rule_of_an_edition_stand_side_by_side(edition, policy, client):
    client.force_login(policy)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    shown = client.get(f"/desk/services/edition/{edition.pk}/clauses/").content.decode()
    assert "Condition: At least {adult}" not in shown  # figures stand in the words
    assert "An adult is eighteen or older" in shown
    assert "依据的法律法规" in shown  # a citation that the register does not have
    assert client.get("/desk/services/edition/999999/clauses/").status_code == 404


def test_two_editions_are_compared_on_a_page_and_by_command(edition, policy, client, now, capsys):
    today = changed("in_force_from: 2026-01-01", f"in_force_from: {city_date(now)}")
    newer = published(changed("promised: {days: 1,", "promised: {days: 3,", today), now)
    client.force_login(policy)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    address = f"/desk/services/edition/{edition.pk}/difference/{newer.pk}/"
    shown = client.get(address).content.decode()
    assert "<del>1</del>" in shown
    assert "<ins>3</ins>" in shown
    assert f"/desk/services/edition/{newer.pk}/difference/{edition.pk}/" in shown
    call_command("pack", "diff", "bus_pass:1", f"bus_pass:{newer.number}", "--lang", "en")
    printed = capsys.readouterr().out
    assert "Promised term · Days: 1 → 3" in printed
    call_command("pack", "diff", "bus_pass:1", "bus_pass:1", "--lang", "en")
    assert capsys.readouterr().out == "no difference\n"
    with pytest.raises(CommandError):
        call_command("pack", "diff", "bus_pass:1", "bus_pass:9")


def test_a_clerk_opens_none_of_it(edition, client):
    rights.write_groups()
    client.force_login(officers.make("clerk", User.Role.CLERK, office_id="market"))
    for page in ("clauses/", f"difference/{edition.pk}/"):
        assert client.get(f"/desk/services/edition/{edition.pk}/{page}").status_code == 403
    assert client.get("/desk/services/clausetask/").status_code == 403
