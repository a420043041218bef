"""A new state of a certificate or a filing is forgotten nowhere."""

from certificates import states, words
from certificates.states import FilingState, State
from certificates.verification import statuslist


def test_every_state_has_words_and_is_live_or_ended():
    assert set(State) == set(states.LIVE) | set(states.ENDED)
    assert not set(states.LIVE) & set(states.ENDED)
    assert set(State.values) <= set(words.STATE_WORDS)
    assert set(FilingState.values) == set(words.FILING_WORDS)


def test_every_state_but_valid_is_on_a_status_list():
    listed = [state for purpose in statuslist.PURPOSES.values() for state in purpose]
    assert sorted(listed) == sorted(set(State) - {State.VALID})


def test_every_state_is_reached_by_an_edge_or_is_where_one_begins():
    targets = {target for _, target in states.EDGES.values()}
    assert targets | {State.VALID} == set(State)
    assert not any(set(sources) & set(states.ENDED) for sources, _ in states.EDGES.values())
