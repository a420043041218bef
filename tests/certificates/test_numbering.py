"""Numbers of certificates against published ones (GB/T 36904, GB 32100, ISO 7064)."""

import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import numbering, payload
from people.numbers import uscc_ok
from services.validity import last_day

PUBLISHED = [  # certificate identifiers printed in public documents and interface descriptions
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.002.S",
    "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
]
ALNUM = string.digits + string.ascii_uppercase


@pytest.mark.parametrize("published", PUBLISHED)
def test_published_identifiers_are_read_and_written_back(published):
    parts = numbering.read_identifier(published)
    assert parts is not None
    assert str(parts) == published


def test_the_next_version_changes_version_and_check_only():
    first = numbering.read_identifier(PUBLISHED[0])
    assert str(first.next_version()) == PUBLISHED[1]


def test_the_sample_of_an_interface_description_with_a_wrong_check_is_refused():
    sample = (
        "1.2.156.3005.2.11100000000013661B006.113700000045046442"
        ".209FA4E88F9E4C878F3E9BED2CE7EA49.001.M"
    )
    assert numbering.read_identifier(sample) is None


@given(st.sampled_from(PUBLISHED), st.data())
def test_any_single_wrong_character_is_noticed(published, data):
    place = data.draw(st.integers(len(numbering.ROOT) + 1, len(published) - 1))
    other = data.draw(st.sampled_from(ALNUM))
    if published[place] in (".", other):
        return
    assert numbering.read_identifier(published[:place] + other + published[place + 1 :]) is None


@given(st.text(max_size=120))
def test_no_text_breaks_the_readers(text):
    read = numbering.read_identifier(text)
    assert read is None or str(read) == text
    numbering.read_public_id(text)


def test_public_ids_forgive_how_people_type():
    (made,) = numbering.public_ids(1)
    spoken = made.lower().replace("0", "o").replace("1", "l")
    assert numbering.read_public_id("-".join([spoken[:4], spoken[4:8], spoken[8:]])) == made
    assert numbering.read_public_id(made[:-1]) is None


def test_serials_do_not_let_anybody_count_on():
    first, second = numbering.serials(2026, [41, 42])
    assert first[:12] == "202600000041" and second[:12] == "202600000042"
    assert first[12:] != second[12:]
    assert len(first) == 20


@given(st.integers(0, 31**6 - 1))
def test_every_allocated_code_passes_both_checks(number):
    code = numbering.printed("uscc:92", serial="", licence=number, region="440305")
    assert uscc_ok(code)
    assert code.startswith("92440305MA")


def test_codes_are_allocated_once_each_and_end_loudly():
    codes = {numbering.organisation(n) for n in range(5000)}
    assert len(codes) == 5000
    with pytest.raises(ValueError, match="used up"):
        numbering.organisation(31**6)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match="scheme"):
        numbering.printed("guess:X", serial="1", licence=1, region="440300")


def test_places_in_a_status_list_are_used_once_each():
    places = {payload.place(n) for n in range(payload.LIST_BITS, 2 * payload.LIST_BITS)}
    assert len(places) == payload.LIST_BITS
    assert {number for number, _ in places} == {1}
    assert {bit for _, bit in places} == set(range(payload.LIST_BITS))


D = datetime.date


@pytest.mark.parametrize(
    ("issued", "valid", "last"),
    [  # 民法典 art. 202: the corresponding day, or the month's end
        (D(2026, 3, 1), "P1Y", D(2027, 3, 1)),
        (D(2024, 2, 29), "P1Y", D(2025, 2, 28)),
        (D(2026, 1, 31), "P1M", D(2026, 2, 28)),
        (D(2026, 1, 1), "P90D", D(2026, 4, 1)),
        (D(2026, 1, 1), "", None),
    ],
)
def test_the_last_day_follows_the_civil_code(issued, valid, last):
    assert last_day(issued, valid) == last


@pytest.mark.parametrize("valid", ["P0Y", "-P1Y", "1 year", "P1Y1D"])
def test_a_senseless_term_is_refused(valid):
    with pytest.raises(ValueError, match="valid for"):
        last_day(D(2026, 1, 1), valid)
