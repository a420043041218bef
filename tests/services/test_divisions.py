"""Names of divisions; the codes are those of GB/T 2260 as the ministry publishes them."""

import pytest

from services import divisions


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("11", "北京市"),
        ("110101", "北京市东城区"),
        ("5101", "四川省成都市"),
        ("440305", "广东省深圳市南山区"),
        ("500101", "重庆市万州区"),
        ("469001", "海南省五指山市"),
        ("999999", "999999"),
        ("4403DP", "4403DP"),
        ("", ""),
    ],
)
def test_a_code_is_read_by_its_name(code: str, name: str) -> None:
    assert divisions.name(code) == name


@pytest.mark.parametrize(
    ("code", "within", "name"),
    [
        ("440305", "4403", "南山区"),
        ("4403", "4403", "广东省深圳市"),
        ("440104", "4403", "广东省广州市越秀区"),
        ("110101", "11", "东城区"),
        ("440305", "44", "深圳市南山区"),
    ],
)
def test_within_the_city_a_name_begins_below_it(code: str, within: str, name: str) -> None:
    assert divisions.name(code, within) == name
