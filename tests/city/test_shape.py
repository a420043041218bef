"""Shapes of files, wherever the project lies."""

import shutil
from pathlib import Path

from city import shape

CITY = Path(shape.__file__).parent


def test_a_schema_finds_the_one_beside_it_below_a_folder_with_a_space(tmp_path: Path) -> None:
    folder = tmp_path / "a folder, 文件夹"
    shutil.copytree(CITY / "schemas", folder / "schemas")
    shutil.copy(CITY / "schema.json", folder)
    for path in sorted(folder.rglob("*.json")):
        shape._validator(path)
    assert shape.read((folder / "schema.json").as_uri())["$schema"]
