"""UUID version 7 as RFC 9562, section 5.7, draws it."""

import time
import uuid

from ledger.identifiers import uuid7


def test_version_variant_and_time_are_where_the_standard_has_them() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7 and made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after
    # the example of appendix A.6: 22 February 2022, 14:22:22 at UTC-5
    example = uuid.UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
    assert example.int >> 80 == 1645557742000


def test_none_comes_twice_and_all_74_random_bits_move() -> None:
    made = [uuid7().int for _ in range(20_000)]
    assert len(set(made)) == len(made)
    ones = zeros = 0
    for value in made:
        ones |= value
        zeros |= ~value
    random_bits = (1 << 80) - 1 & ~(0xF << 76) & ~(0x3 << 62)
    assert ones & zeros & random_bits == random_bits
