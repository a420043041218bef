"""Boundary cases are made from the conditions, and agree with the judge and with the law."""

import io

import pytest
from django.core.management import call_command

from services.boundaries import boundaries, lines
from tests.services.packs import SMALL, changed, load, text


def about(book, requirement):
    return {
        one.setting: (one.result, one.outcome)
        for one in boundaries(book)
        if one.requirement == requirement
    }


def test_the_age_of_majority_is_tried_on_the_day_before_it_and_the_day_after():
    """民法典 §17: of age on the eighteenth birthday."""
    found = about(load(SMALL), "adult")
    born = {said.split(":")[0].rsplit(" ", 1)[0]: result for said, result in found.items()}
    assert born["born at"] == ("met", "approve")
    assert born["born just above"] == ("unmet", "refer")
    assert any("unknown" in said and result[0] == "unknown" for said, result in found.items())


def test_a_wrong_operator_shows_at_the_boundary():
    wrong = load(changed("<= as_of", "< as_of"))
    at = {
        said: result for said, result in about(wrong, "adult").items() if said.startswith("born at")
    }
    assert set(at.values()) == {("unmet", "refer")}


def test_every_condition_of_the_packs_has_a_case_in_which_it_fails_or_says_why_not():
    for name in ("graduate_settlement", "sole_trader", "limited_company"):
        book = load(text(name), name)
        found = boundaries(book)
        failing = {name for one in found if one.outcome != "approve" for name in one.against}
        not_proved = {"name_characters", "name_words", "name_national"}
        not_proved |= {"name_region", "name_industry", "permits"}
        assert {c.id for c in book.conditions} - failing <= not_proved, name


@pytest.mark.django_db
def test_the_author_sees_them_with_the_words_of_the_condition():
    out = io.StringIO()
    call_command("pack", "test", "--boundaries", stdout=out)
    assert "graduate_settlement recent: 毕业不超过 2 年" in out.getvalue()
    assert any(line.startswith("  born at") for line in lines(load(SMALL)))
