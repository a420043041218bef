"""A service that the city offers without being asked (免申即享): ``proactive``, read and checked.

The records of one registry are gone through, those whom ``where`` draws are judged by the
edition's own conditions, and whoever meets all of them has an offer. The tap of consent answers
the form: what it declares (``const``), is prefilled with (``x-prefill``), and ``answers`` else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from city.errors import SourceError
from city.model import City
from city.source import Path, Source
from services.pack.types import words

if TYPE_CHECKING:
    from services.pack.model import Pack

PATH: Path = ("proactive",)
Fault = tuple[Path, str, str]


@dataclass(frozen=True, slots=True)
class Proactive:
    """Whom a scan goes through and draws, by which law, and how long an offer lives.

    ``where``: an expression over facts of ``origin`` and parameters: of whom it draws alone the
    other registries are read. Empty: of everybody. ``answers``: by question, an expression.
    """

    origin: str  # entry of the pack's registries whose records are gone through
    where: str
    basis: str  # the law under which the city looks for people without being asked
    purpose: Mapping[str, str]  # in both languages
    expires: int  # days that an offer is open
    ask_again: int  # days after a refusal of the offer in which nobody is asked again
    answers: Mapping[str, str] = field(default_factory=dict)


def read(part: Mapping[str, Any] | None) -> Proactive | None:
    """What a pack says of it; None: the service waits to be applied for."""
    if part is None:
        return None
    return Proactive(
        origin=part["from"],
        where=part.get("where", ""),
        basis=part["basis"],
        purpose=words(part["purpose"]),
        expires=int(part["expires"]["days"]),
        ask_again=int(part["ask_again"]["days"]),
        answers=dict(part.get("answers", {})),
    )


def faults(source: Source, pack: Pack, city: City | None) -> Iterator[SourceError]:
    """Why a service cannot be offered by a scan: each with its line."""
    if pack.proactive is not None:
        one = pack.proactive
        found = [*_whom(pack, one), *_asked(pack, city), *_tap(pack, one)]
        yield from (source.error(path, zh, en) for path, zh, en in found)


def _whom(pack: Pack, one: Proactive) -> Iterator[Fault]:
    if pack.applicant != "person":
        yield PATH, "免申即享只用于个人事项", "only services of persons are offered by a scan"
    if pack.cosigners:
        zh, en = "须他人确认的事项不能一键同意", "what others must sign is no matter of one tap"
        yield ("cosigners",), zh, en
    if pack.certificate is None and pack.entitlement is None:
        zh = "免申即享的事项须发证照或待遇，否则无法知道谁已享受"
        en = "what is offered issues something, else nobody knows who has it already"
        yield PATH, zh, en


def _asked(pack: Pack, city: City | None) -> Iterator[Fault]:
    """Only the city's own store is gone through; nobody else's question names a person here."""
    for name, entry in pack.registries.items():
        path: Path = ("registries", name)
        if entry.subject:
            zh = f"{name} 询问的是他人或某项答案，不能全城筛查"
            en = f"{name} asks about others or about an answer, and cannot be scanned"
            yield (*path, "subject"), zh, en
        if entry.when:
            zh, en = (
                f"{name} 只在部分情形下查询，不能全城筛查",
                f"{name} is not asked about everybody",
            )
            yield (*path, "when"), zh, en
        registry = city.registries.get(entry.registry) if city is not None else None
        if registry is not None and registry.answered_by != "store":
            zh = f"{name} 由其他部门答复，全城筛查只能读取本市自有库"
            en = f"{name} is answered by others; a scan reads the city's own store alone"
            yield path, zh, en


def _tap(pack: Pack, one: Proactive) -> Iterator[Fault]:
    """Everything that the form demands is answered by the tap."""
    properties: Mapping[str, Any] = pack.form.get("properties", {})
    for name in pack.form.get("required", ()):
        node = properties.get(name, {})
        if not ({"const", "x-prefill"} & set(node)) and name not in one.answers:
            zh = f"必填项 {name} 没有来源：须能由 x-prefill 预填，或写入 proactive.answers"
            en = f"the form demands {name}: prefill it (x-prefill) or say it in proactive.answers"
            yield ("form", "properties", name), zh, en
    for name in one.answers:
        if name not in properties:
            zh, en = f"表单没有 {name}", f"the form has no {name}"
            yield (*PATH, "answers", name), zh, en
    for name, files in pack.materials.items():
        if not files.when:
            zh, en = f"须交材料 {name}，不能一键同意", f"{name} wants a file: no matter of one tap"
            yield ("materials", name), zh, en
