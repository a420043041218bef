"""What used to be brought and where it comes from now (材料来源), and the ways in (办理渠道).

A guide names each paper: no catch-all such as "other materials" (广东省优化营商环境条例 §29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from city.errors import SourceError
from city.source import Path, Source
from services.pack.types import words

if TYPE_CHECKING:
    from services.pack.model import Pack

By = Literal["sharing", "verification", "commitment", "later", "handed_in"]
CHANNELS = ("online", "counter", "post", "api")
# which of them a case of a channel (``Application.channel``) has come by
WAYS: Mapping[str, str] = {
    **dict.fromkeys(("portal", "guardian", "agent", "statutory", "assistant"), "online"),
    "api": "api",
    "window": "counter",
}
_CATCH_ALL = re.compile(
    r"(?i)其他|其它|等(材料|资料|证明|文件)|相关(材料|资料)|必要的(材料|资料)"
    r"|\b(other|further|any|additional|relevant|related) "
    r"(materials?|documents?|papers?|files?|proofs?)\b|\betc\b"
)


@dataclass(frozen=True, slots=True)
class MaterialSource:
    """One paper that was asked for, and what stands in its place.

    ``by``: sharing (免提交: a registry has it), verification (核验: what is filled in is compared
    with a registry), commitment, later, or handed_in. ``named``: the registry, commitment or
    question.
    """

    zh: str
    en: str
    by: By
    named: str


_KEYS: Mapping[str, str] = {
    "sharing": "registry",
    "verification": "registry",
    "commitment": "commitment",
    "later": "material",
    "handed_in": "material",
}


def sources(parts: Sequence[Mapping[str, Any]]) -> tuple[MaterialSource, ...]:
    return tuple(
        MaterialSource(**words(part), by=part["by"], named=part.get(_KEYS[part["by"]], ""))
        for part in parts
    )


def is_open(pack: Pack, channel: str) -> bool:
    """Whether an application may come by a channel of ``Application``."""
    return not pack.channels or WAYS.get(channel, channel) in pack.channels


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Everything wrong with where papers come from and with the ways in."""
    there: Mapping[str, Mapping[str, object]] = {
        "registry": pack.registries,
        "commitment": pack.commitments,
        "material": pack.materials,
    }
    for place, one in enumerate(pack.material_sources):
        path: Path = ("material_sources", place)
        key = _KEYS[one.by]
        if not one.named or one.named not in there[key]:
            zh = f"{one.by} 须写明 {key}，且须是本事项包中声明的"
            en = f"{one.by} names a {key} that the pack declares"
            yield source.error((*path, key) if one.named else path, zh, en)
        elif one.by == "later" and pack.materials[one.named].later is None:
            zh, en = f"{one.named} 不能容缺", f"{one.named} may not come later"
            yield source.error((*path, "material"), zh, en)
        yield from _catch_all(source, (*path, "zh"), one.zh)
        yield from _catch_all(source, (*path, "en"), one.en)
    properties = pack.form.get("properties", {})
    for name in pack.materials:
        node = properties.get(name) if isinstance(properties, Mapping) else None
        for language in ("x-zh", "x-en") if isinstance(node, Mapping) else ():
            label = str(node.get(language, ""))  # type: ignore[union-attr]
            yield from _catch_all(source, ("form", "properties", name, language), label)
    if pack.channels and "online" not in pack.channels and "counter" not in pack.channels:
        zh, en = "至少须有网上或窗口渠道", "there is a way in online or at a counter"
        yield source.error(("channels",), zh, en)
    if pack.represented_by and pack.channels and "online" not in pack.channels:
        zh, en = "represented_by 用于网上办理", "represented_by is of what is handed in online"
        yield source.error(("represented_by",), zh, en)


def _catch_all(source: Source, path: Path, text: str) -> Iterator[SourceError]:
    if found := _CATCH_ALL.search(text):
        zh = f"“{found[0]}”是兜底材料，须逐项写明（广东省优化营商环境条例 §29）"
        en = f"“{found[0]}” is a catch-all: name each paper (广东省优化营商环境条例 §29)"
        yield source.error(path, zh, en)
