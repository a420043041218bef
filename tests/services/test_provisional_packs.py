"""What may be granted before everything is known: read, judged, and refused where law bars it."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from city.errors import SourceError
from city.freshness import Freshness
from services import publish
from services.inputs import gather_inputs, read_inputs
from services.rulebook import Rulebook
from services.verdict import judge

FILE = Path("cities/sample/services/food_filing.yaml")
TEXT = FILE.read_text("utf-8")
RECALL = TEXT[TEXT.index("  recall:\n") : TEXT.index("  law: 食品经营许可和备案管理办法\n  doubt:")]
WHOLE = TEXT[TEXT.index("provisional:\n") : TEXT.index("form:\n  type: object")]
OPTED = "  when_unanswered: provisional\n"
LISTED = "must: listed = null or listed = false"


def book() -> Rulebook:
    return publish.check(TEXT, FILE.name).rulebook


def refused(before: str, after: str, text: str = TEXT) -> list[tuple[int, str, str]]:
    """Return line and reason in both languages of everything for which a pack is refused."""
    assert text.count(before) == 1, before
    with pytest.raises(SourceError) as caught:
        publish.check(text.replace(before, after), FILE.name)
    return [(fault.line, fault.zh, fault.en) for fault in caught.value.all()]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def outcome(food: str = "prepackaged", later: tuple[str, ...] = ("listed",)) -> list[str]:
    """Return outcome and reasons where the list did not answer, and these may be known later."""
    answers = {"premises": "440305-0000017", "food": food, "consent": True}
    evidence = {
        "enterprise": ("found", {"name": "示例市恒瑞超市", "state": "active", "scope": ["F5212"]}),
        "address": ("found", {"exists": True, "region": "440305", "text": "学府路一号"}),
        "violations": ("unanswered", dict.fromkeys(later)),
    }
    inputs = gather_inputs(book(), answers, evidence, {}, datetime.date(2026, 7, 1))
    found = judge(book(), inputs)
    again = judge(book(), read_inputs(book(), inputs.to_json()))
    assert again.payload() == found.payload()  # what is stored is judged to the same
    return [found.outcome, *found.reasons()]


def test_it_approves_where_only_what_may_be_known_later_is_unknown() -> None:
    assert outcome() == ["approve", "not_listed:unconfirmed"]
    assert outcome(later=()) == ["refer", "not_listed:unknown"]
    assert outcome(food="other") == ["refer", "prepackaged:unmet", "not_listed:unknown"]
    assert outcome(later=("state",)) == ["refer", "not_listed:unknown"]


def test_a_licence_is_never_granted_provisionally() -> None:
    [(line, zh, en)] = refused("legal_kind: filing", "legal_kind: licence")
    assert line == line_of(TEXT, "provisional:\n")
    assert "行政许可法 §§34、38" in zh and "删去" in zh
    assert "never provisionally" in en and "take provisional out" in en


def test_what_follows_from_a_contradiction_must_be_said() -> None:
    [(line, zh, en)] = refused(RECALL, "")
    assert line == line_of(TEXT.replace(RECALL, ""), "provisional:\n")
    assert "recall" in zh and "recall" in en
    [(line, zh, en)] = refused(WHOLE, "")
    assert line == line_of(TEXT.replace(WHOLE, ""), OPTED)
    assert "recall" in zh and "recall" in en


def test_a_condition_has_to_say_that_it_may_be_known_later() -> None:
    [(line, _, en)] = refused(OPTED, "")
    assert line == line_of(TEXT, "provisional:\n")
    assert "when_unanswered: provisional" in en


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("value: food}", "value: listed}"),  # it would be printed
        ('must: state = "active"', 'must: state = "active" and listed != true'),
    ],
)
def test_what_else_rests_on_the_fact_bars_it(before: str, after: str) -> None:
    text = TEXT.replace(before, after)
    faults = [one for one in refused(before, after) if "when_unanswered" in one[1]]
    [(line, zh, en)] = faults
    assert line == line_of(text, OPTED)
    assert "registries.yaml" in zh and "may be known later" in en


def test_the_city_has_to_allow_it(settings: Any) -> None:
    registry = replace(settings.CITY.registries["violations"], freshness=Freshness())
    others = {**settings.CITY.registries, "violations": registry}
    settings.CITY = replace(settings.CITY, registries=others)
    with pytest.raises(SourceError) as caught:
        publish.check(TEXT, FILE.name)
    [fault] = caught.value.all()
    assert (fault.line, "registries.yaml" in fault.en) == (line_of(TEXT, OPTED), True)


def test_what_cannot_be_taken_back_is_not_granted_provisionally() -> None:
    before = "certificate:\n  kind: food_filing"
    entered = "  enters: [{registry: names, subject: '\"店\"', record: {reserved: 'null'}}]"
    for key, after in (
        ("consumes", f"consumes: [name_reservation]\n{before}"),
        ("certificate.enters", f"{before}\n{entered}"),
    ):
        found = refused(before, after)
        assert any(key in zh and "provisional" in en for _, zh, en in found), found


def test_a_condition_may_want_its_facts_fresh() -> None:
    assert book().fresh == frozenset()
    text = TEXT.replace(f"{LISTED}\n{OPTED}", f"{LISTED}\n  when_unanswered: refer\n")
    fresh = publish.check(
        text.replace(WHOLE, "").replace(
            text[text.index("- {name: 名单未答复暂准") : text.index("- {name: 名单答复有误")], ""
        ),
        FILE.name,
    ).rulebook
    assert (fresh.fresh, fresh.confirmable) == (frozenset({"listed"}), frozenset())
