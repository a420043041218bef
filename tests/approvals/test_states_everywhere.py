"""A state that is added is known everywhere, or a test here says where it was forgotten."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.translation import override

from approvals import statements
from approvals.actions import outcomes
from approvals.models import Application, Decision
from approvals.states import (
    DECIDED,
    EDGES,
    FACES,
    FINAL,
    OPEN,
    PAUSED,
    RUNNING,
    SETTLED,
    UNDECIDED,
    CheckState,
    ConsentState,
    Outcome,
    State,
)
from ledger.models import Chained
from portal.templatetags.portal import SIGNS

LABEL_TONES = {"default", "info", "warning", "success", "danger"}  # unfold's
# a bare word that is none of ours: an event's kind, an action's name, an edge
PLACES = ("approvals", "portal")
VALUES = {value for kind in (State, Outcome, CheckState, ConsentState) for value in kind.values}


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_face_that_can_be_drawn(state: State) -> None:
    face = FACES[state]
    assert face.pen in ("citizen", "machine", "agency", "clerk", "examiner", None)
    assert face.label_tone in LABEL_TONES
    assert face.tone in ("", "wait", "ok", "bad")
    assert face.sign in SIGNS
    named = {"office": "某局", "day": "2026-11-30"}
    for language in ("zh-hans", "en"):
        with override(language):
            assert str(face.word)
            assert (str(face.sentence) % named != "") is (state is not State.DRAFT)


def test_a_state_that_no_event_can_carry_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="16 characters at most"):

        class Long(Chained, edges={"lengthen": (["short"], "s" * 17)}):
            class Meta:
                abstract = True


def test_every_state_is_open_or_settled_or_a_draft() -> None:
    assert {*OPEN, *SETTLED, State.DRAFT} == set(State)
    assert not SETTLED & {*OPEN}
    assert {*UNDECIDED} < {*OPEN} and {*DECIDED} < SETTLED
    # what is returned stands still before it is accepted, and runs afterwards
    assert sorted((*RUNNING, *PAUSED, State.RETURNED)) == sorted(OPEN)


def test_every_state_but_the_first_is_reached_and_every_open_one_is_left() -> None:
    sources = {source for froms, _ in EDGES.values() for source in froms}
    assert {target for _, target in EDGES.values()} == set(State) - {State.DRAFT}
    assert {*OPEN} <= sources


def test_every_outcome_moves_the_case_and_leaves_an_event() -> None:
    assert set(outcomes.EVENT) == set(Outcome)
    assert set(outcomes.MACHINE) == set(Outcome) - {Outcome.REFUSE}  # never by the machine
    assert {*FINAL} <= set(outcomes.OFFICER)
    assert {*outcomes.MACHINE.values(), *outcomes.OFFICER.values()} <= set(EDGES)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_word_in_both_languages(state: State) -> None:
    with override("en"):
        english = str(state.label)
    with override("zh-hans"):
        assert str(state.label) != english
        assert re.search("[\u4e00-\u9fff]", str(state.label))


def test_postgresql_knows_the_same_states_as_the_code() -> None:
    """Constraints and partial indexes name states: each one of them is one of ours."""
    of_application = [*Application._meta.constraints, *Application._meta.indexes]
    named = {value for one in of_application for value in _values(one, ("state",))}
    assert named and named <= set(State.values)
    (index,) = [i for i in Application._meta.indexes if i.name == "application_open"]
    assert {*_values(index, ("state",))} == set(OPEN)
    final = {v for one in Decision._meta.constraints for v in _values(one, ("outcome",))}
    assert final == set(FINAL)


def _values(one: Any, fields: tuple[str, ...]) -> Iterator[str]:
    todo = [one.condition] if getattr(one, "condition", None) is not None else []
    while todo:
        node = todo.pop()
        if isinstance(node, tuple):
            name, value = node
            if name.split("__")[0] in fields:
                yield from value if isinstance(value, list) else [value]
        else:
            todo += node.children


def test_a_statement_names_no_state_that_is_none() -> None:
    known = {
        *State.values,
        *CheckState.values,
        *ConsentState.values,
        "valid",
        "suspended",
    }  # and certificates'
    texts = [value for name, value in vars(statements).items() if name.isupper()]
    named = re.findall(r"state (?:=|<>) '([a-z]+)'", " ".join(map(str, texts)))
    assert len(named) > 5
    assert set(named) <= known


@pytest.mark.parametrize("place", PLACES)
def test_states_are_compared_as_an_enumeration_and_never_as_bare_words(place: str) -> None:
    found = []
    for path in sorted((Path(settings.BASE_DIR) / place).rglob("*.py")):
        if "migrations" not in path.parts and path.name not in ("states.py", "statements.py"):
            found += [f"{path}:{line}" for line in _bare(ast.parse(path.read_text("utf-8")))]
    assert found == []


def _bare(tree: ast.AST) -> Iterator[int]:
    """Yield lines where a field called state or outcome meets a bare word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            fields = [s for s in sides if isinstance(s, ast.Attribute) and s.attr in _FIELDS]
            of_answer = any(
                isinstance(f.value, ast.Name) and f.value.id in ("answer", "one") for f in fields
            )
            if fields and not of_answer and any(map(_word, sides)):
                yield node.lineno
        elif isinstance(node, ast.keyword) and node.arg in _FILTERS and _word(node.value):
            yield node.value.lineno
        elif isinstance(node, ast.Match) and getattr(node.subject, "attr", "") in _FIELDS:
            for case in node.cases:
                if any(_word(part) for part in ast.walk(case.pattern)):
                    yield case.pattern.lineno


_FIELDS = ("state", "outcome")
_FILTERS = {f"{name}{way}" for name in _FIELDS for way in ("", "__in")}


def _word(node: ast.AST) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(_word, node.elts))
    return isinstance(node, ast.Constant) and node.value in VALUES


def test_a_template_names_no_state_that_is_none() -> None:
    named: set[str] = set()
    for place in PLACES:
        for path in (Path(settings.BASE_DIR) / place).rglob("*.html"):
            found = re.findall(r"(?:case|result)\.state [!=]= ['\"](\w+)['\"]", path.read_text())
            named.update(found)
    assert named and named <= set(State.values)


def test_the_page_of_states_is_what_the_code_says() -> None:
    call_command("diagram", check=True)
