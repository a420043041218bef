"""Departments as processes of their own, with the published client and their own keys alone."""

import os
import subprocess
import sys
import time
import uuid

import pytest
from django.db import transaction

from certificates.actions import Order, issue, remind
from certificates.models import Certificate, Filing
from exchange import partners
from exchange.models import WebhookDelivery
from ledger.clock import now
from people.actors import CLOCK, ENGINE
from tests import endpoints
from tests.certificates.conftest import rulebook
from tests.certificates.test_browser import site  # noqa: F401 - the whole site on loopback
from tests.certificates.test_filing import item

MANNERS = {"police": "grant", "housing_fund": "deny", "customs": "never"}
DOWN = "tax"


@pytest.fixture
def departments(site, settings):  # noqa: F811
    """One accepts, one returns, one ignores; a fourth is down."""
    partners.make(now())
    running = []
    env = {**os.environ, "DATABASE_URL": "postgresql://nobody@/none?host=/nowhere"}
    env["KEYS_DIR"] = str(settings.KEYS_DIR)  # of which it reads its own credentials only
    for code, manner in MANNERS.items():
        command = [sys.executable, "manage.py", "partner", "serve", code, "--answer", manner]
        process = subprocess.Popen(
            [*command, "--site", site], stdout=subprocess.PIPE, text=True, env=env
        )
        running.append(process)
        url = process.stdout.readline().split()[-1]
        endpoints.listen(code, url)
    endpoints.listen(DOWN, "http://127.0.0.1:9/hook")
    yield
    for process in running:
        process.terminate()
        process.wait(5)
        process.stdout.close()


@pytest.fixture
def licence(departments):
    codes = [*MANNERS, DOWN]
    book = rulebook(filings=[item(code, code) for code in codes], number="uscc:91", valid="")
    order = Order(
        application="LC-DEPARTMENTS",
        rulebook=book,
        holder="a" * 32,
        holder_name="李四",
        holder_masked="1101**********002X",
        filings=book.filings,
        printed={"name": "恒瑞", "level": "公司"},
        office="market",
        region="440305",
        decided_at=now(),
        decision=uuid.uuid4(),
        receipt=b"{}",
    )
    with transaction.atomic():
        return issue([order], by=ENGINE, now=now())[0]


def states():
    return {f.item: str(f.state) for f in Filing.objects.all()}


def wait_for(expected, seconds=15):
    ends = time.monotonic() + seconds
    while states() != expected and time.monotonic() < ends:
        time.sleep(0.05)
    assert states() == expected


@pytest.mark.browser  # slow as a browser test, and as near to the world
def test_the_ledger_shows_what_each_department_did(licence, settings):
    for code in (*MANNERS, DOWN):
        endpoints.deliver(code)
    expected = {"police": "accepted", "housing_fund": "returned"}
    wait_for({**expected, "customs": "pushed", "tax": "pushed"})
    assert Filing.objects.get(item="police").receipt.startswith("POLICE-")
    assert Filing.objects.get(item="housing_fund").reason
    assert endpoints.sent(DOWN).state == "due"  # tried, to be tried again
    settings.FILING_ANSWER_SECONDS = 1
    Filing.objects.filter(state="pushed").update(answer_by=now())
    time.sleep(0.01)
    assert remind(by=CLOCK, now=now()) == 2
    endpoints.deliver("customs")
    wait_for({**expected, "customs": "overdue", "tax": "overdue"})
    delivered = WebhookDelivery.objects.filter(state="delivered")
    counts = {code: delivered.filter(endpoint__partner=code).count() for code in (*MANNERS, DOWN)}
    assert counts == {"police": 1, "housing_fund": 1, "customs": 2, "tax": 0}
    assert Certificate.objects.get(pk=licence.pk).state == "valid"
