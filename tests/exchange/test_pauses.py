"""When a notice that was not taken is sent again."""

import datetime as dt

import pytest

from exchange import delivery


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("99999999", 259_200),  # at most as long as we try: three days
        ("9" * 5000, 259_200),
        ("0" * 5000 + "7", 7),
        ("Monday, 02-Mar-26 02:01:00 GMT", 60),  # RFC 850
        ("Mon Mar  2 02:01:00 2026", 60),  # asctime
        ("Mon, 02 Mar 2026 02:01:00 GMT", 60),
        ("Mon, 02 Mar 2026 01:00:00 GMT", 0),
        ("-5", 0),
        ("٣", 0),
        ("soon", 0),
        ("", 0),
        ("1e9", 0),
        ("Mon, 99 Foo 2026", 0),
    ],
)
def test_retry_after_is_read_as_the_standard_says(
    now: dt.datetime, value: str, seconds: float
) -> None:
    assert delivery.retry_after(value, now) == seconds


def test_the_pauses_grow_from_seconds_to_half_a_day() -> None:
    assert delivery.BACK_OFF[0] == 5 and delivery.BACK_OFF[-1] == 12 * 3600
    assert len(delivery.BACK_OFF) == delivery.ATTEMPTS - 1
    assert list(delivery.BACK_OFF) == sorted(delivery.BACK_OFF)
    assert sum(delivery.BACK_OFF) > 2 * 24 * 3600  # a receiver may be down for a day
