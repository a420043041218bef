"""What a city says of silent registries: read, laid over another city's, refused with its line."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from city.errors import SourceError
from city.freshness import Confirming, WhenUnanswered
from city.reader import load

CITIES = Path("cities")
EDUCATION = "  when_unanswered: {cached: {days: 7}}\n"


def test_each_policy_is_read_and_the_neighbour_has_a_shorter_age() -> None:
    ours, theirs = load(CITIES / "sample").registries, load(CITIES / "neighbour").registries
    assert ours["education"].freshness.of("level").cached == dt.timedelta(days=7)
    assert theirs["education"].freshness.of("level").cached == dt.timedelta(days=3)
    later = Confirming(days=5, unit="working", otherwise="suspend")
    for city in (ours, theirs):
        assert city["violations"].freshness.of("listed").provisional == later
        assert city["criminal"].freshness.of("record") == WhenUnanswered()
        assert city["population"].freshness.of("name") == WhenUnanswered()  # nothing is said


def read(tmp_path: Path, written: str) -> WhenUnanswered:
    """Return the policy of ``education.level`` where the sample city's file says something else."""
    folder = tmp_path / "sample"
    shutil.copytree(CITIES / "sample", folder)
    file = folder / "registries.yaml"
    text = file.read_text("utf-8")
    assert text.count(EDUCATION) == 1
    file.write_text(text.replace(EDUCATION, f"  when_unanswered: {written}\n"), "utf-8")
    return load(folder).registries["education"].freshness.of("level")


def test_a_field_may_have_a_policy_of_its_own(tmp_path: Path) -> None:
    written = "{cached: {days: 7}, fields: {level: {cached: {hours: 1, minutes: 30}}}}"
    assert read(tmp_path, written).cached == dt.timedelta(minutes=90)


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ("{cached: {days: 0}}", "写 refer", "write refer"),
        ("{cached: {minutes: -5}}", "写 refer", "write refer"),
        ("{cached: {days: 400}}", "三百六十六天", "366 days"),
        ("{cached: {days: 7}, fields: {grade: refer}}", "没有字段 grade", "no field grade"),
        ("{provisional: {days: 0, unit: working, otherwise: suspend}}", "1 至 60", "1 to 60"),
        ("{provisional: {days: 5, unit: working, otherwise: refuse}}", "", ""),
        ("{provisional: {days: 5, unit: working}}", "", ""),
        ("{cahced: {days: 7}}", "cached", "cached"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_line(
    tmp_path: Path, written: str, zh: str, en: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, written)
    [fault] = caught.value.all()
    text = (tmp_path / "sample" / "registries.yaml").read_text("utf-8")
    assert fault.line == text[: text.index(written)].count("\n") + 1
    assert fault.file.endswith("registries.yaml")
    assert zh in fault.zh and en in fault.en


def test_only_another_agency_can_be_silent(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    shutil.copytree(CITIES / "sample", folder)
    file = folder / "registries.yaml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("social:\n", "social:\n  when_unanswered: {cached: {days: 1}}\n", 1), "utf-8"
    )
    with pytest.raises(SourceError) as caught:
        load(folder)
    assert "only another agency" in caught.value.en
