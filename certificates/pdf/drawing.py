"""Drawing a certificate: from its signed payload to PDF/A-2b or SVG, the same bytes every time.

The fonts lie inside two wheels and in typst itself; fonts of the system are never looked at.
"""

import datetime
import json
import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import typst

from certificates.pdf import glyphs, qr
from certificates.pdf.glyphs import FAMILIES, FOLDERS

TEMPLATE = Path(__file__).with_name("certificate.typ")
# Values have a face of their own: the other one's glyphs are then the same from one certificate of
# a kind to the next, and typst takes its subset from memory.
VALUES = (FAMILIES[1], FAMILIES[0], *FAMILIES[2:])
PPI = 80  # of a picture: a page of A4 is 661 pixels wide and under 100 KB
Kind = Literal["png", "svg"]
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_LOCK = threading.Lock()  # one compiler a process: it holds 70 MB of fonts


class NoGlyph(ValueError):
    """No font of ours has a character of the form itself; no empty box is printed."""


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        root=TEMPLATE.parent, font_paths=[str(f) for f in FOLDERS], ignore_system_fonts=True
    )


def pdf(
    payload: Mapping[str, Any], jws: str, site: str, specimen: bool, template: str = ""
) -> bytes:
    """Return PDF/A-2b bytes, unsigned; raises ``NoGlyph``.

    ``payload`` as in certificates.payload, ``jws`` signs it (carried in the metadata), ``site`` is
    the address in the QR code, without a slash at its end. ``template``: the text of the kind's own
    paper (``templates.of``), which defines ``paper(d)``; empty: the one for all kinds, which alone
    has the mark of a provisional one.
    """
    data = _data(payload, jws, site, specimen)
    return _draw(data, template, format="pdf", pdf_standards="a-2b")


def picture(
    payload: Mapping[str, Any], kind: Kind, site: str, specimen: bool, template: str = ""
) -> bytes:
    """Return the first page for a screen, without the jws; raises ``NoGlyph``."""
    options = {"format": "png", "ppi": PPI} if kind == "png" else {"format": "svg"}
    return _draw(_data(payload, "", site, specimen), template, **options)


def _draw(data: dict[str, Any], template: str, **options: Any) -> bytes:
    return compiled(_source(data, template), data["issued"], **options)


def compiled(source: bytes, issued: str, **options: Any) -> bytes:
    """Return what typst makes of a source, dated with an ISO date; raises ``NoGlyph``."""
    dated = datetime.datetime.fromisoformat(issued + "T00:00:00+00:00")
    with _LOCK:
        try:
            drawn = _compiler().compile(
                input=source,
                timestamp=int(dated.timestamp()),
                **options,
            )
        except typst.TypstError as error:
            if "glyph" in str(error) or "font" in str(error):
                raise NoGlyph(str(error)) from error
            raise
    first = drawn[0] if isinstance(drawn, list) else drawn  # of pictures, one a page
    assert isinstance(first, bytes)
    return first


def _source(data: dict[str, Any], template: str) -> bytes:
    """Call the template with its data as JSON inside a string literal, where only two signs mean
    anything. As an input of the system, data would make typst look through its library anew."""
    if template and not data["is_provisional"]:
        return f"{template}\n#paper({literal(data)})".encode()
    call = f'#import "/{TEMPLATE.name}": certificate\n#certificate({literal(data)})'
    return call.encode()


def literal(data: dict[str, Any]) -> str:
    """Return typst's expression for JSON data."""
    text = json.dumps(data, ensure_ascii=False).replace("\\", "\\\\").replace('"', '\\"')
    return f'json(bytes("{text}"))'


def day(iso: str) -> str:
    """Write an ISO date as 2026年3月1日."""
    year, month, date = iso.split("-")
    return f"{int(year)}年{int(month)}月{int(date)}日"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(_value(v) for v in value)
    if isinstance(value, dict):
        return " ".join(_value(v) for v in value.values())
    if value in ("true", "false"):
        return "是 Yes" if value == "true" else "否 No"
    return day(value) if _DATE.fullmatch(value) else str(value)


def _data(payload: Mapping[str, Any], jws: str, site: str, specimen: bool) -> dict[str, Any]:
    holder, issuer, kind = payload["holder"], payload["issuer"], payload["type"]
    rows = [_row("持证人", "Holder", holder["name"], note=holder["number"], strong=True)]
    rows += [
        _row(f["zh"], f["en"], _value(f["value"]) or "—")
        for f in payload["fields"]
        if f["id"] != "name" or f["value"] != holder["name"]  # printed as the holder already
    ]
    if later := payload.get("provisional"):
        waits = "、".join(one["zh"] for one in later["registries"])
        mark = f"{day(later['until'])}前核实（待{waits}答复）"
        by = f"To be confirmed by {later['until']}"
        rows.insert(0, _row("暂准", "Provisional", mark, note=by))
    if payload["expires"]:
        rows.append(_row("有效期至", "Valid until", day(payload["expires"])))
    lacking = glyphs.missing(row["value"] for row in rows)
    for row in rows:
        row["value"] = glyphs.substituted(row["value"])
    holder = {key: glyphs.substituted(holder[key]) for key in ("name", "number")}
    spoken = payload["id"]
    length = len(kind["zh"]) + (4 if later else 0)
    return {
        "fonts": FAMILIES,
        "value_fonts": VALUES,
        "title_zh": kind["zh"] + ("（暂准）" if later else ""),
        "title_en": kind["en"] + (" (provisional)" if later else ""),
        "is_provisional": bool(later),
        "title_size": 30 if length <= 9 else 23 if length <= 13 else 18,
        "gutter": 6.5 if len(rows) <= 8 else 4.2 if len(rows) <= 12 else 2.6,
        "number": payload["number"],
        "rows": rows,
        "holder": holder,
        "fields": {f["id"]: _printed(f) for f in payload["fields"]},
        "filings": payload.get("filings", []),
        "expires_zh": day(payload["expires"]) if payload["expires"] else "",
        "issuer_zh": issuer["zh"],
        "issuer_en": issuer["en"],
        "issued": payload["issued"],
        "issued_zh": day(payload["issued"]),
        "identifier": payload["identifier"],
        "version": payload["version"],
        "jws": jws,
        "url": f"{site}/verify/{payload['id']}",
        "qr": qr.svg(f"{site}/verify/", payload["id"]),
        "spoken": "-".join(spoken[i : i + 4] for i in range(0, len(spoken), 4)),
        "specimen": specimen,
        "substitutes": " ".join(map(glyphs.code, lacking)),
    }


def _printed(field: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field for a template: its value as text, and as a list of texts where it is one."""
    value = field["value"]
    items = value if isinstance(value, list) else [value]
    return {
        "zh": field["zh"],
        "en": field["en"],
        "value": glyphs.substituted(_value(value)),
        "items": [glyphs.substituted(_value(item)) for item in items],
    }


def _row(zh: str, en: str, value: str, *, note: str = "", strong: bool = False) -> dict[str, Any]:
    return {"zh": zh, "en": en, "value": value, "note": note, "strong": strong}
