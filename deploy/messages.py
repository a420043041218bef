"""Message catalogues without gettext's tools: `python -m deploy.messages make|compile|check`.

Texts are collected from Python (`gettext`, `_`, ...) and from templates (`{% translate %}`),
which Django itself turns into Python for this purpose.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from deploy.local.paths import ROOT, source_packages

LOCALES = ROOT / "config" / "locale"
LANGUAGES = ("en", "zh_Hans")
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
METHODS = [("**.py", "python"), ("**/templates/**.html", f"{__name__}:from_template")]
METHODS += [("**/templates/**.txt", f"{__name__}:from_template")]


def from_template(
    source: BinaryIO, keywords: object, comments: object, options: dict[str, object]
) -> Iterator[object]:
    """Babel's extraction method for Django templates."""
    from django.utils.translation.template import templatize  # slow, and rarely needed

    # without their indentation, which means nothing here and something to Python's tokenizer
    code = "\n".join(line.strip() for line in templatize(source.read().decode()).splitlines())
    return extract_python(io.BytesIO(code.encode()), keywords, comments, options)  # type: ignore[arg-type]


def collect() -> Catalog:
    """Every text of our packages with its files; without line numbers, which change too often."""
    catalog = Catalog(project="miaopi", charset="utf-8")
    for package in source_packages():
        texts = extract_from_dir(package, METHODS, keywords=KEYWORDS)
        for name, _line, message, _comments, context in texts:
            catalog.add(message, locations=[(f"{package.name}/{name}", 1)], context=context)
    return catalog


def catalogues() -> list[Path]:
    return sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=path.parts[-3])


def make() -> None:
    """Update the catalogues from the texts; new texts are left without a translation."""
    texts = collect()
    for language in LANGUAGES:
        path = LOCALES / language / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        known = read(path) if path.exists() else Catalog(locale=language, charset="utf-8")
        known.update(texts, no_fuzzy_matching=True)
        for message in list(known.obsolete.values()):
            if message.user_comments:  # a library's text that we translate; see `faults`
                known.add(message.id, message.string, user_comments=message.user_comments)
        known.obsolete.clear()
        out = io.BytesIO()
        write_po(out, known, width=100, sort_output=True, include_lineno=False)
        path.write_bytes(out.getvalue())


def compiled(path: Path) -> bytes:
    out = io.BytesIO()
    write_mo(out, read(path))
    return out.getvalue()


def stale() -> dict[Path, bytes]:
    """The .mo files that differ from what their .po compiles to, with the right content."""
    expected = {path.with_suffix(".mo"): compiled(path) for path in catalogues()}
    return {p: text for p, text in expected.items() if not p.exists() or p.read_bytes() != text}


def compile_all() -> None:
    for path, text in stale().items():
        path.write_bytes(text)


def faults() -> Iterator[str]:
    """Yield a line for each text without a translation and each translation without a text.

    A text written in Chinese needs no Chinese translation, one in English no English one.
    """
    texts = {(m.id if isinstance(m.id, str) else m.id[0], m.context) for m in collect() if m.id}
    done: dict[str, set[tuple[str, str | None]]] = {}
    for path in catalogues():
        language = path.parts[-3]
        done[language] = set()
        for message in read(path):
            if not message.id:
                continue
            key = (message.id if isinstance(message.id, str) else message.id[0], message.context)
            if key not in texts and message.user_comments:
                continue  # a library's text; its comment names the library
            if key not in texts:
                yield f"{language}: no longer used: {key[0]!r} (run make messages)"
            elif message.fuzzy:
                yield f"{language}: fuzzy: {key[0]!r}"
            elif all(
                [message.string] if isinstance(message.string, str) else message.string or [""]
            ):
                done[language].add(key)
    for text, context in sorted(texts, key=str):
        source = "zh_Hans" if any("\u4e00" <= letter <= "\u9fff" for letter in text) else "en"
        for language in LANGUAGES:
            if language != source and (text, context) not in done.get(language, set()):
                yield f"{language}: not translated: {text!r}"


def uncollected(path: Path) -> Iterator[str]:
    """Yield a line for each text of a source file that ``collect`` does not see: in an f-string."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        for part in ast.walk(node) if isinstance(node, ast.JoinedStr) else ():
            if isinstance(part, ast.Call) and getattr(part.func, "id", "") in KEYWORDS:
                yield f"{path}:{part.lineno}: not collected, take it out of the f-string"


def main() -> int:
    action = sys.argv[1] if len(sys.argv) > 1 else ""
    if action == "make":
        make()
        compile_all()
    elif action == "compile":
        compile_all()
    elif action == "check":
        lines = [f"{path}: not compiled (run make messages)" for path in stale()]
        lines += faults()
        sources = (path for package in source_packages() for path in package.rglob("*.py"))
        lines += [line for path in sources for line in uncollected(path)]
        print("\n".join(lines) or "message catalogues: complete")
        return 1 if lines else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
