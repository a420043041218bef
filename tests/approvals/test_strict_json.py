"""What two readers could read apart is refused with a code, in both languages."""

import pytest

from approvals.api.parsers import strict_loads
from people.errors import ActionRejected


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "json_malformed"),
        (b'{"a": 1', "json_malformed"),
        (b'{"a": 1} x', "json_malformed"),
        (b"{'a': 1}", "json_malformed"),
        (b'{"a": "\x00"}', "json_malformed"),
        (b'{"a": "\\u0000"}', "bad_text"),
        (b'{"a": ["x", {"b": "\\ud800"}]}', "bad_text"),
        (b'{"a": 1, "a": 2}', "json_duplicate_key"),
        (b'{"x": {"a": 1, "b": 2, "a": 1}}', "json_duplicate_key"),
        (b'{"a": NaN}', "json_number"),
        (b'{"a": -Infinity}', "json_number"),
        (b'{"a": 123456789012345678901234567890}', "json_number"),
        (b"\xef\xbb\xbf{}", "json_bom"),
        ("{}".encode("utf-16"), "json_bom"),
        (b'{"a": "\xff"}', "json_encoding"),
        (b"[" * 100_000, "json_too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json_too_deep"),
        (b"[" * 33 + b"]" * 33, "json_too_deep"),
    ],
)
def test_refused(raw: bytes, code: str) -> None:
    with pytest.raises(ActionRejected) as caught:
        strict_loads(raw)
    assert caught.value.code == code
    assert caught.value.status == 400
    assert caught.value.zh and caught.value.en


def test_odd_text_is_named_by_its_pointer() -> None:
    with pytest.raises(ActionRejected) as caught:
        strict_loads(b'{"answers": {"name": ["ok", "a\\u0000b"]}}')
    assert caught.value.field == "/answers/name/1"


def nested(depth: int) -> object:
    found: list[object] = []
    for _ in range(depth - 1):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ('{"名": "𠮷野家"}'.encode(), {"名": "𠮷野家"}),
        (b'{"a": "\\ud842\\udfb7"}', {"a": "𠮷"}),  # a proper surrogate pair
        (b"[" * 32 + b"]" * 32, nested(32)),
        (b'{"a": "[[[[{{{{\\"]]"}', {"a": '[[[[{{{{"]]'}),
    ],
)
def test_accepted(raw: bytes, value: object) -> None:
    parsed = strict_loads(raw)
    assert parsed == value
