"""Bundles for tests: of services that ship, written as a city writes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from city.bundles import Bundle
from city.model import City
from city.reader import load as load_city
from services.rulebook import Rulebook
from tests.services.packs import CITY, load, text

SAMPLE = Path(__file__).parents[2] / "cities" / "sample"
HEAD = {
    "zh": "试办一件事",
    "en": "A trial, all at once",
    "summary": {"zh": "试办。", "en": "A trial."},
    "law": "国发〔2024〕3 号",
    "life_event": "living",
    "words": {"zh": [], "en": []},
}
# a graduate settles, and then opens a shop; nobody has to want the shop
TRIAL = {
    "home": {"service": "graduate_settlement"},
    "insurance": {"service": "social_transfer", "after": ["home"]},
    "shop": {
        "service": "sole_trader",
        "after": ["home"],
        "choice": {"zh": "我还要开店", "en": "I also open a shop"},
    },
}


def city_with(folder: Path, **bundles: object) -> City:
    """A city that extends the sample one, with these bundles alone (steps, or all of it)."""
    place = folder / "neighbour"
    place.mkdir(exist_ok=True)
    own = f"zh: {CITY.zh}\nen: {CITY.en}\ncode: '{CITY.code}'\n"
    (place / "city.yaml").write_text(f"extends: {SAMPLE}\n{own}", "utf-8")
    absent = dict.fromkeys(CITY.bundles, "absent")
    written = {
        code: {**HEAD, **(part if "steps" in part else {"steps": part})}  # type: ignore[operator]
        for code, part in bundles.items()
    }
    (place / "bundles.yaml").write_text(yaml.safe_dump({**absent, **written}, allow_unicode=True))
    return load_city(place)


def books(bundle: Bundle, **instead: str) -> dict[str, Rulebook]:
    """The packs of a bundle's services as they ship, or with other texts, by service."""
    services = {step.service for step in bundle.steps.values()}
    return {s: load(instead.get(s) or text(s), f"{s}.yaml") for s in services}


def without_choice(bundle: Bundle) -> Bundle:
    """All of it, and the first of steps that stand for one another."""
    steps = {
        code: replace(step, choice=None) if bundle.is_optional(code) else step
        for code, step in bundle.steps.items()
    }
    return replace(bundle, steps=steps)
