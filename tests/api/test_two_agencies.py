"""What is one agency's is not there for another: each operation of the document, as it is."""

from __future__ import annotations

import json
import re
from typing import Any

from approvals import actions
from approvals.models import Dispute
from exchange import routing
from exchange.models import Endpoint, Partner, WebhookDelivery
from ledger.clock import now
from people.actors import agency
from tests.api.document import operations
from tests.approvals.program import PATH, Program, rows
from tests.approvals.test_what_is_sent import World, decided, world

__all__ = ["decided", "world"]  # fixtures

OWNER, OTHER = "window", "university"
# of everybody: whoever asks is answered alike
OPEN = {"services", "service", "bundles", "certificate", "keys", "statusList", "personas"}
# about what the caller itself has, wherever its address has no name of anything
OWN = {"sendMessage", "material", "precheck"}


def names_of(decided: World) -> dict[str, dict[str, str]]:
    """What the owner has, for the parameters of each kind of address."""
    case = next(a for a in decided.applications if a.state == "review")
    waiting = next(a for a in decided.applications if a.state == "waiting")
    approved = next(a for a in decided.applications if a.state == "approved")
    documents = Program(OWNER).get(f"{PATH}/{approved.number}/documents").json["documents"]
    routing.route(OWNER, now())
    delivery = WebhookDelivery.objects.filter(endpoint__partner=OWNER).first()
    claim = actions.Claim("alive", "是", "登记有误")
    by = agency(Partner.objects.get(code=OWNER))
    actions.open_dispute(number=case.number, claim=claim, by=by, now=now())
    dispute = Dispute.objects.exclude(partner=None).first()
    assert documents and delivery and dispute and dispute.partner_id != OTHER
    return {
        "applications": {
            "number": case.number,
            "item": "food",
            "key": documents[0]["file"].rpartition("/")[2],
            "answerConsent": waiting.number,
            "document": approved.number,
        },
        "webhooks": {
            "key": str(Endpoint.objects.get(partner=OWNER).pk),
            "delivery": str(delivery.pk),
        },
        "disputes": {"key": str(dispute.pk), "digest": "0" * 64},
        "bundle-cases": {"number": "MP20260101ABCDEFGHJK"},
    }


BODIES: dict[str, Any] = {
    "correct": {"answers": {}},
    "answerConsent": {"granted": True},
    "dispute": {"fact": "alive", "claim": "是", "reason": "登记有误"},
    "changeEndpoint": {"url": "https://agency.example/other/"},
}


def test_another_agency_finds_nothing_and_changes_nothing(decided: World) -> None:
    names, tried = names_of(decided), set()
    other, before = Program(OTHER), rows()
    for name, (method, path, _) in operations().items():
        wanted = re.findall(r"{(\w+)}", path)
        if name in OPEN | OWN or not wanted:
            continue
        kind = path.split("/")[3]
        values = names[kind]
        assert set(wanted) <= set(values), f"{name}: whose is {wanted}?"
        of_its_own = {"number": values[name]} if name in values else {}
        address = path.format(**values | of_its_own)
        body = json.dumps(BODIES.get(name, {})).encode()
        reply = other.ask(method, address, b"" if method == "GET" else body, If_None_Match="*")
        assert reply.status == 404, (name, reply.status, reply.raw[:300])
        tried.add(name)
    assert len(tried) >= 14
    assert rows() == before
    assert Endpoint.objects.get(partner=OWNER).ended == ""


def test_lists_of_another_agency_are_empty_and_its_replays_send_nothing(decided: World) -> None:
    mine = {a.number for a in decided.applications}
    names = names_of(decided)
    mine |= {names["webhooks"]["key"], names["webhooks"]["delivery"]}
    other, listed = Program(OTHER), 0
    for name, (method, path, _) in operations().items():
        if method != "GET" or "{" in path or name in OPEN:
            continue
        reply = other.get(path)
        assert reply.status == 200, (name, reply.raw[:300])
        assert [one for one in mine if one.encode() in reply.raw] == [], name
        listed += 1
    assert listed >= 4
    replays = {"deliveries": [names["webhooks"]["delivery"]]}
    reply = other.send("POST", "/api/v1/webhooks/replays", replays)
    assert (reply.status, reply.json) == (200, {"replayed": 0})


def test_the_owner_finds_what_the_other_does_not(decided: World) -> None:
    """Else an address that is nobody's would pass."""
    names, owner = names_of(decided), Program(OWNER)
    number = names["applications"]["number"]
    for address in ("", "/receipt", "/documents"):
        assert owner.get(f"{PATH}/{number}{address}").status == 200
    documents = f"{PATH}/{names['applications']['document']}/documents"
    assert owner.get(f"{documents}/{names['applications']['key']}").status == 200
    keeper = Program(str(Dispute.objects.get(pk=names["disputes"]["key"]).partner_id))
    assert keeper.get(f"/api/v1/disputes/{names['disputes']['key']}").status == 200
    changed = owner.send(
        "PUT", f"/api/v1/webhooks/endpoints/{names['webhooks']['key']}", BODIES["changeEndpoint"]
    )
    assert changed.status == 200
