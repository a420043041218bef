"""docs/running.md, followed word by word on an empty database, without a demo."""

import datetime as dt
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from stdnum.cn import ric

from deploy.local.process import Process
from deploy.local.stack import free_port
from tests.plugins.environment import with_database

ROOT = Path(__file__).parents[2]
PYTHON = ".venv/bin/python"
pytestmark = [pytest.mark.slow]
REVIEWED = """
from ledger.clock import now
from people.actors import officer
from people.models import User
from services.models import Proposal
from services.reviews import Opinion, review
for one in Proposal.objects.all():
    for name in ("legal", "technical"):
        by = officer(User.objects.get(username=name))
        review(one.pk, Opinion(True, "已逐条核对，同意", one.hash), by=by, now=now())
"""


def lines() -> list[str]:
    """The commands of "the first start", as the document has them."""
    text = (ROOT / "docs" / "running.md").read_text()
    block = text[text.index("4. The first start") :]
    block = block[block.index("```sh") + 5 : block.index("```", block.index("```sh") + 5)]
    return [line.split("  #")[0].strip() for line in block.splitlines() if line.strip()]


def number(place: int = 12) -> str:
    """An ID number of nobody (GB 11643): an adult's, with its check digit; each place another."""
    body = f"44010419900817{place:03}"
    return body + ric.calc_check_digit(body + "0")


def city(folder: Path) -> None:
    """A city that extends the sample one, with one small service of its own."""
    folder.mkdir()
    (folder / "city.yaml").write_text(
        "zh: 新城市\nen: New City\ncode: '440300'\ntime_zone: Asia/Shanghai\n"
        f"default_office: data\nextends: {os.path.relpath(ROOT / 'cities/sample', folder)}\n"
    )


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The name of a database of this test's own, on the tests' server."""
    name = f"miaopi_test_first_{secrets.token_hex(3)}"
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER miaopi_owner TEMPLATE template0")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment(folder: Path, port: int, database: str) -> dict[str, str]:
    urls = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return {
        **{url: with_database(os.environ[url], database) for url in urls},
        "REDIS_URL": os.environ["REDIS_URL"].partition("?")[0] + "?db=15",
        **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")},
        "CITY": str(folder / "city"),
        "DEMO": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SITE_URL": f"https://127.0.0.1:{port}",
        "PROXY_COUNT": "1",
        "KEYS_DIR": str(folder / "keys"),
        "KEYS_ROOT": str(folder / "root.pem"),
        "HEADS_DIR": str(folder / "heads"),
        "STATIC_ROOT": str(folder / "static"),
        "PDF_DIR": str(folder / "papers"),
        "LOG_LEVEL": "WARNING",
    }


def run(command: list[str], env: dict[str, str], cwd: Path, typed: str = "") -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False,
        input=typed,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def manage(line: str, env: dict[str, str], folder: Path) -> str:
    """Run a line of the document in ``folder``, with this environment's Python.

    Each officer's own ID number is typed where a command asks for one.
    """
    assert line.startswith(f"{PYTHON} manage.py "), line
    words = line.removeprefix(f"{PYTHON} manage.py ").split()
    typed = f"{number(100 + len(line))}\n"  # the lines of two officers differ in length
    return run([sys.executable, str(ROOT / "manage.py"), *words], env, folder, typed)


def ask(url: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
    """Apply as the service hall's program does, for the citizen at the counter."""
    answer = requests.post(
        f"{url}/api/v1/applications",
        json=body,
        headers={
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": f"first-{secrets.token_hex(8)}",
            "Prefer": "wait=5",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "127.0.0.1",
        },
        timeout=20,
    )
    assert answer.status_code in (201, 202), answer.text
    return dict(answer.json())


def wait_for(url: str, seconds: float = 40) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            if requests.get(f"{url}/health/", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise AssertionError("the web process does not answer")


def test_a_city_starts_with_its_own_people_and_decides_a_case(
    tmp_path: Path, empty_database: str
) -> None:
    started: list[Process] = []
    try:
        port = free_port()
        env = environment(tmp_path, port, empty_database)
        city(tmp_path / "city")
        (tmp_path / "city" / "services").mkdir()
        run(
            [sys.executable, str(ROOT / "manage.py"), "pack", "new", "bus_pass"],
            env,
            tmp_path,
        )
        (tmp_path / "officers.csv").write_text(
            f"username,name,role,office,region,number\nwang,王建国,clerk,hrss,,{number(13)}\n"
            f"policy,高远,policy,data,,{number(14)}\nlegal,韩正,legal,data,,{number(15)}\n"
            f"technical,丁岚,technical,data,,{number(16)}\n"
        )
        person = number()
        (tmp_path / "population.csv").write_text(
            "key,name,sex,born,alive,hukou_region,hukou_city,capacity\n"
            f"{person},张三,男,1990-08-17,true,440104,4401,full\n"
        )
        printed = {}
        for line in lines():
            if "pack publish" in line:  # what the officers do at the desk in between
                run(
                    [sys.executable, str(ROOT / "manage.py"), "shell", "-c", REVIEWED],
                    env,
                    tmp_path,
                )
            printed[line] = manage(line, env, tmp_path)
        text = "".join(printed.values())
        assert "published bus_pass v1" in text and "population: 1 records" in text
        assert re.search(r"^admin: password \S+$", text, re.M)
        assert re.search(
            r"^wang: password \S+ \(proposed by admin, confirmed by admin2\)$", text, re.M
        )
        people = manage(f"{PYTHON} manage.py officers list", env, tmp_path).splitlines()
        names = [line.split()[0] for line in people]
        assert names == [
            "admin",
            "admin2",
            "legal",
            "policy",
            "technical",
            "wang",
        ]  # none fictional
        token = re.search(r"^window: token=(\S+)", text, re.M)
        assert token is not None

        web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
        web += [
            "--port",
            str(port),
            "--blocking-threads",
            "8",
            "--no-ws",
            "config.wsgi:application",
        ]
        for name, command in (
            ("web", web),
            ("engine", [sys.executable, str(ROOT / "manage.py"), "engine"]),
        ):
            more = {"DATABASE_POOL": "4"} if name == "web" else {}
            process = Process(
                name=name,
                command=command,
                log=tmp_path / f"{name}.log",
                env=env | more,
                cwd=ROOT,
                pid_file=tmp_path / f"{name}.pid",
            )
            process.start()
            started.append(process)
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        case = ask(
            url,
            token[1],
            {
                "service": "bus_pass",
                "edition": 1,
                "applicant": {"kind": "person", "number": person, "name": "张三"},
                "answers": {"consent": True},
            },
        )
        assert case["state"] == "approved", json.dumps(case, ensure_ascii=False)
        assert dt.datetime.fromisoformat(case["submitted_at"]).tzinfo is not None
        home = requests.get(url, headers={"X-Forwarded-Proto": "https"}, timeout=10)
        assert "虚构" not in home.text and "新城市" in home.text
    finally:
        for process in started:
            process.stop()
