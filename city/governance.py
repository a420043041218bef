"""What a city demands of a draft before it is published, and how trials are counted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Trials:
    """``days``: of receipt that a trial goes over; ``rollback_days``: of an earlier text again.

    ``valid_days``: for so many a finished trial stands.
    """

    days: int = 90
    rollback_days: int = 30
    valid_days: int = 14


@dataclass(frozen=True, slots=True)
class Groups:
    """Whose cases a draft decides otherwise, besides district.

    ``born``, ``legal_kind``: a registry and its field; ``ages``: years at which a group begins.
    """

    born: tuple[str, str] = ("population", "born")
    legal_kind: tuple[str, str] = ("enterprise", "kind")
    ages: tuple[int, ...] = (18, 35, 60)


@dataclass(frozen=True, slots=True)
class Governance:
    trials: Trials = field(default_factory=Trials)
    groups: Groups = field(default_factory=Groups)
    shadow_days: int = 0  # of a draft in shadow, within its band; 0: not asked for


def read(part: Mapping[str, Any]) -> Governance:
    """The part ``governance`` of ``city.yaml``, whose shape is right already."""
    usual, trial, groups = Governance(), part.get("trial", {}), part.get("groups", {})
    return Governance(
        Trials(
            days=int(trial.get("days", usual.trials.days)),
            rollback_days=int(trial.get("rollback_days", usual.trials.rollback_days)),
            valid_days=int(trial.get("valid_days", usual.trials.valid_days)),
        ),
        Groups(
            born=_field(groups.get("born"), usual.groups.born),
            legal_kind=_field(groups.get("legal_kind"), usual.groups.legal_kind),
            ages=tuple(sorted({int(age) for age in groups.get("ages", usual.groups.ages)})),
        ),
        int(part.get("shadow", {}).get("days", usual.shadow_days)),
    )


class Registry(Protocol):
    @property
    def fields(self) -> Mapping[str, Any]: ...


def faults(
    head: Mapping[str, Any], registries: Mapping[str, Registry]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield the place and words, in Chinese and English, of each field that no registry has."""
    groups = head.get("governance", {}).get("groups", {})
    for key in ("born", "legal_kind"):
        registry, name = _field(groups.get(key), ("", ""))
        if registry and (registry not in registries or name not in registries[registry].fields):
            place = ("city", "governance", "groups", key)
            yield place, f"没有字段 {groups[key]}", f"there is no field {groups[key]}"


def _field(text: str | None, usual: tuple[str, str]) -> tuple[str, str]:
    registry, _dot, name = (text or "").partition(".")
    return (registry, name) if text else usual
