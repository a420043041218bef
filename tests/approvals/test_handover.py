"""Why a case is with an officer, as it is kept: whole reasons, in one form, read by all alike."""

import pytest

from approvals.review.handover import (
    BEYOND_JUDGING,
    LONGEST,
    Reason,
    is_silence_alone,
    may_be_judged_again,
    of_decision,
    parse,
    write,
)


@pytest.mark.parametrize("text", ["contested", "unanswered:education", "degree:unmet"])
def test_a_reason_is_read_as_it_was_written(text: str) -> None:
    assert str(Reason.parse(text)) == text
    assert parse(f"{text},{text}") == [Reason.parse(text)] * 2


def test_what_has_no_space_is_left_out_and_never_cut() -> None:
    many = [Reason(f"condition_{place:02}", "unmet") for place in range(20)]
    kept = write(many)
    assert LONGEST - len(",condition_00:unmet") < len(kept) <= LONGEST
    assert parse(kept) == many[: len(parse(kept))]


@pytest.mark.parametrize("code", sorted(BEYOND_JUDGING))
def test_a_reason_that_no_judging_finds_again_is_never_left_out(code: str) -> None:
    many = [Reason(f"condition_{place:02}", "unmet") for place in range(20)]
    kept = write([*many, Reason(code)])
    assert parse(kept)[0] == Reason(code)
    assert not may_be_judged_again(kept)


@pytest.mark.parametrize(
    ("reasons", "silent", "unnamed", "kept"),
    [
        (["degree:unknown"], ["education"], False, "unanswered:education,degree:unknown"),
        (["degree:unmet"], ["education"], False, "degree:unmet,unanswered:education"),
        (["name_unknown"], ["population"], True, "unanswered:population,name_unknown"),
        (["name_unknown"], ["education"], False, "name_unknown,unanswered:education"),
        (["duplicate"], [], False, "duplicate"),
    ],
)
def test_silence_is_said_first_where_it_is_the_only_reason(
    reasons: list[str], silent: list[str], unnamed: bool, kept: str
) -> None:
    assert of_decision(reasons, silent, unnamed=unnamed) == kept
    assert is_silence_alone(kept) is kept.startswith("unanswered")
