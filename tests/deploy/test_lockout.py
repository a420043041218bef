"""Wrong passwords through a real nginx with the example of the docs: who is stopped, who is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from demo import accounts
from deploy.local.stack import Stack
from tests.deploy.test_nginx import Proxy, require_nginx

pytestmark = [pytest.mark.full, pytest.mark.slow]
TOKEN = "a" * 32  # the secret of a form and of its cookie, which must be the same
GUESSER, OFFICER = "127.0.7.1", "127.0.7.2"
# nginx's own limits, out of the way of those behind it
WITHOUT = {"rate=10r/m": "rate=6000r/m", "burst=10 ": "burst=1000 "}
Behind = Callable[..., Proxy]


@pytest.fixture(scope="module")
def started(
    prepared_stack: tuple[Stack, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    """Start a web process that believes so many proxies, and one nginx in front of it: once."""
    require_nginx()
    running: dict[str, tuple[Stack, Proxy]] = {}

    def start(proxies: int, changes: dict[str, str] | None = None, **settings: str) -> Proxy:
        key = repr((proxies, changes, settings))
        if key not in running:
            folder = tmp_path_factory.mktemp("behind")
            env = prepared_stack[0].env | {"PROXY_COUNT": str(proxies), **settings}
            stack = Stack(env, folder)
            stack.start("web")
            running[key] = stack, Proxy(folder, stack.port, changes)
        return running[key][1]

    yield start
    for stack, proxy in running.values():
        proxy.stop()
        stack.stop("web")


@pytest.fixture
def behind(started: Behind, live: Stack) -> Behind:
    """``started``, with a database and a Redis that know of no wrong password yet."""
    return started


def log_in(proxy: Proxy, source: str, password: str, claims: str = "") -> int:
    """Post the desk's form as a browser does, from a loopback address of its own."""
    sent = {"username": "clerk-hrss", "password": password, "csrfmiddlewaretoken": TOKEN}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrf={TOKEN}",
        "Referer": "https://127.0.0.1/desk/login/",
        **({"X-Forwarded-For": claims, "X-Real-IP": claims} if claims else {}),
    }
    return proxy.ask("POST", "/desk/login/", urlencode(sent).encode(), headers, source)[0]


def test_sixty_guesses_stop_their_address_and_no_other(behind: Behind) -> None:
    proxy, password = behind(1, WITHOUT, RATES="0"), accounts.password()
    guesses = [log_in(proxy, GUESSER, f"wrong-{n}") for n in range(60)]
    assert guesses == [200] * 9 + [429] * 51
    assert log_in(proxy, GUESSER, password) == 429  # not even with the right one
    assert log_in(proxy, GUESSER, password, claims=OFFICER) == 429  # nor as if from elsewhere
    assert log_in(proxy, OFFICER, password) == 302


def test_an_address_that_is_claimed_counts_for_nobody(behind: Behind) -> None:
    proxy, password = behind(1, WITHOUT, RATES="0"), accounts.password()
    guesses = [log_in(proxy, GUESSER, f"wrong-{n}", claims=OFFICER) for n in range(15)]
    assert guesses == [200] * 9 + [429] * 6
    assert log_in(proxy, OFFICER, password) == 302
    changing = [log_in(proxy, "127.0.7.3", f"wrong-{n}", claims=f"9.9.9.{n}") for n in range(15)]
    assert changing == [200] * 9 + [429] * 6


def test_with_the_example_as_it_is_guesses_end_and_the_officer_comes_in(behind: Behind) -> None:
    proxy = behind(1)
    guesses = [log_in(proxy, GUESSER, f"wrong-{n}") for n in range(60)]
    assert set(guesses) == {200, 429} and guesses.count(200) <= 9
    assert log_in(proxy, OFFICER, accounts.password()) == 302


def test_ready_says_whether_the_number_of_proxies_fits(behind: Behind) -> None:
    for proxies, said in ((1, "ok"), (0, "doubtful"), (2, "doubtful")):
        proxy = behind(proxies, WITHOUT, RATES="0")
        assert proxy.ask("GET", "/verify/x")[0] == 404  # a page that is counted by address
        assert json.loads(proxy.ask("GET", "/ready/")[2])["addresses"] == said
