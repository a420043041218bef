"""The second city: a folder that extends the first, and says only what differs."""

from pathlib import Path

import pytest

from city import current
from city.errors import SourceError
from city.reader import load
from services import city_tests
from services.edition import draft

FOLDER = current.folder("neighbour")


@pytest.fixture(scope="module")
def city():
    return load(FOLDER)


def test_it_is_small_and_holds_no_program():
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".yaml"}
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) <= 150


def test_it_has_its_own_districts_and_lacks_a_service(city):
    assert set(city.regions) == {"441302", "441303"}
    assert "limited_company" not in {pack.stem for pack in city.packs}
    sample = load(current.folder("sample"))
    assert len(city.packs) >= 5 and set(city.offices) == set(sample.offices)
    codes = {office.organisation for office in (*city.offices.values(), *sample.offices.values())}
    assert len(codes) == 2 * len(city.offices), "two offices of two cities are one organisation"


def test_it_has_a_service_of_its_own(city):
    sample = load(current.folder("sample"))
    own = {pack.stem for pack in city.packs} - {pack.stem for pack in sample.packs}
    assert own == {"senior_card"}


def test_no_word_of_it_names_the_other_city(city):
    text = repr((city.documents, city.counters, city.contact, city.regions))
    assert "示例市" not in text and "福田" not in text and "Sample City" not in text


def _tried(city, service: str) -> tuple[list[str], int]:
    (path,) = [pack for pack in city.packs if pack.stem == service]
    read = draft(path.read_text("utf-8"), str(path), city=city)
    found, count = city_tests.faults(read, city, str(path))
    return [str(fault) for fault in found], count


def test_every_pack_that_it_takes_is_tested_where_it_was_written_and_here(city):
    for path in city.packs:
        found, count = _tried(city, path.stem)
        assert found == [] and count >= 5, path.stem


@pytest.fixture
def other(tmp_path: Path):
    """A folder of a third city beside the shipped ones, to be written by a test."""

    def made(**files: str):
        head = f"extends: {current.folder('sample')}\nzh: 他市\nen: Other\ncode: '441400'\n"
        (tmp_path / "city.yaml").write_text(head + files.pop("city", ""), "utf-8")
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        return load(tmp_path)

    return made


WINDOW = "graduate_settlement:\n  window: {2022-01-01: P3Y}\n"
GOOD = "tests:\n- {name: 满三年, like: 符合条件的毕业生, as_of: 2029-06-20, expect: approve}\n"


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("", "needs tests of them in tests/graduate_settlement.yaml"),
        (GOOD.replace("approve", "refer"), "expected refer, found approve"),
        (GOOD.replace("符合条件的毕业生", "没有此例"), "no test above is called"),
        ("cases: []\n", "tests: must be given"),
        (GOOD.replace("expect: approve", "expct: approve"), "did you mean expect?"),
        ("tests:\n- {name: 甲\n", "not closed"),
        ("tests:\n- {name: 甲, like: 符合条件的毕业生}\n", "tests.0.expect: must be given"),
        ("tests:\n- 甲\n", "tests.0"),
    ],
)
def test_figures_of_its_own_need_tests_that_hold(other, tests, reason):
    files = {"parameters": WINDOW}
    if tests:
        files["tests__graduate_settlement"] = tests
    found, _ = _tried(other(**files), "graduate_settlement")
    assert any(reason in fault for fault in found), found


def test_figures_of_its_own_with_tests_are_right(other):
    city = other(parameters=WINDOW, tests__graduate_settlement=GOOD)
    assert _tried(city, "graduate_settlement")[0] == []


def test_what_is_confirmed_is_tested_where_it_was_written_too(other):
    """A proposal keeps the text alone; it is the pack that the city takes all the same."""
    city = other(parameters=WINDOW, tests__graduate_settlement=GOOD)
    (path,) = [pack for pack in city.packs if pack.stem == "graduate_settlement"]
    read = draft(path.read_text("utf-8"), city=city)
    assert city_tests.faults(read, city, "graduate_settlement.yaml")[0] == []
    edited = draft(f"# of this city\n{path.read_text('utf-8')}", city=city)
    assert city_tests.faults(edited, city, "graduate_settlement.yaml")[0] != []


@pytest.mark.parametrize(
    ("files", "file", "reason"),
    [
        ({"city": "without: [no_such]\n"}, "city.yaml:5", "no service no_such to leave out"),
        ({"parameters": "no_such: {a: {2026-01-01: 1}}\n"}, "parameters.yaml:1", "no service"),
        ({"offices": "data: absent\n"}, "city.yaml", "no office data"),
        ({"regions": "'441402': {zh: 梅江区}\n"}, "regions.yaml:1", "en: must be given"),
        ({"counters": "hall: {region: '999999'}\n"}, "counters.yaml:1", "no region 999999"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_line(other, files, file, reason):
    with pytest.raises(SourceError) as raised:
        other(**files)
    found = [str(fault) for fault in raised.value.all()]
    assert any(file in fault and reason in fault for fault in found), found


@pytest.mark.parametrize(
    ("dated", "says"),
    [
        ("{2022-01-01: three}", "'three' is not a canonical years and months duration"),
        ("{2022-01-01: '2'}", "'2' is not a canonical years and months duration"),
        ("{2022-02-30: P2Y}", "2022-02-30 is not a date"),
        (
            "{2030-01-01: P2Y}",
            "it has a value from 2030-01-01 on, and the service is in force from",
        ),
    ],
)
def test_a_figure_of_its_own_that_cannot_be_is_a_fault_of_its_own_file(other, dated, says):
    city = other(parameters=f"# of ours\ngraduate_settlement:\n  window: {dated}\n")
    with pytest.raises(SourceError) as raised:
        _tried(city, "graduate_settlement")
    (fault,) = raised.value.all()
    assert fault.file == str(city.folder / "parameters.yaml") and fault.line == 3
    assert f"window: {says}" in fault.en and fault.zh.startswith("window：")


def test_a_parameter_that_the_pack_does_not_have_is_refused(other):
    city = other(parameters="graduate_settlement:\n  no_such: {2026-01-01: 1}\n")
    with pytest.raises(SourceError, match="no_such"):
        _tried(city, "graduate_settlement")
