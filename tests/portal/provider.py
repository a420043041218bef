"""The demo's provider of log-ins as a process, and a browserless way through its pages."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from django.test import Client
from lxml import html

from config import oidc
from deploy.local.paths import ROOT
from deploy.local.process import Process
from deploy.local.stack import free_port
from tests.plugins import templates

PASSWORD, FACE = "urn:demo:password", "urn:demo:face"
SECRET = "of-this-run-of-tests-and-long-enough-for-HS256"


class RunningProvider:
    """``url`` is the issuer; ``fault`` sets one of demo/provider/faults.py, or none."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._faults = folder / "fault"
        self._process = Process(
            name="provider",
            command=[
                *[sys.executable, "-m", "demo.provider", "--port", str(self.port)],
                *["--site", settings.SITE_URL, "--folder", str(folder)],
                *["--persons", str(templates.PERSONS), "--seed", str(templates.SEED)],
                *["--faults", str(self._faults)],
            ],
            log=folder / "provider.log",
            env={
                "PATH": "/usr/bin:/bin",
                "OIDC_CLIENT_ID": "miaopi",
                "OIDC_CLIENT_SECRET": SECRET,
            },
            cwd=ROOT,
        )

    def start(self) -> None:
        self._process.start()
        ends = time.monotonic() + 60
        while not self._answers():
            assert self._process.is_running and time.monotonic() < ends, self._process.log_tail()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/.well-known/openid-configuration", timeout=5).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        self._process.stop()

    def fault(self, name: str) -> None:
        self._faults.write_text(name)

    def settings(self, seconds: float = 10.0) -> oidc.Provider:
        """Return what the application is set to, with time enough for a busy machine."""
        return oidc.Provider(
            issuer=self.url,
            client="miaopi",
            secret=SECRET,
            scopes="openid profile",
            name_claim="name",
            number_claim="id_number",
            levels={PASSWORD: 2, FACE: 3},
            seconds=seconds,
        )


class Citizen:
    """One browser: ``here`` holds the cookies of the application, ``there`` of the provider."""

    def __init__(self) -> None:
        self.here, self.there = Client(), requests.Session()
        self.there.trust_env = False
        self.passed: list[str] = []  # every address on the way

    def begin(self, **sent: str) -> Any:
        """Press the button of the log-in page."""
        return self.here.post("/login/start/", sent)

    def agree(self, address: str, username: str, acr: str = PASSWORD, allow: bool = True) -> str:
        """Log in at the provider and answer its question; returns whither it sends the browser."""
        page = self.there.get(address, timeout=20)
        self._pass(page)
        if "/login/" in page.url:
            page = self._press(page, username=username, acr=acr)
        answer = self._press(page, follow=False, **({"allow": "1"} if allow else {}))
        self.passed.append(answer.headers["Location"])
        return answer.headers["Location"]

    def _pass(self, page: requests.Response) -> None:
        self.passed += [*(r.headers.get("Location", "") for r in page.history), page.url]

    def _press(self, page: Any, *, follow: bool = True, **fields: str) -> Any:
        form = html.fromstring(page.text).forms[0]
        sent = {**dict(form.form_values()), **fields}
        action = urljoin(page.url, form.get("action") or page.url)
        answer = self.there.post(action, data=sent, allow_redirects=follow, timeout=20)
        self._pass(answer)
        return answer

    def come_back(self, address: str) -> Any:
        """Let the browser follow the provider to the application."""
        assert address.startswith(f"{settings.SITE_URL}/login/back/?")
        parts = urlsplit(address)
        return self.here.get(f"{parts.path}?{parts.query}")

    def log_in(self, username: str = "graduate", acr: str = PASSWORD, **sent: str) -> Any:
        """Go the whole way; returns the answer to the browser that comes back."""
        begun = self.begin(**sent)
        assert begun.status_code == 302, begun.content.decode()
        self.passed.append(begun["Location"])
        return self.come_back(self.agree(begun["Location"], username, acr))

    @property
    def user_id(self) -> str | None:
        """Who is logged in."""
        return self.here.session.get("_auth_user_id")
