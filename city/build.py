"""From a city's merged files, whose shape was checked, to the typed city. Faults are collected."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from city import bands, bundles, freshness, governance, laws, places
from city.errors import SourceError, first_of
from city.model import (
    City,
    Consents,
    Contact,
    Counter,
    Disputes,
    Documents,
    Drafts,
    Elsewhere,
    Escalation,
    LifeEvent,
    Office,
    Partner,
    Precision,
    Ratings,
    Region,
    Registry,
    RegistryField,
    Remedies,
    Request,
    Sampling,
    Title,
    Typed,
    Wording,
)
from city.source import Located
from city.source import Path as Place
from city.values import field_fault

DIVISIONS = "GB/T 2260"

T = TypeVar("T")
Data = Mapping[str, Any]


def build(document: Located, folder: Path, packs: tuple[Path, ...]) -> City:
    """Return the city in ``folder``; raises ``SourceError`` with every fault found."""
    builder = _Builder(document)
    city = builder.city(folder, packs)
    if builder.faults:
        raise first_of(builder.faults)
    return city


class _Builder:
    def __init__(self, document: Located) -> None:
        self.document = document
        self.faults: list[SourceError] = []

    def fault(self, path: Place, zh: str, en: str) -> None:
        self.faults.append(self.document.error(path, zh, en))

    def city(self, folder: Path, packs: tuple[Path, ...]) -> City:
        head: Data = self.document.data["city"]
        city = City(
            folder=folder,
            zh=head["zh"],
            en=head["en"],
            code=head["code"],
            time_zone=head["time_zone"],
            default_office=head["default_office"],
            regions=self._named("regions", _region),
            offices=self._named("offices", _office),
            registries=self._named("registries", self._registry),
            partners=self._named("partners", _partner),
            counters=self._named("counters", self._counter),
            working_days=self._working_days(),
            parameters=self.document.data.get("parameters", {}),
            escalation=_escalation(head.get("escalation", {})),
            documents=_documents(self.document.data["documents"], head["zh"]),
            packs=packs,
            sampling=_sampling(head.get("sampling", {})),
            suspension=bands.read(head.get("suspension", {})),
            life_events=self._named("life_events", _life_event),
            bundles=self._bundles(packs),
            words={
                word: _typed(part) for word, part in self.document.data.get("words", {}).items()
            },
            laws=self._laws(packs),
            contact=_contact(head.get("contact")),
            drafts=_drafts(head.get("drafts", {})),
            ratings=_ratings(head.get("ratings", {})),
            disputes=_disputes(head.get("disputes", {})),
            consents=_consents(head.get("consents", {})),
            governance=governance.read(head.get("governance", {})),
        )
        self._references(city)
        return city

    def _named(self, file: str, make: Callable[[str, Data], T]) -> dict[str, T]:
        return {code: make(code, part) for code, part in self.document.data.get(file, {}).items()}

    def _references(self, city: City) -> None:
        """Every name of another part is the name of one that is there."""
        try:
            _ = city.calendar.zone
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            self.fault(("city", "time_zone"), "没有这个时区", "there is no such time zone")
        if city.default_office not in city.offices:
            zh = f"没有部门 {city.default_office}"
            en = f"there is no office {city.default_office}"
            self.fault(("city", "default_office"), zh, en)
        for registry in city.registries.values():
            if registry.partner and registry.partner not in city.partners:
                zh = f"没有合作部门 {registry.partner}"
                en = f"there is no partner {registry.partner}"
                self.fault(("registries", registry.code, "partner"), zh, en)
        services = {pack.stem for pack in city.packs}
        for partner in city.partners.values():
            for request in partner.requests.values():
                if request.service not in services:
                    zh, en = f"没有事项 {request.service}", f"there is no service {request.service}"
                    place = ("partners", partner.code, "requests", request.item, "service")
                    self.fault(place, zh, en)
        self._references_of_counters(city, services)
        for service in city.parameters:
            if service not in services:
                zh, en = f"没有事项 {service}", f"there is no service {service}"
                self.fault(("parameters", service), zh, en)
        for service in city.sampling.services:
            if service not in services:
                zh, en = f"没有事项 {service}", f"there is no service {service}"
                self.fault(("city", "sampling", "services", service), zh, en)
        for fault in governance.faults(self.document.data["city"], city.registries):
            self.fault(*fault)
        for part, zh, en in bands.faults(city.suspension, services, city.registries):
            self.fault(("city", "suspension", *part), zh, en)
        for fault in places.faults(city.regions):
            self.fault(*fault)
        self._references_of_documents(city)
        self._references_of_events(city)

    def _references_of_counters(self, city: City, services: set[str]) -> None:
        for code, counter in city.counters.items():
            place = ("counters", code)
            if counter.office not in city.offices:
                zh, en = f"没有部门 {counter.office}", f"there is no office {counter.office}"
                self.fault((*place, "office"), zh, en)
            if counter.region and counter.region not in city.regions:
                zh, en = f"没有区划 {counter.region}", f"there is no region {counter.region}"
                self.fault((*place, "region"), zh, en)
            left_out = set(self.document.data["city"].get("without", ()))
            for unknown in set(counter.services) - services - left_out - {"*"}:
                zh, en = f"没有事项 {unknown}", f"there is no service {unknown}"
                self.fault((*place, "services"), zh, en)

    def _counter(self, code: str, part: Data) -> Counter:
        hours = []
        for text in part["hours"]:
            opens, closes = map(datetime.time.fromisoformat, text.split("-"))
            hours.append((opens, closes))
        edges = [edge for pair in hours for edge in pair]
        if edges != sorted(set(edges)):
            zh = "开放时间应由早到晚，互不重叠"
            en = "opening hours go from early to late and do not overlap"
            self.fault(("counters", code, "hours"), zh, en)
            hours = []
        return Counter(
            code=code,
            zh=part["zh"],
            en=part["en"],
            office=part["office"],
            address=part["address"],
            services=tuple(part["services"]),
            hours=tuple(hours),
            slot_minutes=int(part["slot_minutes"]),
            capacity=int(part["capacity"]),
            region=part.get("region", ""),
            days_ahead=int(part.get("days_ahead", 10)),
        )

    def _references_of_documents(self, city: City) -> None:
        for office in self.document.data["documents"].get("offices", {}):
            if office not in city.offices:
                zh, en = f"没有部门 {office}", f"there is no office {office}"
                self.fault(("documents", "offices", office), zh, en)
        for service, wording in city.documents.services.items():
            if wording not in city.documents.wordings:
                zh, en = f"没有措辞 {wording}", f"there is no wording {wording}"
                self.fault(("documents", "services", service), zh, en)

    def _references_of_events(self, city: City) -> None:
        """Check services and offices; a service that the city leaves out may still be named."""
        known = {pack.stem for pack in city.packs} | set(
            self.document.data["city"].get("without", ())
        )
        for event in city.life_events.values():
            for at, service in enumerate(event.services):
                if service not in known:
                    zh, en = f"没有事项 {service}", f"there is no service {service}"
                    self.fault(("life_events", event.code, "services", at), zh, en)
            for one in event.elsewhere.values():
                if one.office not in city.offices:
                    zh, en = f"没有部门 {one.office}", f"there is no office {one.office}"
                    place = ("life_events", event.code, "elsewhere", one.code, "office")
                    self.fault(place, zh, en)

    def _bundles(self, packs: tuple[Path, ...]) -> dict[str, bundles.Bundle]:
        """Return what is applied for together; a service that the city leaves out may be named."""
        left_out = self.document.data["city"].get("without", ())
        services = {pack.stem for pack in packs} | set(left_out)
        events = set(self.document.data.get("life_events", {}))
        return bundles.build(self.document, services, events, self.fault)

    def _laws(self, packs: tuple[Path, ...]) -> dict[str, laws.Law]:
        """Return the register of laws; a service that the city leaves out may be named."""
        left_out = self.document.data["city"].get("without", ())
        services = frozenset({pack.stem for pack in packs} | set(left_out))
        return laws.build(self.document.data.get("laws", {}), services, self.fault)

    def _working_days(self) -> dict[datetime.date, bool]:
        days = {}
        for text, kind in self.document.data.get("calendar", {}).items():
            try:
                days[datetime.date.fromisoformat(text)] = kind == "working"
            except ValueError:
                self.fault(("calendar", text), f"{text} 不是日期", f"{text} is not a date")
        return days

    def _registry(self, code: str, part: Data) -> Registry:
        if part["answered_by"] != "agency" and "url" in part:
            zh, en = "只有外部门的数据源写 url", "only another agency's registry has a url"
            self.fault(("registries", code, "url"), zh, en)
        return Registry(
            code=code,
            zh=part["zh"],
            en=part["en"],
            keeper=part["keeper"],
            answered_by=part["answered_by"],
            basis=part["basis"],
            subject=part["subject"],
            shown=part["shown"] == "yes",
            fields=self._fields(("registries", code, "fields"), part["fields"]),
            partner=part.get("partner", ""),
            url=part.get("url", ""),
            timeout=float(part.get("timeout", 2.0)),
            bulk=int(part.get("bulk", 100)),
            max_age=float(part.get("max_age", 3600)),
            signature=part.get("signature", "Ed25519"),
            freshness=freshness.read(part, ("registries", code), self.fault),
        )

    def _fields(self, path: Place, parts: Data) -> dict[str, RegistryField]:
        return {name: self._field((*path, name), name, part) for name, part in parts.items()}

    def _field(self, path: Place, name: str, part: Data) -> RegistryField:
        of = part.get("of", "")
        if (part["type"] == "list") != bool(of):
            zh, en = "列表必须写明 of，其他类型不得写 of", "of belongs to lists, and they need it"
            self.fault(path, zh, en)
        if "pattern" in part:
            try:
                re.compile(part["pattern"])
            except re.error:
                zh, en = "pattern 不是正则表达式", "pattern is no regular expression"
                self.fault((*path, "pattern"), zh, en)
                return RegistryField(name, part["type"], part["zh"], part["en"])
        found = RegistryField(
            name=name,
            type=part["type"],
            zh=part["zh"],
            en=part["en"],
            nullable=part.get("none") == "allowed",
            codes=None if part.get("codes") == DIVISIONS else part.get("codes"),
            is_division=part.get("codes") == DIVISIONS,
            pattern=part.get("pattern", ""),
            is_number="format" in part,
            of=self._fields((*path, "of"), of) if isinstance(of, Mapping) else of,
            example=part.get("example"),
        )
        if fault := field_fault(found, found.example):
            self.fault((*path, "example"), "example：" + fault[0], "example: " + fault[1])
        return found


def _escalation(part: Data) -> Escalation:
    plain = Escalation()
    days, share = part.get("days_left", plain.days_left), part.get("share", plain.share)
    return Escalation(int(days), int(share))


def _drafts(part: Data) -> Drafts:
    plain = Drafts()
    return Drafts(int(part.get("days", plain.days)), int(part.get("notice", plain.notice)))


def _ratings(part: Data) -> Ratings:
    plain = Ratings()
    return Ratings(int(part.get("days", plain.days)), int(part.get("shown_from", plain.shown_from)))


def _disputes(part: Data) -> Disputes:
    return Disputes(int(part.get("days", Disputes().days)))


def _consents(part: Data) -> Consents:
    return Consents(int(part.get("remind", Consents().remind)))


def _region(code: str, part: Data) -> Region:
    since, until = part.get("since"), part.get("until")
    years = (int(since) if since else None, int(until) if until else None)
    return Region(code, part["zh"], part["en"], *years, places.read(part.get("place", ())))


def _office(code: str, part: Data) -> Office:
    return Office(code, part["zh"], part["en"], part["organisation"])


def _partner(code: str, part: Data) -> Partner:
    requests = {
        item: Request(item, one["service"], one["reference"], one.get("answers", {}))
        for item, one in part.get("requests", {}).items()
    }
    services = dict.fromkeys([*part.get("services", ()), *(r.service for r in requests.values())])
    city = part.get("city", "")
    return Partner(code, part["zh"], part["en"], tuple(services), city, requests)


def _typed(part: Data) -> Typed:
    return {language: tuple(part.get(language, ())) for language in ("zh", "en")}


def _contact(part: Data | None) -> Contact | None:
    return Contact(part["phone"], part["hours"], part["hall"]) if part else None


def _life_event(code: str, part: Data) -> LifeEvent:
    return LifeEvent(
        code=code,
        zh=part["zh"],
        en=part["en"],
        audience=frozenset(part["for"]),
        words=_typed(part["words"]),
        services=tuple(part.get("services", ())),
        elsewhere={
            name: Elsewhere(name, one["zh"], one["en"], one["office"], _typed(one.get("words", {})))
            for name, one in part.get("elsewhere", {}).items()
        },
    )


def _sampling(part: Data) -> Sampling:
    usual = Sampling()

    def precision(options: Data, otherwise: Precision) -> Precision:
        return Precision(
            expected_rate=float(options.get("expected_rate", otherwise.expected_rate)),
            half_width=float(options.get("half_width", otherwise.half_width)),
        )

    general = precision(part, usual.precision)
    return Sampling(
        precision=general,
        least=int(part.get("least", usual.least)),
        capacity=int(part.get("capacity", usual.capacity)),
        controls=int(part.get("controls", usual.controls)),
        services={c: precision(p, general) for c, p in part.get("services", {}).items()},
    )


def _documents(part: Data, city: str) -> Documents:
    offices = part.get("offices", {})
    remedies = {c: _remedies(o["remedies"], city) for c, o in offices.items() if "remedies" in o}
    return Documents(
        wordings={
            name: Wording(
                grant=found["grant"],
                refuse=found["refuse"],
                titles={
                    kind: Title(title["title"], title.get("law", ""))
                    for kind, title in found["documents"].items()
                },
            )
            for name, found in part["wordings"].items()
        },
        services=part.get("services", {}),
        signs={code: office["sign"] for code, office in offices.items() if "sign" in office},
        remedies={"": _remedies(part["remedies"], city), **remedies},
    )


def _remedies(part: Data, city: str) -> Remedies:
    return Remedies(*(part[key].replace("{city}", city) for key in ("reconsideration", "court")))
