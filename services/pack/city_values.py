"""What a pack takes from its city: districts, codes, templates, parameters that it sets. Pure.

The values are frozen into the edition beside the pack's text, so that a case is judged and
replayed with what its city said when the edition was published.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from city.errors import SourceError, first_of
from city.source import Path, Source

DISTRICTS = "city.districts"  # in a form: the choices of a question, ``oneOf: city.districts``
CODES = {
    "city.code": "code",
    "city.prefix": "prefix",
    "city.name": "name",
}  # in a parameter: ``from: city.prefix``
ALWAYS = "1949-10-01"  # the date from which a value of the city holds
Values = Mapping[str, Any]  # see ``city.model.City.values``
NO_CITY: Values = {}


def resolve(source: Source, values: Values) -> tuple[Source, dict[str, Any]]:
    """Return the pack with the city's values in place, and those values that it took.

    Raises ``SourceError`` where the pack asks for a value that is not in ``values``, or the city
    sets a parameter that the pack does not have.
    """
    resolver = _Resolver(source, values)
    data = {**source.data}
    if "form" in data:
        data["form"] = resolver.form(data["form"], ("form",))
    data["parameters"] = resolver.parameters(data.get("parameters", {}))
    if isinstance(data.get("certificate"), Mapping):
        data["certificate"] = resolver.certificate(data["certificate"])
    if resolver.faults:
        raise first_of(resolver.faults)
    return dataclasses.replace(source, data=data), resolver.used


class _Resolver:
    def __init__(self, source: Source, values: Values) -> None:
        self.source, self.values = source, values
        self.used: dict[str, Any] = {}
        self.faults: list[SourceError] = []

    def form(self, node: Any, path: Path) -> Any:
        if isinstance(node, Mapping):
            found = {key: self.form(part, (*path, key)) for key, part in node.items()}
            if found.get("oneOf") == DISTRICTS:
                found["oneOf"] = self._value("districts", (*path, "oneOf"), [])
            return found
        if isinstance(node, list):
            return [self.form(part, (*path, place)) for place, part in enumerate(node)]
        return node

    def certificate(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """The certificate with the text of its template instead of its name."""
        name, papers = part.get("template"), self.values.get("papers", {})
        if not isinstance(name, str):
            return part
        if name not in papers:
            have = "、".join(papers)
            zh, en = f"本市没有证照版式 {name}（有 {have}）", f"the city has no template {name}"
            self.faults.append(self.source.error(("certificate", "template"), zh, en))
            return part
        self.used["papers"] = {name: papers[name]}
        return {**part, "template": papers[name]}

    def parameters(self, parts: Any) -> Any:
        if not isinstance(parts, Mapping):
            return parts  # the shape says what is wrong
        found = {name: self._parameter(name, part) for name, part in parts.items()}
        for name, over in self.values.get("parameters", {}).items():
            if name not in found:
                zh = f"城市设定了事项没有的参数 {name}"
                en = f"the city sets the parameter {name}, which the pack does not have"
                self.faults.append(self.source.error(("parameters",), zh, en))
                continue
            kept = {key: value for key, value in found[name].items() if not key[:1].isdigit()}
            found[name] = {**kept, **over}
            self.used.setdefault("parameters", {})[name] = dict(over)
        return found

    def _parameter(self, name: str, part: Any) -> Any:
        wanted = part.get("from") if isinstance(part, Mapping) else None
        if not isinstance(wanted, str) or wanted not in CODES:
            return part
        value = self._value(CODES[wanted], ("parameters", name, "from"), "")
        kept = {key: other for key, other in part.items() if key != "from"}
        return {**kept, "type": "text", ALWAYS: value}

    def _value(self, name: str, path: Path, otherwise: Any) -> Any:
        if name not in self.values:
            zh, en = f"没有城市数据 {name}", f"the city's {name} is not known here"
            self.faults.append(self.source.error(path, zh, en))
            return otherwise
        self.used[name] = self.values[name]
        return self.values[name]
