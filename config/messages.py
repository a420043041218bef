"""Message catalogues without gettext's tools: ``python -m config.messages``.

Collects the English texts of our code and templates, and those of the desk's theme that its own
catalogue leaves untranslated, into ``config/locale/zh_Hans``; keeps what is translated there;
compiles it; names whatever is still missing and ends with 1 then.
"""

import io
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("portal", "approvals", "certificates", "services", "exchange", "people", "ledger", "config")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
LOCALE = ROOT / "config" / "locale" / "zh_Hans" / "LC_MESSAGES"


def _texts(path: Path) -> Iterator[tuple[object, str | None]]:
    """Yield (message or (singular, plural), context) of one file."""
    source = path.read_text()
    if path.suffix == ".html":
        source = "\n".join(line.strip() for line in templatize(source).splitlines())
    for _line, message, _comments, context in extract(
        "python", io.BytesIO(source.encode()), keywords=KEYWORDS
    ):
        yield message, context


def _theme() -> Path:
    spec = find_spec("unfold")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


def collect() -> Catalog:
    """Return all messages that our screens use."""
    catalog = Catalog(locale="zh_Hans", project="miaopi", charset="utf-8", fuzzy=False)
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*")):
            if path.suffix in (".py", ".html"):
                for message, context in _texts(path):
                    catalog.add(
                        message, locations=[(str(path.relative_to(ROOT)), 0)], context=context
                    )
    _add_theme(catalog)
    return catalog


def _key(message: object) -> str:
    return message if isinstance(message, str) else str(message[0])


def _add_theme(catalog: Catalog) -> None:
    theme = _theme()
    known: set[object] = set()
    for folder in (theme, Path(django.__file__).parent / "contrib" / "admin"):
        compiled = folder / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"
        if compiled.exists():
            with compiled.open("rb") as file:
                known |= {_key(m.id) for m in read_mo(file) if m.string}
    for path in sorted(theme.rglob("*.html")):
        for message, context in _texts(path):
            if _key(message) not in known:
                catalog.add(message, locations=[("unfold/" + path.name, 0)], context=context)


def missing(catalog: Catalog) -> list[str]:
    """Return the messages without a translation."""
    return [
        str(m.id) for m in catalog if m.id and not (all(m.string) if m.pluralizable else m.string)
    ]


def main() -> int:
    settings.configure(USE_I18N=True)
    LOCALE.mkdir(parents=True, exist_ok=True)
    po = LOCALE / "django.po"
    catalog = collect()
    if po.exists():
        with po.open("rb") as file:
            old = read_po(file, locale="zh_Hans")
        for message in catalog:
            before = old.get(message.id, message.context) if message.id else None
            if before is not None and before.string:
                message.string = before.string
    with po.open("wb") as file:
        write_po(file, catalog, width=96, sort_output=True, omit_header=False, include_lineno=False)
    with (LOCALE / "django.mo").open("wb") as file:
        write_mo(file, catalog)
    absent = missing(catalog)
    for text in absent:
        print(f"no Chinese for: {text}", file=sys.stderr)
    print(f"{len(catalog)} messages, {len(absent)} without Chinese")
    return 1 if absent else 0


if __name__ == "__main__":
    sys.exit(main())
