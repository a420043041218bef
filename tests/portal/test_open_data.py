"""The catalogue as JSON-LD: valid by CPSV-AP 3.2.0 and of terms that the vocabularies have.

What is mandatory, how often and of which kind is read from the SHACL shapes of CPSV-AP 3.2.0
(semiceu.github.io/CPSV-AP), by hand; the terms of schema.org from its pages of each type.
"""

import json
import re

import pytest
from django.test import Client
from pyld import jsonld

from ledger import clock
from services import catalogue

pytestmark = pytest.mark.usefixtures("furnished")
CPSV, CV = "http://purl.org/vocab/cpsv#", "http://data.europa.eu/m8g/"
DCT, SCHEMA = "http://purl.org/dc/terms/", "https://schema.org/"
SKOS = "http://www.w3.org/2004/02/skos/core#prefLabel"
IDENTIFIER, TITLE, DESCRIPTION = f"{DCT}identifier", f"{DCT}title", f"{DCT}description"
# class: (mandatory, at most once)
SHAPES = {
    f"{CPSV}PublicService": (
        {IDENTIFIER, TITLE, DESCRIPTION, f"{CV}hasCompetentAuthority"},
        {IDENTIFIER, f"{CV}processingTime"},
    ),
    f"{CV}PublicOrganisation": ({f"{DCT}spatial", SKOS}, {IDENTIFIER}),
    f"{CPSV}Rule": ({IDENTIFIER, TITLE, DESCRIPTION}, {IDENTIFIER}),
    f"{CV}Requirement": ({IDENTIFIER, TITLE}, {IDENTIFIER}),
    f"{CV}Evidence": ({IDENTIFIER, TITLE}, {IDENTIFIER}),
    f"{CV}Output": ({IDENTIFIER, TITLE}, {IDENTIFIER}),
    f"{CV}Channel": ({IDENTIFIER}, {IDENTIFIER}),
    f"{CV}Cost": ({IDENTIFIER}, {IDENTIFIER}),
    f"{CV}Event": ({IDENTIFIER, TITLE}, {IDENTIFIER}),
}
# property of a PublicService: the class that its value has
RANGES = {
    f"{CV}hasCompetentAuthority": f"{CV}PublicOrganisation",
    f"{CPSV}follows": f"{CPSV}Rule",
    f"{CV}holdsRequirement": f"{CV}Requirement",
    f"{CPSV}hasInput": f"{CV}Evidence",
    f"{CPSV}produces": f"{CV}Output",
    f"{CV}hasChannel": f"{CV}Channel",
    f"{CV}hasCost": f"{CV}Cost",
    f"{CV}isGroupedBy": f"{CV}Event",
    f"{CV}contactPoint": f"{CV}ContactPoint",
}
LANG_STRINGS = {TITLE, DESCRIPTION, SKOS, "http://www.w3.org/ns/dcat#keyword"}
SCHEMA_TERMS = {
    *("GovernmentService", "GovernmentOrganization", "Audience", "AdministrativeArea"),
    *("ServiceChannel", "Permit", "ContactPoint", "name", "description", "url", "provider"),
    *("audience", "audienceType", "areaServed", "serviceUrl", "availableChannel"),
    *("serviceOutput", "telephone"),
}


def document(path: str):
    response = Client().get(path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/ld+json"
    return json.loads(response.content)


def nodes(value, found=None):
    """Return every object of an expanded document that has a type."""
    found = [] if found is None else found
    if isinstance(value, list):
        for one in value:
            nodes(one, found)
    elif isinstance(value, dict):
        if "@type" in value and "@value" not in value:
            found.append(value)
        for key, one in value.items():
            if key != "@type":
                nodes(one, found)
    return found


@pytest.fixture
def expanded():
    """The whole catalogue, expanded; nothing is fetched for it (the network is blocked)."""
    return jsonld.expand(document("/catalogue.jsonld"))


def test_every_node_has_what_is_mandatory_and_nothing_twice(expanded) -> None:
    seen = set()
    for node in nodes(expanded):
        for kind in node["@type"]:
            mandatory, single = SHAPES.get(kind, (set(), set()))
            seen.add(kind)
            assert mandatory <= set(node), (kind, mandatory - set(node))
            for name in single & set(node):
                assert len(node[name]) == 1, (kind, name)
    assert set(SHAPES) <= seen


def test_values_are_of_the_class_or_the_datatype_that_the_profile_wants(expanded) -> None:
    known = {node["@id"]: node["@type"] for node in nodes(expanded) if "@id" in node}
    for node in nodes(expanded):
        for name, values in node.items():
            for value in values if isinstance(values, list) else []:
                if name in RANGES:
                    assert RANGES[name] in value.get("@type", known.get(value.get("@id"), [])), name
                if name in LANG_STRINGS:
                    assert value["@language"] in ("zh", "en") and value["@value"], name
                if name == f"{CV}processingTime":
                    assert value["@type"] == "http://www.w3.org/2001/XMLSchema#duration"
                    assert re.fullmatch(r"P[0-9]+D", value["@value"])


def test_no_term_is_invented(expanded) -> None:
    def terms(value):
        if isinstance(value, list):
            for one in value:
                yield from terms(one)
        elif isinstance(value, dict):
            yield from (k for k in value if not k.startswith("@"))
            yield from (k for k in value.get("@type", []) if isinstance(value["@type"], list))
            for one in value.values():
                yield from terms(one)

    used = {t.removeprefix(SCHEMA) for t in terms(expanded) if t.startswith(SCHEMA)}
    assert used <= SCHEMA_TERMS, used - SCHEMA_TERMS
    for term in terms(expanded):
        assert re.match(r"https?://(schema\.org|purl\.org|data\.europa\.eu|www\.w3\.org)/", term)


def test_the_catalogue_has_every_service_and_each_service_its_own_document() -> None:
    head, *rest = document("/catalogue.jsonld")["@graph"]
    codes = [book.code for book in catalogue.all_current(clock.city_date(clock.now()))]
    assert [part["@id"].rsplit("/", 2)[1] for part in head["dct:hasPart"]] == codes
    for code, node in zip(codes, rest, strict=True):
        assert document(f"/services/{code}/service.jsonld")["@graph"] == [node]
    assert Client().get("/services/nothing/service.jsonld").status_code == 404


def test_pages_link_to_their_data() -> None:
    for path, data in (
        ("/", "/catalogue.jsonld"),
        ("/services/sole_trader/", "/services/sole_trader/service.jsonld"),
    ):
        body = Client().get(path).content.decode()
        assert f'<link rel="alternate" type="application/ld+json" href="{data}">' in body
