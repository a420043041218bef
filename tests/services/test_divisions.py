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


@pytest.mark.parametrize(
    ("code", "within", "name"),
    [
        ("510104", "", "Jinjiang District, Chengdu, Sichuan"),
        ("440305", "4403", "Nanshan District"),
        ("110105", "", "Chaoyang District, Beijing"),  # 朝阳 is not read zhao yang
        ("610102", "", "Xincheng District, Xi'an, Shaanxi"),
        ("4228", "", "Enshi Autonomous Prefecture, Hubei"),
        ("15", "", "Inner Mongolia"),
    ],
)
def test_in_english_a_name_is_read_from_the_smallest(code: str, within: str, name: str) -> None:
    assert divisions.name(code, within, "en") == name


def test_every_division_has_an_english_name() -> None:
    from deploy.divisions import TABLE, names

    table = dict(line.split("\t") for line in TABLE.read_text().splitlines())
    assert set(names()) == set(table)
    assert all(latin.replace("'", "").replace(" ", "").isalpha() for latin in table.values())
    assert not [latin for latin in table.values() if any("\u4e00" <= c <= "\u9fff" for c in latin)]
