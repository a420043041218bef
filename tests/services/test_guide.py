"""A pack as a guide page: everything that it says is there, in words, in both languages."""

import dataclasses
import datetime
import io
import re

import pytest
from django.conf import settings
from django.core.management import call_command

from services.edition import load
from services.guide import guide
from services.pack.model import Pack

PACKS = sorted(settings.CITY.packs)
DAY = datetime.date(2026, 11, 29)
# what a guide says nothing of: how people search for it
LEFT_OUT = {"keywords"}


def _text(path, language: str) -> str:
    return guide(load(path.read_text("utf-8"), city=settings.CITY), DAY, language)


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_law_condition_figure_and_doubt_is_in_the_guide(path):
    pack = load(path.read_text("utf-8"), city=settings.CITY).pack
    text = _text(path, "zh")
    for part in (*pack.requirements, *pack.consents, *pack.guards):
        assert part.law in text
    for one in pack.requirements:
        assert re.sub(r"\{.*?\}.*", "", one.zh) in text
    for parameter in pack.parameters.values():
        assert parameter.law in text and parameter.doubt in text
        for since, _ in parameter.values:
            assert str(since) in text or "本市：" in text
    for registry in pack.registries.values():
        assert registry.basis in text and registry.purpose["zh"] in text
    for case in pack.cases:
        assert case.name in text


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_an_english_guide_has_no_chinese_words_of_its_own(path):
    """What is Chinese there stands in the pack: laws, names of tests, doubts, what papers print."""
    pack = path.read_text("utf-8")
    ours = re.findall(r"[\u4e00-\u9fff]{2,}", _text(path, "en"))
    city = {settings.CITY.zh}
    assert [word for word in ours if word not in pack and word not in city] == []


@pytest.mark.parametrize(
    "field", [f.name for f in dataclasses.fields(Pack) if f.name not in LEFT_OUT]
)
def test_the_guide_reads_every_part_of_a_pack(field):
    """A part that is added to packs and forgotten here would not be checked by any lawyer."""
    files = sorted((settings.BASE_DIR / "services" / "guide").glob("*.py"))
    source = "".join(file.read_text("utf-8") for file in files)
    assert re.search(rf"(pack|book)\.{field}\b", source), f"services/guide says nothing of {field}"


def test_rules_are_read_with_the_words_of_their_facts():
    text = _text(settings.CITY.folder / "services" / "graduate_settlement.yaml", "zh")
    assert "〔毕业日期〕 + 〔毕业年限 2 年〕 >= 〔受理之日〕" in text
    assert "age_cap >" not in text


def test_whom_a_registry_names_is_said_in_words_and_when_it_is_asked():
    path = settings.CITY.folder / "services" / "family_reunion.yaml"
    assert "facts." not in _text(path, "zh") + _text(path, "en")
    text = _text(path, "zh")
    assert "查询谁：“配偶”所指的人或物" in text
    assert '何时查询：〔投靠谁〕 = "spouse"' in text


def test_the_command_prints_it():
    out = io.StringIO()
    path = settings.CITY.folder / "services" / "sole_trader.yaml"
    call_command("pack", "explain", str(path), "--lang", "en", "--on", "2026-11-29", stdout=out)
    assert out.getvalue().startswith("# Sole trader registration: guide")
    assert "as of 2026-11-29" in out.getvalue()
