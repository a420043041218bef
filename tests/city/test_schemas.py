"""Every kind of file of a city's folder has a schema, and the readers agree with it."""

import copy
import json
import os
import re
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from city import shape
from city.errors import SourceError
from city.reader import load
from city.source import read
from services import city_tests, edition
from services.reference import keys
from services.reference.editors import PACK, schema_of

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "cities").rglob("*.yaml"))
MUTANTS = 2 if os.environ.get("MIAOPI_FULL") else 1  # of one kind of mistake in one file
EDITOR = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT / "cities"))


class Core(yaml.SafeLoader):
    """YAML 1.2 as editors read it: a date is text, `no` is text, a number is a number."""

    yaml_implicit_resolvers: dict = {}


Core.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(~|null|Null|NULL|)\Z"), [*"~nN", ""]
)
Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)\Z"), [*"tf"])
Core.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]+\Z"), [*"-+0123456789"])
Core.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z"),
    [*"-+.0123456789"],
)
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


@lru_cache(maxsize=64)
def _validator(schema: Path) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        json.loads(schema.read_text("utf-8")),
        base_uri=schema.resolve().as_uri(),
        retriever=shape.read,
    )


def _as_editors_read(text: str) -> Any:
    def keyed(node: Any) -> Any:  # an editor's keys are what is written
        if isinstance(node, dict):
            return {str(key): keyed(part) for key, part in node.items()}
        return [keyed(part) for part in node] if isinstance(node, list) else node

    return keyed(yaml.load(text, Loader=Core)) or {}


@pytest.mark.parametrize("path", SHIPPED, ids=_name)
def test_the_first_line_names_the_schema_by_which_an_editor_finds_the_file_right(path):
    text = path.read_text("utf-8")
    schema = (path.parent / EDITOR.match(text)[1]).resolve()
    assert schema == schema_of(path)
    assert [error.message for error in _validator(schema).iter_errors(_as_editors_read(text))] == []


def test_what_is_made_from_the_schemas_is_as_it_would_be_made_now(capsys):
    try:
        call_command("reference", "check")
    except SystemExit:
        pytest.fail(capsys.readouterr().out)


@pytest.mark.parametrize("file", [PACK, ROOT / "city" / "schema.json"], ids=["pack", "city"])
def test_every_key_says_what_it_is(file):
    assert keys.undescribed(json.loads(file.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("file", "page"),
    [(PACK, keys.PACK_PAGE), (ROOT / "city" / "schema.json", keys.CITY_PAGE)],
    ids=["pack", "city"],
)
def test_every_key_of_a_schema_stands_in_its_page(file, page):
    """Found here by another way than the page is made: every name below any `properties`."""
    schema, text, found = json.loads(file.read_text("utf-8")), page.read_text("utf-8"), []
    todo: list[Any] = [schema]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            found += node.get("properties", {}) if node.get("properties") is not True else ()
            todo += [part for word, part in node.items() if word != "default"]
        elif isinstance(node, list):
            todo += node
    assert len(found) > 100
    for key in set(found):
        assert re.search(rf"`(?:[^`]*[.\]])?{key}(?:\.yaml)?`", text), key


# what the mistakes of authors look like, at some place of a file: the place is given


def _unknown_key(node: dict, key: str) -> None:
    node["no_such_key"] = "x"


def _wrong_type(node: dict, key: str) -> None:
    node[key] = {"no_such_key": []} if not isinstance(node[key], dict) else ["x"]


def _missing_key(node: dict, key: str) -> None:
    del node[key]


def _maps(node: Any) -> list[dict]:
    """Every map of the file, outermost first."""
    if isinstance(node, list):
        return [one for part in node for one in _maps(part)]
    if not isinstance(node, dict):
        return []
    return [node, *(one for part in node.values() for one in _maps(part))]


def _read(path: Path) -> dict:
    """What a file says, as our reader has it; a file of remarks alone says nothing."""
    text = path.read_text("utf-8")
    return read(text, str(path)).data if re.search("^[^#\n]", text, re.M) else {}


def _broken(path: Path, change: Callable[[dict, str], None]) -> list[Any]:
    """Copies of a file's data that its schema refuses, each with one mistake; MUTANTS at most."""
    data = _read(path)
    valid, found = _validator(schema_of(path)), []
    places = [(at, key) for at, one in enumerate(_maps(data)) for key in one]
    for at, key in places[:: max(1, len(places) // 20)]:
        mutant = copy.deepcopy(data)
        change(_maps(mutant)[at], key)
        if not valid.is_valid(mutant):
            found.append(mutant)
    return found[:: max(1, len(found) // MUTANTS)][:MUTANTS]


def _is_refused(path: Path, mutant: Any, place: Path) -> bool:
    """Whether the reader of such a file refuses it, in a copy of the city's folder."""
    text = json.dumps(mutant, ensure_ascii=False, indent=1)  # which is YAML, too
    if path.parent.name == "services":
        with pytest.raises(SourceError):
            edition.draft(text, "x.yaml", city=settings.CITY)
        return True
    copied = place / path.relative_to(ROOT / "cities")
    before = copied.read_text("utf-8")
    try:
        copied.write_text(text, "utf-8")
        city = load(place / path.relative_to(ROOT / "cities").parts[0])
        if path.parent.name == "tests":
            (pack,) = [one for one in city.packs if one.stem == path.stem]
            draft = edition.draft(pack.read_text("utf-8"), str(pack), city=city)
            return bool(city_tests.faults(draft, city, str(pack))[0])
    except SourceError as error:
        assert all(fault.zh and fault.en and ":" in str(fault) for fault in error.all())
        return True
    finally:
        copied.write_text(before, "utf-8")
    return False


@pytest.fixture(scope="module")
def cities(tmp_path_factory) -> Path:
    """A copy of all cities, to be broken."""
    place = tmp_path_factory.mktemp("cities")
    return Path(shutil.copytree(ROOT / "cities", place / "cities"))


@pytest.mark.parametrize("change", [_unknown_key, _wrong_type, _missing_key])
@pytest.mark.parametrize("path", SHIPPED, ids=_name)
def test_what_a_schema_refuses_the_reader_refuses(path, change, cities):
    broken = _broken(path, change)
    says_something = bool(_read(path))
    assert broken or change is _missing_key or not says_something
    for mutant in broken:
        assert _is_refused(path, mutant, cities), mutant
