"""A city's folder: what it says is read, what is wrong is named with file, line and reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from city.errors import SourceError
from city.model import City
from city.reader import load

SAMPLE = Path(__file__).parents[2] / "cities" / "sample"
CITY = """
zh: 邻市
en: Neighbour
code: '441300'
time_zone: Asia/Shanghai
default_office: data
extends: {sample}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that extends the sample city and says nothing else yet."""
    place = tmp_path / "neighbour"
    place.mkdir()
    (place / "city.yaml").write_text(CITY.format(sample=os.path.relpath(SAMPLE, place)))
    return place


def faults(folder: Path) -> list[str]:
    with pytest.raises(SourceError) as raised:
        load(folder)
    return [str(fault) for fault in raised.value.all()]


def test_what_a_folder_does_not_say_is_as_in_the_folder_that_it_extends(folder: Path) -> None:
    mine, sample = load(folder), load(SAMPLE)
    assert (mine.zh, mine.code, mine.prefix) == ("邻市", "441300", "4413")
    assert mine.offices == sample.offices and mine.registries == sample.registries
    assert [p.name for p in mine.packs] == [p.name for p in sample.packs]


def test_a_folder_adds_changes_and_takes_away_by_key(folder: Path) -> None:
    (folder / "regions.yaml").write_text(
        "'440311': absent\n'441302': {zh: 惠城区, en: Huicheng, since: 1988}\n"
        "'440305': {zh: 南山新区}\n"
    )
    (folder / "services").mkdir()
    (folder / "services" / "bus_pass.yaml").write_text("service: bus_pass\n")
    with (folder / "city.yaml").open("a") as file:
        file.write("without: [limited_company]\n")
    mine = load(folder)
    assert "440311" not in mine.regions and mine.regions["441302"].since == 1988
    nanshan = mine.regions["440305"]
    assert (nanshan.zh, nanshan.en, nanshan.since) == ("南山新区", "Nanshan", 1990)
    shipped = {p.stem for p in load(SAMPLE).packs}
    assert [p.stem for p in mine.packs] == sorted(shipped - {"limited_company"} | {"bus_pass"})


@pytest.mark.parametrize(
    ("file", "text", "line", "reason"),
    [
        ("city.yaml", "zh: 市\n", 1, "en: must be given"),
        ("city.yaml", "zh: [\n", 2, "not valid YAML"),
        (
            "regions.yaml",
            "'440305': {zh: 甲}\n'4403': {zh: 乙, en: B}\n",
            2,
            "regions.4403: has a name that is not allowed",
        ),
        ("regions.yaml", "'440305': {name: 甲}\n", 1, "unknown entries: name"),
        ("offices.yaml", "\n\nhrss: {organisation: x}\n", 3, "not written as it should be"),
        ("partners.yaml", "police: absent\n", 0, "there is no partner police"),
        ("registries.yaml", "tax: {zh: 税, en: tax}\n", 1, "must be given"),
        (
            "registries.yaml",
            "social:\n  fields:\n    months: {example: many}\n",
            3,
            "example: is a number",
        ),
        (
            "registries.yaml",
            "population:\n  url: https://a.example\n",
            2,
            "only another agency's registry has a url",
        ),
        ("calendar.yaml", "2026-02-30: holiday\n", 1, "2026-02-30 is not a date"),
        ("calendar.yaml", "2026-02-27: closed\n", 1, "must be one of: working"),
        ("parameters.yaml", "bus_pass: {fee: {2026-01-01: '5'}}\n", 1, "no service bus_pass"),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_the_reason(
    folder: Path, file: str, text: str, line: int, reason: str
) -> None:
    if file == "city.yaml" and "en:" not in text:
        text += "" if "[" in text else "code: '441300'\ntime_zone: Asia/Shanghai\n"
    (folder / file).write_text(text)
    found = faults(folder)
    assert any(reason in fault for fault in found), found
    if line:
        assert any(f"{file}:{line}:" in fault and reason in fault for fault in found), found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("default_office: data", "default_office: nowhere"), "there is no office nowhere"),
        (("Asia/Shanghai", "Asia/Atlantis"), "there is no such time zone"),
        (("extends: ", "extends: ../no-such-folder-as-"), "there is no city folder"),
        (("'441300'", "4413"), "not written as it should be"),
    ],
)
def test_a_city_that_points_nowhere_is_refused(
    folder: Path, change: tuple[str, str], reason: str
) -> None:
    text = (folder / "city.yaml").read_text()
    assert change[0] in text
    (folder / "city.yaml").write_text(text.replace(*change))
    assert any(reason in fault for fault in faults(folder))


def test_folders_that_extend_each_other_are_refused(folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir()
    (other / "city.yaml").write_text(CITY.format(sample="../neighbour"))
    (folder / "city.yaml").write_text(CITY.format(sample="../other"))
    assert any("extends leads back to itself" in fault for fault in faults(folder))


def start(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Start a process of ours with another city, as far as its settings."""
    return subprocess.run(
        [sys.executable, "manage.py", *(words or ("city", "check"))],
        env={**os.environ, "CITY": str(folder), "DEMO": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


CIRCLE = (
    "newborn:\n  steps:\n    household: {after: [card]}\n    card: {after: [household]}\n"
    "    medical: {after: [household]}\n"
)


@pytest.mark.parametrize(
    ("file", "content", "words", "says"),
    [
        ("offices", b"\nhrss: {zh: []}\n", ("city", "check"), "2: offices.hrss.zh"),
        ("bundles", CIRCLE.encode(), ("pack", "publish", "--all"), "waits for itself"),
        ("words", "落户: {zh: [入户]}\n".encode("gbk"), ("pack", "list"), "1: 不是 UTF-8 编码"),
    ],
)
def test_a_process_refuses_to_start_with_a_broken_folder(
    folder: Path, file: str, content: bytes, words: tuple[str, ...], says: str
) -> None:
    (folder / f"{file}.yaml").write_bytes(content)
    done = start(folder, *words)
    assert done.returncode != 0
    said = done.stderr.replace("/private", "")
    assert f"{folder}/{file}.yaml:" in said and says in said, said


def test_a_registry_and_a_district_are_added_by_yaml_alone(folder: Path) -> None:
    (folder / "regions.yaml").write_text("'441302': {zh: 惠城区, en: Huicheng}\n")
    (folder / "registries.yaml").write_text(
        "tax:\n  zh: 税务登记库\n  en: Tax registry\n"
        "  keeper: {zh: 税务局, en: the tax bureau}\n  answered_by: agency\n  partner: tax\n"
        "  url: https://registry.tax.example\n  basis: 税收征收管理法 §6\n  subject: enterprise\n"
        "  shown: no\n  fields:\n"
        "    arrears: {type: boolean, zh: 欠税, en: tax owed, example: false}\n"
    )
    done = start(folder)
    assert (done.returncode, done.stderr) == (0, "")
    registries = len(load(SAMPLE).registries) + 1
    assert f"邻市 / Neighbour: regions=12 offices=10 registries={registries}" in done.stdout
    assert "441302" in {choice["const"] for choice in city(folder).values("any")["districts"]}


def city(folder: Path) -> City:
    return load(folder)
