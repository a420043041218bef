"""Whom settings let in: a provider is configured whole, and personas never where a city is."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from config import oidc
from deploy.check import PRODUCTION
from deploy.local.paths import ROOT

HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
WHOLE = {
    "OIDC_ISSUER": "https://id.example/realm",
    "OIDC_CLIENT_ID": "miaopi",
    "OIDC_CLIENT_SECRET": "secret",
}


def read(monkeypatch: pytest.MonkeyPatch, **values: str) -> Any:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return oidc.provider(Env())


def test_a_provider_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = read(monkeypatch, **WHOLE, OIDC_LEVELS="https://id.example/acr?x=1=3, low=1")
    assert made.levels == {"https://id.example/acr?x=1": 3, "low": 1}
    assert made.origin == "https://id.example"


@pytest.mark.parametrize(
    "wrong",
    [
        {"OIDC_ISSUER": "http://id.example"},  # names and numbers would pass in clear
        {"OIDC_ISSUER": "https://id.example/?realm=1"},
        {"OIDC_CLIENT_SECRET": ""},
        {"OIDC_CLIENT_ID": ""},
        {"OIDC_SCOPES": "profile"},
        {"OIDC_SECONDS": "0"},
        {"OIDC_LEVELS": "low=4"},
        {"OIDC_LEVELS": "low"},
    ],
)
def test_half_a_provider_stops_the_process(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    with pytest.raises(ImproperlyConfigured):
        read(monkeypatch, **{**WHOLE, **wrong})


@pytest.mark.parametrize(
    ("site", "hosts", "issuer"),
    [
        ("https://miaopi.example", HOSTS, ""),
        ("http://127.0.0.1:8000", [*HOSTS, "miaopi.example"], ""),
        ("http://127.0.0.1:8000", ["*"], ""),
        ("http://127.0.0.1:8000", HOSTS, "https://id.example"),
    ],
)
def test_personas_are_refused_where_a_city_could_be_reached(
    site: str, hosts: list[str], issuer: str
) -> None:
    with pytest.raises(ImproperlyConfigured):
        oidc.require_local_demo(site, hosts, issuer, "")


def test_a_demo_is_at_home_on_this_machine_or_at_the_host_that_is_named() -> None:
    oidc.require_local_demo("http://127.0.0.1:8000", HOSTS, "http://127.0.0.1:9000", "")
    shown = [*HOSTS, "demo.example"]
    oidc.require_local_demo("https://demo.example", shown, "", "demo.example")
    with pytest.raises(ImproperlyConfigured):
        oidc.require_local_demo("https://demo.example", shown, "https://id.example", "demo.example")


def test_a_process_of_production_with_personas_does_not_start() -> None:
    env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    ran = subprocess.run(
        [sys.executable, "manage.py", "diagram"],
        cwd=ROOT,
        env={**env, **PRODUCTION, "DEMO": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode and "DEMO lets anybody in as a persona" in ran.stderr
