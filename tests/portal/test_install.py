"""The portal on a phone's home screen: what is stored there is public, and pages are small."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from deploy import icons
from tests.portal.test_browser import become, fill, submit
from tests.portal.test_switching import citizen

FIRST, MOST = 60_000, 150_000  # bytes that a page may transfer, all its files together


@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("language", "name"), [("zh-hans", "政务服务"), ("en", "e-services")])
def test_the_manifest_is_in_the_readers_language(language: str, name: str) -> None:
    made = Client(headers={"Accept-Language": language}).get("/manifest.webmanifest").json()
    assert name in made["name"] and made["short_name"] == name
    assert made["display"] == "standalone" and made["start_url"] == "/"
    for icon in made["icons"]:
        file = icons.FOLDER / icon["src"].rpartition("/")[2]
        with Image.open(file) as image:
            assert f"{image.width}x{image.height}" == icon["sizes"]


@pytest.mark.parametrize("name", icons.ICONS)
def test_icons_are_as_they_are_drawn(name: str) -> None:
    with Image.open(icons.FOLDER / f"{name}.png") as image:
        assert image.convert("RGBA").tobytes() == icons.draw(*icons.ICONS[name]).tobytes()


@pytest.mark.usefixtures("furnished")
def test_the_page_without_network_names_nobody() -> None:
    page = citizen().get("/offline/").content.decode()
    assert page == Client().get("/offline/").content.decode()
    assert "没有网络" in page and "No network" in page


@pytest.mark.usefixtures("furnished")
def test_files_are_sent_compressed_and_pages_are_not() -> None:
    client = Client(headers={"Accept-Encoding": "gzip"})
    answer = client.get("/static/portal/portal.css")
    sent = b"".join(answer.streaming_content)
    assert answer["Content-Encoding"] == "gzip"
    assert gzip.decompress(sent) == (icons.FOLDER / "portal.css").read_bytes()
    assert not client.get("/").has_header("Content-Encoding")
    picture = client.get("/static/portal/icon-192.png")
    assert not picture.has_header("Content-Encoding")
    picture.close()


@pytest.mark.browser
def test_without_network_a_page_says_so_and_nothing_personal_is_stored(
    stack: Any, page: Any, home: str
) -> None:
    become(page, stack.url, "graduate")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.goto(f"{stack.url}/cases/")
    fill(page, stack.url, home)
    stored = page.evaluate(
        """async () => {
            const found = {};
            for (const name of await caches.keys())
                for (const request of await (await caches.open(name)).keys())
                    found[new URL(request.url).pathname] =
                        await (await caches.match(request)).text();
            return found;
        }"""
    )
    assert set(stored) == {
        *("/static/portal/portal.css", "/static/portal/site.js", "/static/portal/icon.svg"),
        "/offline/",
    }
    assert not any(home in text or "退出" in text for text in stored.values())
    assert page.evaluate("Object.keys(localStorage)") in ([], ["session-seen"])
    page.context.set_offline(True)
    page.goto(f"{stack.url}/cases/")
    assert page.text_content("h1") == "没有网络"
    page.context.set_offline(False)
    page.click("text=再试一次")
    page.wait_for_selector("text=登录 >> nth=0", state="attached")


@pytest.mark.browser
def test_pages_are_small_enough_for_a_slow_phone(stack: Any, browser: Any, home: str) -> None:
    """Bytes as they come over the line, by the browser's own count, with an empty cache."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", service_workers="block"
    )
    page = context.new_page()
    measured: dict[str, float] = {}
    chrome = context.new_cdp_session(page)
    chrome.send("Network.enable")
    chrome.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    chrome.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    def note(name: str) -> None:
        page.wait_for_load_state("networkidle")
        measured[name] = sum(sizes)
        sizes.clear()

    page.goto(stack.url)
    note("home")
    become(page, stack.url, "graduate")
    note("login and home")
    page.goto(f"{stack.url}/services/limited_company/apply/")
    note("longest form")
    fill(page, stack.url, home)
    note("form and check")
    submit(page)
    note("result")
    context.close()
    assert 0 < measured["home"] <= FIRST, measured
    assert all(0 < size <= MOST for size in measured.values()), measured
