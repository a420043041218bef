"""Files of others: what is taken, what is refused and why; in a process of its own or not."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from materials import drawing, images, isolation
from materials.content import LARGEST, Content, Kind, RejectedFile, begins_as, inspect, sized
from tests.materials.files import BAD, GOOD, photograph, picture

ALL = tuple(kind.value for kind in Kind)


def looked_at(data: bytes) -> Content:
    """As ``materials.actions.keep`` looks at a file, in this process."""
    sized(data, ALL)
    return inspect(data)


@pytest.mark.parametrize("name", GOOD)
def test_what_citizens_have_is_taken(name: str) -> None:
    found = looked_at(GOOD[name])
    assert found.kind is begins_as(GOOD[name])
    assert found.pages == {"a PDF": 2, "an OFD": 3}.get(name, 1)


@pytest.mark.parametrize("name", BAD)
def test_what_nobody_should_send_is_refused_with_its_reason(name: str) -> None:
    data, code = BAD[name]
    with pytest.raises(RejectedFile) as caught:
        looked_at(data)
    assert caught.value.code == code
    assert caught.value.zh and caught.value.en


def test_a_file_is_as_large_as_the_pack_allows_and_no_larger() -> None:
    whole = picture().ljust(LARGEST, b"\0")
    assert sized(whole, ALL) is Kind.JPEG
    for data, largest in ((whole + b"\0", LARGEST), (picture("PNG"), 1_000)):
        with pytest.raises(RejectedFile) as caught:
            sized(data, ALL, largest)
        assert caught.value.code == "too_large"


def test_only_what_the_pack_allows_is_taken() -> None:
    with pytest.raises(RejectedFile, match="PDF"):
        sized(picture(), ["pdf"])


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(sorted(GOOD)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
    st.binary(max_size=40),
)
def test_a_file_that_was_changed_is_read_or_refused(name, changes, cut, behind) -> None:
    """Whatever a file became: what it is or a reason, and nothing else."""
    data = bytearray(GOOD[name])
    for place, new in changes:
        at = int(place * (len(data) - 1))
        data[at : at + len(new)] = new
    whole = bytes(data[: int(cut * len(data)) or None]) + behind
    try:
        found = looked_at(whole)
    except RejectedFile as error:
        assert error.code and error.zh and error.en
    else:
        assert found.kind is begins_as(whole) and 1 <= found.pages <= 50


@pytest.mark.parametrize("name", ["a PDF", "a photograph", "an OFD"])
def test_a_process_of_its_own_says_the_same(name: str) -> None:
    assert isolation.inspected(GOOD[name]) == looked_at(GOOD[name])


def test_a_reason_comes_out_of_that_process() -> None:
    data, code = BAD["a PDF with a hidden script"]
    with pytest.raises(RejectedFile) as caught:
        isolation.inspected(data)
    assert caught.value.code == code


def test_what_ends_that_process_is_a_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_CHILD", "import os; os.abort()")
    with pytest.raises(RejectedFile) as caught:
        isolation.inspected(GOOD["a PDF"])
    assert caught.value.code == "damaged"
    assert isolation.preview(GOOD["a PDF"], 1) is None


def test_that_process_knows_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "of ours")
    monkeypatch.setattr(isolation, "_CHILD", "import os, sys; sys.stdout.write(repr(os.environ))")
    told = isolation._run("preview", b"x", "1")
    assert told is not None and b"of ours" not in told and b"DATABASE" not in told


def test_what_is_shown_of_a_photograph_says_not_where_it_was_taken() -> None:
    sent = photograph()
    assert Image.open(io.BytesIO(sent)).getexif().get_ifd(0x8825)
    shown = Image.open(io.BytesIO(images.preview(sent)))
    assert not shown.getexif() and b"at home" not in images.preview(sent)
    assert shown.size == (480, 640)  # upright


def test_a_page_of_a_pdf_is_shown_as_a_picture() -> None:
    page = isolation.preview(GOOD["a PDF"], 2)
    assert page is not None
    shown = Image.open(io.BytesIO(page))
    assert shown.format == "JPEG" and shown.height > shown.width
    assert shown.convert("L").getextrema()[0] < 80  # something stands on it
    assert drawing.page(GOOD["a PDF"], 3) == drawing.page(GOOD["an OFD"], 1) == b""
