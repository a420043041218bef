"""Which registry facts an officer sees beside an answer: what the pack itself compares."""

from services.matches import Match, matches, own_names
from tests.services.packs import changed, load, text

GRADUATES = load(text("graduate_settlement"), "graduate_settlement")


def test_what_a_condition_demands_to_be_equal_stands_beside_the_answer() -> None:
    found = {match.field: match for match in matches(GRADUATES)}
    assert found["district"] == Match("district", ("address_region",))


def test_a_registry_that_is_asked_about_an_answer_stands_beside_it() -> None:
    found = {match.field: match for match in matches(GRADUATES)}
    assert found["address"].same == ()
    assert set(found["address"].beside) == {
        "address_exists", "address_region", "address_use", "address_text"
    }  # fmt: skip


def test_names_of_the_applicant_are_one_row_of_their_own() -> None:
    assert own_names(GRADUATES) == ("name", "degree_name")
    assert all("degree_name" not in match.same for match in matches(GRADUATES))


def test_a_question_that_is_prefilled_is_compared_with_its_fact() -> None:
    source = text("graduate_settlement")
    pack = changed(
        "      x-widget: address\n",
        "      x-widget: address\n      x-prefill: address_text\n",
        source,
    )
    found = {match.field: match for match in matches(load(pack))}
    assert found["address"].same == ("address_text",)
    assert "address_text" not in found["address"].beside


def test_what_only_registries_speak_of_is_a_row_without_a_question() -> None:
    source = text("graduate_settlement")
    pack = changed(
        'must: capacity = "full"', 'must: capacity = "full" and hukou_city = school', source
    )
    assert Match("", ("hukou_city", "school")) in matches(load(pack))
