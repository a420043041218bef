"""Texts that nobody would translate are found before they are merged."""

from pathlib import Path

from deploy.messages import uncollected


def test_a_text_inside_an_f_string_is_named(tmp_path: Path) -> None:
    source = tmp_path / "page.py"
    source.write_text("name = gettext('e-services')\nline = f\"{name}{gettext(': ')}\"\n")
    (line,) = uncollected(source)
    assert line.startswith(f"{source}:2:")
    source.write_text('line = f"{name}: {value}"\n')
    assert not list(uncollected(source))
