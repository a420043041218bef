"""The table of states: everybody knows who holds the pen, and only an officer refuses."""

import pytest
from django_fsm import TransitionNotAllowed

from approvals.api import described
from approvals.management.commands import diagram
from approvals.models import Application
from approvals.states import EDGES, FACES, REACHABLE, SETTLED, State
from tests.approvals import cases


def application(state: str) -> Application:
    return Application(number="MP-test", state=state)


def test_every_state_has_a_pen_holder_or_is_settled() -> None:
    assert set(FACES) == set(State)
    assert {
        State.APPROVED,
        State.REFUSED,
        State.WITHDRAWN,
        State.EXPIRED,
    } == SETTLED


def test_no_edge_leads_from_the_machine_to_a_refusal() -> None:
    refusing = {name: sources for name, (sources, to) in EDGES.items() if to is State.REFUSED}
    assert refusing == {"refuse": (State.REVIEW,)}


def test_every_edge_of_the_table_is_taken_and_no_other() -> None:
    allowed = {(s, name) for name, (sources, _) in EDGES.items() for s in sources}
    for state in State:
        for name, (_, target) in EDGES.items():
            subject = application(state)
            if (state, name) in allowed:
                getattr(subject, name)()
                assert subject.state == target
            else:
                with pytest.raises(TransitionNotAllowed):
                    getattr(subject, name)()
                assert subject.state == state


def test_the_state_cannot_be_set_past_the_edges() -> None:
    subject = application(State.REVIEW)
    with pytest.raises(AttributeError):
        subject.state = State.APPROVED


def test_every_open_state_can_come_to_an_end() -> None:
    reaches = {s: {t for sources, t in EDGES.values() if s in sources} for s in State}
    for state in set(State) - SETTLED:
        seen, todo = set(), [state]
        while todo:
            here = todo.pop()
            if here not in seen:
                seen.add(here)
                todo.extend(reaches[here])
        assert seen & SETTLED, state


def test_nothing_is_said_of_drafts_because_none_is_ever_stored(furnished: None) -> None:
    """What a citizen is filling in lives in the page; no action, page or program meets a draft."""
    assert "draft" not in diagram.document()
    shown = described.ApplicationShape().fields["state"].choices
    assert set(shown) == set(State.values) - {"draft"} == {state.value for state in REACHABLE}
    case = cases.submit("graduate")
    assert case.state == State.SUBMITTED
    assert not Application.objects.filter(state=State.DRAFT).exists()
