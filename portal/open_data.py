"""The catalogue as linked open data: JSON-LD with terms of schema.org and of CPSV-AP 3.2.0.

One node a service: ``schema:GovernmentService`` and ``cpsv:PublicService`` at once. The context
stands in the document, so that nothing has to be fetched to read it.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from services.explain import requirements_in_words
from services.pack.fee import NO_FEE
from services.rulebook import Rulebook

Node = dict[str, Any]
CONTEXT = {
    "schema": "https://schema.org/",
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dct": "http://purl.org/dc/terms/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "eli": "http://data.europa.eu/eli/ontology#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
LANGUAGES = tuple(
    {"@id": f"http://publications.europa.eu/resource/authority/language/{code}"}
    for code in ("ZHO", "ENG")
)


def catalogue(books: Iterable[Rulebook], on: datetime.date) -> Node:
    """Return the document of everything that can be applied for on a day."""
    city = settings.CITY
    services = [node for book in books for node in _nodes(book, on)]
    head = {
        "@id": _address("portal:catalogue"),
        "@type": "dcat:Catalog",
        "dct:identifier": f"catalogue-{city.code}",
        "dct:title": _words(
            {"zh": f"{city.zh}政务服务事项目录", "en": f"Catalogue of services of {city.en}"}
        ),
        "dct:description": _words(
            {"zh": "可在线申请的全部事项", "en": "Everything that can be applied for online"}
        ),
        "dct:language": list(LANGUAGES),
        "dct:hasPart": [{"@id": n["@id"]} for n in services if "cpsv:PublicService" in n["@type"]],
    }
    return {"@context": CONTEXT, "@graph": [head, *services]}


def service(book: Rulebook, on: datetime.date) -> Node:
    """Return the document of one service."""
    return {"@context": CONTEXT, "@graph": list(_nodes(book, on))}


def _nodes(book: Rulebook, on: datetime.date) -> Iterator[Node]:
    pack, here = book.pack, _address("portal:service", book.code)
    yield {
        "@id": here,
        "@type": ["cpsv:PublicService", "schema:GovernmentService"],
        "dct:identifier": pack.item_code or book.code,
        "dct:title": _words(pack.name),
        "schema:name": _words(pack.name),
        "dct:description": _words(pack.summary),
        "schema:description": _words(pack.summary),
        "schema:url": {"@id": here},
        "dcat:keyword": list(_keywords(pack.keywords)),
        "dct:language": list(LANGUAGES),
        "cv:processingTime": {
            "@value": f"P{pack.clock.promised.days}D",
            "@type": "xsd:duration",
        },
        "cv:hasCompetentAuthority": _authority(book),
        "schema:provider": {"@id": _authority(book)["@id"]},
        "schema:audience": {"@type": "schema:Audience", "schema:audienceType": pack.applicant},
        "schema:areaServed": {
            "@type": "schema:AdministrativeArea",
            "schema:name": _words({"zh": settings.CITY.zh, "en": settings.CITY.en}),
        },
        "cv:hasLegalResource": {"@id": f"{here}#law"},
        "cpsv:follows": _rule(book, here),
        "cv:holdsRequirement": [
            {
                "@id": f"{here}#requirement-{name}",
                "@type": "cv:Requirement",
                "dct:identifier": f"{book.code}.{name}",
                "dct:title": _words(texts),
            }
            for name, texts in _requirements(book, on).items()
        ],
        "cpsv:hasInput": [
            {
                "@id": f"{here}#evidence-{name}",
                "@type": "cv:Evidence",
                "dct:identifier": f"{book.code}.{name}",
                "dct:title": _words({"zh": entry.zh, "en": entry.en}),
                "dct:description": _words(entry.purpose),
            }
            for name, entry in pack.registries.items()
        ],
        **_channel(book, here),
        **_cost(book, here),
        **_output(book, here),
        **_events(book),
        **_contact(here),
    }


def _requirements(book: Rulebook, on: datetime.date) -> dict[str, dict[str, str]]:
    zh, en = (requirements_in_words(book, on, code) for code in ("zh", "en"))
    return {name: {"zh": zh[name], "en": en[name]} for name in zh}


def _authority(book: Rulebook) -> Node:
    city, office = settings.CITY, settings.CITY.offices[book.office]
    names = _words({"zh": office.zh, "en": office.en})
    return {
        "@id": f"urn:cn:gb11714:{office.organisation}",
        "@type": ["cv:PublicOrganisation", "schema:GovernmentOrganization"],
        "dct:identifier": office.organisation,
        "dct:title": names,
        "skos:prefLabel": names,
        "schema:name": names,
        "dct:spatial": {"@id": f"urn:cn:gbt2260:{city.code}"},
    }


def _rule(book: Rulebook, here: str) -> Node:
    names = {"zh": f"第 {book.number} 版规则", "en": f"Rules, edition {book.number}"}
    return {
        "@id": f"{here}#edition-{book.number}",
        "@type": "cpsv:Rule",
        "dct:identifier": book.hash,
        "dct:title": _words(names),
        "dct:description": _words(
            {"zh": f"自 {book.in_force_from} 起施行", "en": f"In force from {book.in_force_from}"}
        ),
        "cpsv:implements": {
            "@id": f"{here}#law",
            "@type": "eli:LegalResource",
            "dct:title": {"@value": book.pack.law, "@language": "zh"},
        },
    }


def _channel(book: Rulebook, here: str) -> Node:
    node = {
        "@id": f"{here}#online",
        "@type": ["cv:Channel", "schema:ServiceChannel"],
        "dct:identifier": f"{book.code}.online",
        "schema:serviceUrl": {"@id": _address("portal:apply", book.code)},
    }
    return {"cv:hasChannel": node, "schema:availableChannel": {"@id": node["@id"]}}


def _cost(book: Rulebook, here: str) -> Node:
    fee = book.pack.fee
    if fee is None:
        return {}
    node: Node = {
        "@id": f"{here}#cost",
        "@type": "cv:Cost",
        "dct:identifier": f"{book.code}.cost",
        "dct:description": _words({"zh": fee.zh, "en": fee.en}),
    }
    if fee == NO_FEE:
        node["cv:value"] = {"@value": "0", "@type": "xsd:double"}
    return {"cv:hasCost": node}


def _output(book: Rulebook, here: str) -> Node:
    kind = book.certificate
    if kind is None:
        return {}
    names = _words({"zh": kind.zh, "en": kind.en})
    node = {
        "@id": f"{here}#{kind.kind}",
        "@type": ["cv:Output", "schema:Permit"],
        "dct:identifier": f"{book.code}.{kind.kind}",
        "dct:title": names,
        "schema:name": names,
    }
    return {"cpsv:produces": node, "schema:serviceOutput": {"@id": node["@id"]}}


def _events(book: Rulebook) -> Node:
    found = [
        {
            "@id": _address("portal:life", event.code),
            "@type": [
                "cv:Event",
                "cv:LifeEvent" if "person" in event.audience else "cv:BusinessEvent",
            ],
            "dct:identifier": event.code,
            "dct:title": _words({"zh": event.zh, "en": event.en}),
        }
        for event in settings.CITY.life_events.values()
        if book.code in event.services
    ]
    return {"cv:isGroupedBy": found} if found else {}


def _contact(here: str) -> Node:
    contact = settings.CITY.contact
    if contact is None:
        return {}
    return {
        "cv:contactPoint": {
            "@id": f"{here}#contact",
            "@type": ["cv:ContactPoint", "schema:ContactPoint"],
            "cv:telephone": contact.phone,
            "schema:telephone": contact.phone,
        }
    }


def _words(texts: Mapping[str, str]) -> list[Node]:
    """Return a text in both languages, as strings with their language (``rdf:langString``)."""
    return [{"@value": texts[code], "@language": code} for code in ("zh", "en")]


def _keywords(words: Mapping[str, tuple[str, ...]]) -> Iterator[Node]:
    for code, texts in words.items():
        yield from ({"@value": text, "@language": code} for text in texts)


def _address(name: str, *arguments: object) -> str:
    return str(settings.SITE_URL) + reverse(name, args=arguments)
