"""Names of divisions; the codes are those of GB/T 2260 as the ministry publishes them."""

import pytest

from services import divisions


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("11", "北京市 (11)"),
        ("110101", "北京市东城区 (110101)"),
        ("5101", "四川省成都市 (5101)"),
        ("440305", "广东省深圳市南山区 (440305)"),
        ("500101", "重庆市万州区 (500101)"),
        ("469001", "海南省五指山市 (469001)"),
        ("999999", "999999"),
        ("4403DP", "4403DP"),
        ("", ""),
    ],
)
def test_a_code_is_read_by_its_name(code: str, name: str) -> None:
    assert divisions.name(code) == name
