"""Regression cases as tests of the pack, which pass and fail as the cases do; commands name them"""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from city.errors import SourceError
from people.actors import Actor
from services import pack_tests
from services.edition import draft
from services.models import Regression
from services.regressions import faults, printing
from tests.approvals.regressions import (
    LAW,
    REASON,
    accepted,
    later,
    legal,
    mended,
    overturned,
    repeating,
)
from tests.services.packs import CITY, changed

FILE = "graduate_settlement.yaml"


def called(*arguments: str) -> tuple[str, str, int]:
    """What ``manage.py pack`` prints and says, and its exit code."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("pack", *arguments, stdout=out, stderr=err)
    except SystemExit as error:
        code = int(error.code or 0)
    return out.getvalue(), err.getvalue(), code


def test_printed_cases_pass_and_fail_in_the_pack_as_they_do_themselves(
    clerk: Actor, tmp_path: Path
) -> None:
    overturned(clerk)
    row = Regression.objects.get()
    assert called("regressions", "graduate_settlement") == ("", "", 0)  # not accepted
    accepted(row, legal())
    printed, _said, code = called("regressions", "graduate_settlement")
    assert code == 0 and LAW in printed and REASON in printed
    for source in (repeating(), mended(), mended(until=later(60))):
        alone = draft(source, FILE, city=CITY)
        kept = draft(source.rstrip("\n") + "\n" + printed, FILE, city=CITY)
        (case,) = [one for one in kept.pack.cases if one.name == printing.name(row)]
        wrong = pack_tests.faults(kept.rulebook(), cases=[case])
        assert bool(wrong) is bool(faults(alone)), wrong
        assert not pack_tests.faults(alone.rulebook())
    with pytest.raises(CommandError, match="no service nothing"):
        call_command("pack", "regressions", "nothing")


def test_check_and_test_name_the_case_that_a_pack_repeats(clerk: Actor, tmp_path: Path) -> None:
    overturned(clerk)
    accepted(Regression.objects.get(), legal())
    path = tmp_path / FILE
    path.write_text(repeating(), "utf-8")
    for action in ("check", "test"):
        _out, err, code = called(action, str(path))
        assert code == 1 and "graduate_settlement-1" in err and LAW in err
    path.write_text(mended(), "utf-8")
    for action in ("check", "test"):
        assert called(action, str(path))[1:] == ("", 0)


def test_a_test_has_facts_or_answers_and_not_both() -> None:
    both = changed(
        "  expect: approve\n",
        "  facts: {alive: true}\n  expect: not_approve\n",
    )
    with pytest.raises(SourceError, match="one or the other"):
        draft(both, "bus_pass.yaml", city=CITY)
