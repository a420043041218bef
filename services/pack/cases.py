"""The tests in a pack: each a whole case, or an earlier one with changes (``like``)."""

from __future__ import annotations

import datetime
from typing import Any

from city.errors import SourceError
from city.source import Source
from services.pack import types
from services.pack.model import Case

NOBODY = "0" * 32  # the index of a test's applicant, where it does not say another


def read(
    source: Source, faults: list[SourceError], above: tuple[Case, ...] = ()
) -> tuple[Case, ...]:
    """All tests, inheritance resolved; appends to ``faults`` what cannot be.

    ``above``: tests of another file, which these may begin from.
    """
    found = {case.name: case for case in above}
    for place, part in enumerate(source.data["tests"]):
        path = ("tests", place)
        name, like = part["name"], part.get("like")
        if name in found:
            zh, en = f"测试“{name}”重复", f"the test {name!r} stands twice"
            faults.append(source.error((*path, "name"), zh, en))
        if like is not None and like not in found:
            zh, en = f"前面没有名为“{like}”的测试", f"no test above is called {like!r}"
            faults.append(source.error((*path, "like"), zh, en))
            continue
        base = found.get(like) if like else None
        as_of = types.day(part["as_of"]) if "as_of" in part else base.as_of if base else None
        if as_of is None:
            faults.append(
                source.error(path, "缺少有效的 as_of 日期", "a valid as_of date is missing")
            )
            continue
        case = found[name] = _case(part, base, as_of, source.line(path))
        if case.facts is not None and (case.answers or case.evidence or case.materials):
            zh = "facts 代替 answers、evidence 和 materials，不能同时写"
            en = "facts stands in place of answers, evidence and materials: write one or the other"
            faults.append(source.error((*path, "name"), zh, en))
    return tuple(found.values())[len(above) :]


def _case(part: dict[str, Any], base: Case | None, as_of: datetime.date, line: int) -> Case:
    return Case(
        name=part["name"],
        as_of=as_of,
        answers={**(base.answers if base else {}), **part.get("answers", {})},
        evidence=_merged(dict(base.evidence) if base else {}, part.get("evidence", {})),
        consents={**(base.consents if base else {}), **part.get("consents", {})},
        expect=part["expect"],
        findings=part.get("findings", {}),
        filings=tuple(part["filings"]) if "filings" in part else None,
        line=line,
        materials={**(base.materials if base else {}), **part.get("materials", {})},
        asks=tuple(part["asks"]) if "asks" in part else None,
        tables=_canonical(part.get("tables", {})),
        certificate=_canonical(part.get("certificate", {})),
        due=part.get("due", {}),
        fee=_canonical(part.get("fee")),
        expires=part.get("expires"),
        quota=_canonical(part.get("quota", {})),
        entitlement=_canonical(part.get("entitlement")),
        entitlements=_canonical(part.get("entitlements", {})),
        applicant=part.get("applicant", base.applicant if base else NOBODY),
        facts=_facts(part, base),
    )


def _facts(part: dict[str, Any], base: Case | None) -> dict[str, Any] | None:
    if "facts" not in part:
        return dict(base.facts) if base and base.facts is not None else None
    return {**((base.facts or {}) if base else {}), **_canonical(part["facts"])}


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Registries replaced by a word, or their fields changed one by one."""
    for registry, change in changes.items():
        before = base.get(registry)
        if isinstance(change, dict):
            fields = {key: _canonical(value) for key, value in change.items()}
            base[registry] = {**before, **fields} if isinstance(before, dict) else fields
        else:
            base[registry] = change
    return base


def _canonical(value: Any) -> Any:
    """Registries write numbers as text (canonical form); a test may write them plainly."""
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
