"""What somebody sends to the desk who changes what its pages hold, and what was written."""

import re
from typing import Any

from django.test import Client

from approvals.models import Application
from certificates.models import Certificate
from ledger.models import Event

LIST = "/desk/approvals/application/"
REASON = "经核对原件与学校出具的书面证明，情况属实"


def again(case: Application) -> Application:
    return Application.objects.get(pk=case.pk)


def post(client: Client, case: Application, form: Any) -> Any:
    """Press a button of the case's page; ``form`` is a mapping or pairs."""
    data = form if isinstance(form, dict) else _pairs(form)
    return client.post(f"{LIST}{case.pk}/do/", data)


def _pairs(form: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in form:
        found.setdefault(name, []).append(value)
    return found


def problem(answer: Any) -> str:
    """Return the sentence that the page says; a page of its own says that a text is none."""
    body = answer.content.decode()
    found = re.search(r'role="alert"[^>]*><strong>.*?</strong>(.*?)</div>', body)
    if found is None and answer.status_code == 400:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", body)
    return found[1].strip() if found else ""


class Unchanged:
    """Nothing was written meanwhile but traces of reading."""

    def __init__(self) -> None:
        self.before = self.state()

    @staticmethod
    def state() -> tuple[Any, ...]:
        cases = Application.objects.order_by("pk").values_list(
            "pk", "state", "events", "taken_by", "office", "region", "due_at", "round"
        )
        events = Event.objects.exclude(subject__startswith="rows:people_reading").count()
        return list(cases), events

    def holds(self) -> bool:
        return self.state() == self.before


def press(client: Client, paper: Certificate, **form: Any) -> Any:
    """Press a button of a certificate's page; its version is the one in force unless said."""
    form.setdefault("version", str(Certificate.objects.get(pk=paper.pk).events))
    return client.post(f"/desk/certificates/certificate/{paper.pk}/do/", form)
