"""One form for several services: each question once, and no fewer would do."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from city.bundles import Bundle
from city.errors import SourceError
from services.bundles import Joint, faults, is_declaration, join, takes_all
from tests.bundles.spec import TRIAL, books, city_with, without_choice
from tests.services.packs import CITY, changed, text

SHIPPED = sorted(CITY.bundles)


def all_of(bundle: Bundle) -> Joint:
    return join(bundle, books(bundle), list(bundle.steps))


def least(bundle: Bundle, joint: Joint) -> int:
    """The fewest answers from which all forms can be filled, by trying every set of questions.

    What one answer fills is written out anew here: a question of the same name or one that the
    bundle calls the same, and what a certificate of a step that comes first says.
    """
    forms = {code: dict(book.form["properties"]) for code, book in joint.books.items()}
    needed = {
        (code, name)
        for code, form in forms.items()
        for name, node in form.items()
        if not is_declaration(node)
    }

    def alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
        if any(one in places and other in places for places in bundle.same.values()):
            return True
        return one[1] == other[1] != "filings"

    waits = {code: set(bundle.steps[code].after) for code in forms}
    for _ in forms:
        for code in forms:
            waits[code] |= {far for near in waits[code] for far in waits.get(near, ())}
    printed = {
        place
        for place in needed
        for code, step in bundle.steps.items()
        for name, source in step.takes.items()
        if alike(place, (code, name)) and source.step in waits[place[0]]
    }
    open_ = needed - printed
    candidates = sorted(open_)
    groups = {place: frozenset(p for p in open_ if alike(place, p)) for place in candidates}
    # of questions that fill the same, one is as good as another
    distinct = list({group: place for place, group in groups.items()}.values())
    for asked in chain.from_iterable(combinations(distinct, n) for n in range(len(distinct) + 1)):
        if open_ <= frozenset().union(*(groups[p] for p in asked)):
            return len(asked)
    raise AssertionError("not even all of them do")


@pytest.mark.parametrize("code", SHIPPED)
def test_no_fewer_questions_would_do(code: str) -> None:
    bundle = CITY.bundles[code]
    joint = all_of(bundle)
    asked = [q for q in joint.questions if not is_declaration(q.node)]
    assert len(asked) == least(bundle, joint)


@pytest.mark.parametrize("code", SHIPPED)
def test_every_answer_reaches_the_forms_that_ask_for_it(code: str) -> None:
    joint = all_of(CITY.bundles[code])
    answers = {question.name: f"<{question.name}>" for question in joint.questions}
    for step, book in joint.books.items():
        mine = joint.answers_of(step, answers)
        assert mine.keys() | joint.taken_by(step).keys() == book.form["properties"].keys()
        for name, value in mine.items():
            assert joint.pointer_of(step, f"/{name}") == f"/{value[1:-1]}"


@pytest.mark.parametrize("code", SHIPPED)
def test_the_shipped_bundles_agree_with_their_packs(code: str) -> None:
    bundle = CITY.bundles[code]
    assert [str(fault) for fault in faults(bundle, books(bundle))] == []


def test_home_and_phone_are_asked_once_when_settling_in() -> None:
    joint = all_of(CITY.bundles["settle_in"])
    assert {q.name for q in joint.shared()} == {"district", "address", "phone"}
    assert [q.name for q in joint.questions if not is_declaration(q.node)] == [
        "district", "address", "phone", "paid_in", "child_born",
    ]  # fmt: skip


def test_what_nobody_has_chosen_is_not_asked(tmp_path: Path) -> None:
    bundle = city_with(tmp_path, trial=TRIAL).bundles["trial"]
    joint = join(bundle, books(bundle))
    assert list(joint.books) == ["home", "insurance"]
    assert "trade_name" not in {q.name for q in joint.questions}
    assert "trade_name" in {q.name for q in join(bundle, books(bundle), ["shop"]).questions}


def test_of_steps_that_stand_for_one_another_one_is_asked_for() -> None:
    bundle = CITY.bundles["settle_in"]
    for chosen, way in (((), "settlement"), (("talent",), "talent"), (("no_such",), "settlement")):
        joint = join(bundle, books(bundle), [*chosen, "insurance"])
        assert list(joint.books) == [way, "insurance"]
        assert joint.after("insurance") == (way,)
        asked = {q.name for q in joint.questions}
        assert ("family" in asked) == (way == "talent")
    there = books(bundle)
    del there["graduate_settlement"]  # closed: the other is left
    assert list(join(bundle, there).books) == ["talent"]


def test_each_declaration_is_made_in_its_own_words(tmp_path: Path) -> None:
    bundle = city_with(tmp_path, trial=TRIAL).bundles["trial"]
    joint = join(bundle, books(bundle), ["shop"])
    declared = {q.name: q.places for q in joint.questions if is_declaration(q.node)}
    assert declared == {
        "consent": (("home", "consent"),),
        "insurance_consent": (("insurance", "consent"),),
        "shop_consent": (("shop", "consent"),),
    }


OTHER = changed("pattern: ^[0-9]{6}-", "pattern: ^[0-9]{5}-", text("graduate_settlement"))
LONGER = changed("maxLength: 14", "maxLength: 20", text("graduate_settlement"))


def test_two_services_that_ask_the_same_differently_are_refused_by_file_and_line(
    tmp_path: Path,
) -> None:
    steps = {
        "home": {"service": "graduate_settlement"},
        "school": {"service": "school_enrolment", "after": ["home"]},
    }
    bundle = city_with(tmp_path, trial=steps).bundles["trial"]
    assert not list(faults(bundle, books(bundle)))
    (fault,) = faults(bundle, books(bundle, graduate_settlement=OTHER))
    file = tmp_path / "neighbour" / "bundles.yaml"
    line = next(
        n
        for n, text in enumerate(file.read_text().splitlines(), 1)
        if "service: school_enrolment" in text
    )
    assert str(fault).startswith(f"{file}:{line}: ")
    assert "take different answers" in str(fault) and "要求却不同" in str(fault)


def test_words_may_differ_where_the_answers_do_not(tmp_path: Path) -> None:
    other = changed("x-zh: 落户地址编码", "x-zh: 新家的地址编码", text("graduate_settlement"))
    bundle = CITY.bundles["settle_in"]
    assert not list(faults(bundle, books(bundle, graduate_settlement=other)))


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        (
            {"a": {"service": "graduate_settlement", "after": ["b"]},
             "b": {"service": "social_transfer", "after": ["a"]}},
            "step a waits for itself: a → b → a",
        ),
        (
            {"a": {"service": "graduate_settlement"}, "b": {"service": "no_such"}},
            "there is no service no_such",
        ),
        (
            {"a": {"service": "graduate_settlement"},
             "b": {"service": "social_transfer", "after": ["c"]}},
            "there is no step c",
        ),
        (
            {"a": {"service": "graduate_settlement"},
             "b": {"service": "social_transfer", "takes": {"paid_in": "a.certificate.number"}}},
            "b does not wait for a",
        ),
        (
            {"a": {"service": "graduate_settlement"}, "b": {"service": "graduate_settlement"}},
            "graduate_settlement stands there twice",
        ),
        (
            {"a": {"service": "graduate_settlement", "choice": {"zh": "落户", "en": "settle"}},
             "b": {"service": "social_transfer", "after": ["a"]}},
            "a may be left out, so b cannot always wait for it",
        ),
    ],
    ids=["a circle", "no service", "no step", "not waited for", "twice", "left out"],
)  # fmt: skip
def test_what_cannot_be_is_refused_when_the_folder_is_read(
    tmp_path: Path, steps: dict[str, object], reason: str
) -> None:
    with pytest.raises(SourceError) as raised:
        city_with(tmp_path, trial=steps)
    lines = [str(fault) for fault in raised.value.all()]
    assert any(reason in line for line in lines), lines
    assert all("bundles.yaml:" in line for line in lines)


GRADUATE = {"service": "graduate_settlement", "choice": {"zh": "毕业生", "en": "graduate"}}
TALENT = {"service": "talent_settlement", "choice": {"zh": "在职", "en": "in work"}}


@pytest.mark.parametrize(
    ("steps", "one_of", "reason"),
    [
        ({"a": GRADUATE, "b": {"service": "talent_settlement"}}, [["a", "b"]], "b has no `choice`"),
        ({"a": GRADUATE, "b": TALENT}, [["a", "c"]], "there is no step c"),
        ({"a": GRADUATE, "b": {**TALENT, "after": ["a"]}}, [["a", "b"]], "b waits for another"),
        ({"a": GRADUATE, "b": TALENT}, [["a", "b"], ["b", "a"]], "a is in two groups"),
        (
            {"a": GRADUATE, "b": TALENT, "c": {"service": "social_transfer", "after": ["a"]}},
            [["a", "b"]],
            "c waits for a, so also for b",
        ),
    ],
    ids=["no choice", "no step", "one after the other", "two groups", "waits for one"],
)
def test_steps_of_which_one_is_chosen_are_held_to_it(
    tmp_path: Path, steps: dict[str, object], one_of: list[list[str]], reason: str
) -> None:
    with pytest.raises(SourceError) as raised:
        city_with(tmp_path, trial={"steps": steps, "one_of": one_of})
    lines = [str(fault) for fault in raised.value.all()]
    assert any(reason in line for line in lines), lines


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"takes": {"no_such": "home.certificate.number"}}, "social_transfer does not ask no_such"),
        ({"takes": {"paid_in": "home.certificate.no_such"}}, "has no no_such"),
        ({"takes": {"consent": "home.certificate.number"}}, "consent is no text"),
        ({"applicant": "home"}, "is applied for by a person"),
    ],
    ids=["no question", "no field", "no text", "no enterprise"],
)
def test_what_the_packs_do_not_have_is_refused(
    tmp_path: Path, step: dict[str, object], reason: str
) -> None:
    steps = {
        "home": {"service": "graduate_settlement"},
        "insurance": {"service": "social_transfer", "after": ["home"], **step},
    }
    bundle = city_with(tmp_path, trial=steps).bundles["trial"]
    found = [str(fault) for fault in faults(bundle, books(bundle))]
    assert any(reason in line and "bundles.yaml:" in line for line in found), found


def test_what_a_certificate_says_is_not_asked(tmp_path: Path) -> None:
    """Also where another step asks the same, if that step comes after the certificate, too."""
    steps = {
        "home": {"service": "graduate_settlement"},
        "school": {
            "service": "school_enrolment",
            "after": ["home"],
            "takes": {"child_born": "home.certificate.born"},
        },
    }
    bundle = without_choice(city_with(tmp_path, trial=steps).bundles["trial"])
    joint = all_of(bundle)
    assert "child_born" not in {q.name for q in joint.questions}
    assert joint.taken_by("school").keys() == {"child_born"}
    assert len([q for q in joint.questions if not is_declaration(q.node)]) == least(bundle, joint)


def test_city_check_says_what_its_bundles_and_packs_do_not_agree_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = city_with(tmp_path, trial=TRIAL)
    call_command("city", "check", str(city.folder))
    assert "services=" in capsys.readouterr().out
    steps = {**TRIAL, "insurance": {**TRIAL["insurance"], "takes": {"x": "home.certificate.born"}}}
    city = city_with(tmp_path, trial=steps)
    with pytest.raises(CommandError, match=r"bundles.yaml:\d+: .* social_transfer does not ask x"):
        call_command("city", "check", str(city.folder))


def test_the_narrower_question_is_asked_where_the_other_takes_its_answers_too() -> None:
    bundle = CITY.bundles["settle_in"]
    there = books(bundle, graduate_settlement=LONGER)
    assert not list(faults(bundle, there))
    joint = join(bundle, there, list(bundle.steps))
    (address,) = (q for q in joint.questions if q.name == "address")
    assert (address.owner, address.node["maxLength"]) == ("school", 14)


@pytest.mark.parametrize(
    ("wide", "narrow", "takes"),
    [
        ({"type": "string"}, {"type": "string"}, True),
        ({"type": "string"}, {"type": "integer"}, False),
        ({"type": "string"}, {"type": "string", "maxLength": 3}, True),
        ({"type": "string", "maxLength": 3}, {"type": "string"}, False),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 2}, True),
        ({"type": "integer", "minimum": 2}, {"type": "integer", "minimum": 1}, False),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, True),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, False),
        (
            {"oneOf": [{"const": "a", "x-zh": "甲"}]},
            {"oneOf": [{"const": "a", "x-zh": "乙"}]},
            True,
        ),
        ({"pattern": "a"}, {"pattern": "b"}, False),
        ({}, {"pattern": "b"}, False),
        ({"items": {"enum": ["a", "b"]}}, {"items": {"enum": ["b"]}}, True),
        ({"items": {"enum": ["b"]}}, {"items": {"enum": ["a", "b"]}}, False),
    ],
)
def test_what_takes_all_that_another_takes(wide: object, narrow: object, takes: bool) -> None:
    assert takes_all(wide, narrow) is takes
