"""Rules drawn: each box once, an arrow for each use, nothing that overlaps or runs over."""

import re
from collections import Counter
from functools import cache
from xml.etree import ElementTree

import pytest

from people import rights
from people.models import Office, User
from services.picture import graph, lay_out, sheets
from services.picture.layout import PAD, TOP, on_sheet
from services.picture.text import width
from tests import officers
from tests.services.editions import published
from tests.services.packs import SHIPPED, SMALL, load, text

LANGUAGES = ("zh", "en")
SVG = "{http://www.w3.org/2000/svg}"
BOOKS = {}


def book(name):
    return BOOKS.setdefault(name, load(text(name)))


@cache
def placed_on_sheets(name, language):
    return lay_out(graph(book(name), language))


def used(source, names):
    """The names that a text uses, by its words alone: texts in quotes and parts of records out."""
    words = re.findall(r"(?<![\w.])[A-Za-z_]\w*", re.sub(r'"[^"]*"', "", source))
    return {one for one in words if one in names}


@pytest.mark.parametrize("name", SHIPPED)
def test_boxes_stand_once_and_arrows_are_the_uses_of_the_pack(name):
    """Counted from the pack's own texts, not from the tree that the picture is made of."""
    pack = book(name).pack
    drawn = graph(book(name), "zh")
    kinds = {
        **dict.fromkeys((*pack.facts, "as_of", "applicant"), "input"),
        **dict.fromkeys(pack.parameters, "figure"),
        **dict.fromkeys(pack.tables, "table"),
    }
    edges = set()
    for one in pack.requirements:
        for source in used(f"{one.applies} {one.must}", kinds):
            edges.add((f"{kinds[source]}:{source}", f"condition:{one.id}"))
        edges.add((f"condition:{one.id}", "outcome:approve"))
        edges.add((f"condition:{one.id}", f"outcome:{one.unmet}"))
    for one in pack.tables.values():
        edges |= {(f"{kinds[x]}:{x}", f"table:{one.name}") for x in used(body(one.text), kinds)}
    assert Counter(drawn.edges) == Counter(edges)
    svg = "".join(sheets(drawn, placed_on_sheets(name, "zh"), "t"))
    boxes = Counter(re.findall(r'data-node="([^"]+)"', svg))
    wanted = {f"{kind}:{one}" for one, kind in kinds.items()} - {"input:as_of", "input:applicant"}
    wanted |= {f"condition:{one.id}" for one in pack.requirements}
    assert wanted <= set(boxes)
    assert set(boxes.values()) == {1}
    assert {a for a, _ in edges} | {b for _, b in edges} <= set(boxes)
    lines = {tuple(one.split("&gt;")) for one in re.findall(r'data-edge="([^"]+)"', svg)}
    assert lines == edges


def body(table):
    """A table without the names of its results, which are no uses."""
    lines = table.strip().split("\n")
    head = lines[0].split("|")
    return " ".join(["|".join(head[:-1]), *(line.partition("|")[2] for line in lines[1:])])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHIPPED)
def test_no_box_overlaps_another_and_no_text_its_box(name, language):
    placed = placed_on_sheets(name, language)
    for one in placed.boxes:
        assert placed.sheet - one.y % placed.sheet >= one.height, "stands on two sheets"
        assert one.y % placed.sheet >= TOP
        for line, size in one.lines:
            assert width(line, size) <= one.width - 2 * PAD
        assert all(one.y < port < one.y + one.height for port in one.ports.values())
    for a in placed.boxes:
        for b in placed.boxes:
            apart = a.y + a.height <= b.y or b.y + b.height <= a.y
            assert a is b or apart or a.x + a.width <= b.x or b.x + b.width <= a.x
    for wire in placed.wires:
        for box in placed.boxes:
            through = box.y < wire.y1 < box.y + box.height and box.node.id != wire.source
            assert not (through and wire.x1 < box.x + box.width and box.x < wire.track)
            low, high = sorted((wire.y1, wire.y2))
            crossed = box.x < wire.track < box.x + box.width
            assert not (crossed and low < box.y + box.height and box.y < high)


@pytest.mark.parametrize("name", ["limited_company", "entity_change"])
def test_lines_of_different_sources_never_run_in_one_another(name):
    placed = placed_on_sheets(name, "zh")
    spans = {}
    for wire in placed.wires:
        key = wire.target if wire.target.startswith("outcome") else wire.source
        low, high = sorted((wire.y1, wire.y2))
        for other, a, b in spans.get(wire.track, []):
            assert other == key or high < a or b < low
        spans.setdefault(wire.track, []).append((key, low, high))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_is_plain_svg_without_style_or_script(language):
    drawn = graph(book("limited_company"), language)
    placed = lay_out(drawn)
    found = sheets(drawn, placed, "A & B <c>")
    assert len(found) == placed.sheets > 1
    for number, one in enumerate(found):
        root = ElementTree.fromstring(one)
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title").text == f"A & B <c> {number + 1}/{len(found)}"
        assert not {"style", "onload", "class"} & {key for x in root.iter() for key in x.attrib}
        assert not {x.tag for x in root.iter()} & {f"{SVG}script", f"{SVG}style"}
        assert len(root.findall(f".//{SVG}g[@data-node]")) == len(on_sheet(placed, number)[0])


def test_the_page_has_the_picture_and_the_same_as_a_table(db, now, client):
    rights.write_groups()
    Office.objects.get_or_create(code="market", defaults={"name_zh": "市监", "name_en": "Market"})
    edition = published(SMALL, now)
    client.force_login(officers.make("policy", User.Role.POLICY, office_id="market"))
    address = f"/desk/services/edition/{edition.pk}/picture/"
    for language, words in (("en", "At least 18 years old"), ("zh-hans", "年满 18 周岁")):
        shown = client.get(address, headers={"accept-language": language}).content.decode()
        picture, _, table = shown.partition("</figure>")
        assert words in picture
        assert words in table
    change = client.get(f"/desk/services/edition/{edition.pk}/change/").content.decode()
    assert address in change
