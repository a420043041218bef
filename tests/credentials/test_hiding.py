"""What is not disclosed stays hidden, and what is disclosed is the issuer's: the format alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import sdjwt, statuslist
from credentials.sdjwt import Hidden
from credentials.statuslist import Status
from tests.credentials.wallet import b64, unb64

BORN = "1999-04-17"


def guesses(count: int) -> Iterator[str]:
    """Birthdays of a century, with every salt that a careless issuer might have used."""
    first = dt.date(1925, 1, 1)
    days = [(first + dt.timedelta(days=n)).isoformat() for n in range(36_525)]
    salts = itertools.chain(
        [None, "", "0" * 22, "A" * 22], (b64(bytes([n]) * 16) for n in range(99))
    )
    pairs = itertools.product(salts, days)
    for salt, day in itertools.islice(pairs, count):
        yield json.dumps(["birthday", day] if salt is None else [salt, "birthday", day])


@pytest.mark.parametrize("tries", [10_000, pytest.param(1_000_000, marks=pytest.mark.full)])
def test_a_guess_of_the_birthday_finds_no_digest(tries):
    claims, disclosures = sdjwt.conceal(
        {"fields": {"birthday": Hidden(BORN), "name": Hidden("周一一")}, "number": Hidden("1")}
    )
    digests = set(claims["_sd"]) | set(claims["fields"]["_sd"])
    found = 0
    for text in guesses(tries):
        for written in (text, text.replace(", ", ",")):
            encoded = b64(written.encode())
            found += b64(hashlib.sha256(encoded.encode()).digest()) in digests
            found += b64(hashlib.sha256(written.encode()).digest()) in digests
    assert found == 0
    # the control: whoever has the salt finds it
    (shown,) = [one for one in disclosures if json.loads(unb64(one))[1] == "birthday"]
    assert json.loads(unb64(shown))[2] == BORN
    assert b64(hashlib.sha256(shown.encode()).digest()) in digests


def test_every_salt_is_of_128_bits_and_used_once():
    made = [sdjwt.conceal({str(n): Hidden(n) for n in range(50)})[1] for _ in range(20)]
    salts = [json.loads(unb64(one))[0] for disclosures in made for one in disclosures]
    assert len(set(salts)) == 1000 and {len(unb64(salt)) for salt in salts} == {16}


@pytest.mark.parametrize(
    ("hidden", "digests"), [(0, 8), (1, 8), (8, 8), (9, 16), (16, 16), (17, 32)]
)
def test_the_number_of_digests_says_little_of_what_is_hidden(hidden, digests):
    claims, disclosures = sdjwt.conceal({str(n): Hidden("x") for n in range(hidden)})
    assert len(claims["_sd"]) == len(set(claims["_sd"])) == digests
    assert len(disclosures) == hidden and claims["_sd"] == sorted(claims["_sd"])


trees = st.recursive(
    st.text() | st.integers() | st.booleans() | st.lists(st.text(), max_size=3),
    lambda inner: st.dictionaries(
        st.text(min_size=1).filter(lambda name: name not in ("_sd", "...", "_sd_alg")),
        inner | inner.map(Hidden),
        max_size=4,
    ),
    max_leaves=12,
)


def _plain(tree: Any) -> Any:
    inner = tree.value if isinstance(tree, Hidden) else tree
    return {k: _plain(v) for k, v in inner.items()} if isinstance(inner, dict) else inner


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=9).filter(str.isalnum), trees, max_size=4))
def test_all_disclosures_together_give_back_all(tree):
    claims, disclosures = sdjwt.conceal(tree)
    if sum(1 for _ in disclosures) <= sdjwt.MOST:
        assert sdjwt.reveal(claims, disclosures) == _plain(tree)


def made() -> tuple[dict[str, Any], list[str]]:
    return sdjwt.conceal({"a": Hidden("1"), "b": {"c": Hidden({"d": Hidden("2")})}, "e": "3"})


def test_a_disclosure_inside_another_needs_that_one():
    claims, disclosures = made()
    by_name = {json.loads(unb64(one))[1]: one for one in disclosures}
    with pytest.raises(sdjwt.DisclosureError, match="not the issuer's"):
        sdjwt.reveal(claims, [by_name["d"]])
    found = sdjwt.reveal(claims, [by_name["c"], by_name["d"]])
    assert found == {"b": {"c": {"d": "2"}}, "e": "3"}


@pytest.mark.parametrize(
    "forged",
    [
        ["salt", "a", "9"],
        ["salt", "_sd", ["x"]],
        ["salt", "...", "x"],
        ["salt", "a"],
        ["salt", 1, "x"],
        [1, "a", "x"],
        {"salt": "a"},
        "text",
        ["salt", "a", {"x": 1}, "more"],
    ],
)
def test_a_disclosure_that_the_issuer_did_not_make_is_refused(forged):
    claims, disclosures = made()
    with pytest.raises(sdjwt.DisclosureError):
        sdjwt.reveal(claims, [*disclosures, b64(json.dumps(forged).encode())])


def test_another_spelling_of_a_disclosure_is_refused():
    claims, (first, *rest) = made()
    for other in (first + "=", first + " ", first[:-1] + chr(ord(first[-1]) + 1), "", "~"):
        with pytest.raises(sdjwt.DisclosureError):
            sdjwt.reveal(claims, [other, *rest])


def test_another_hash_and_doubled_digests_are_refused():
    claims, disclosures = made()
    with pytest.raises(sdjwt.DisclosureError, match="SHA-256"):
        sdjwt.reveal({**claims, "_sd_alg": "sha-1"}, disclosures)
    doubled = {**claims, "x": {"_sd": claims["_sd"]}}
    with pytest.raises(sdjwt.DisclosureError, match="twice"):
        sdjwt.reveal(doubled, disclosures)
    with pytest.raises(sdjwt.DisclosureError, match="already"):
        sdjwt.reveal({**claims, "a": "0"}, disclosures)
    with pytest.raises(sdjwt.DisclosureError):
        sdjwt.reveal({**claims, "_sd": [1]}, disclosures)


def test_the_list_of_the_draft_is_read_as_the_draft_says():
    """draft-ietf-oauth-status-list, 4.1: the two-bit example, C9 44 F9."""
    statuses = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    packed = bytes.fromhex("C944F9")
    read = [packed[n * 2 // 8] >> n * 2 % 8 & 3 for n in range(12)]
    assert read == statuses  # the example itself
    ours = {n: Status(s) for n, s in enumerate(statuses) if s != 3}
    encoded = statuslist.encode(ours)
    expected = [0 if status == 3 else status for status in statuses]
    assert [statuslist.read(encoded, 2, n) for n in range(12)] == expected
    assert statuslist.read(encoded, 2, statuslist.ENTRIES - 1) == 0


@pytest.mark.parametrize(
    ("encoded", "bits", "place"),
    [("AAAA", 2, 0), ("", 2, 0), ("!", 2, 0), ("ok", 1, 0), ("ok", 2, -1), ("ok", 2, 131_072)],
)
def test_what_is_no_list_of_ours_is_refused(encoded, bits, place):
    good = statuslist.encode({})
    with pytest.raises(ValueError):
        statuslist.read(good if encoded == "ok" else encoded, bits, place)


def test_a_list_that_unpacks_to_a_gigabyte_is_refused_early():
    import zlib

    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    with pytest.raises(ValueError, match="length"):
        statuslist.read(b64(bomb), 2, 0)
