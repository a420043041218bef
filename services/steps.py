"""The steps of a proposed edition: who may take one, under which lock, with which Event."""

from __future__ import annotations

import datetime
from typing import Any

import bulk
from ledger import events
from ledger.models import Event
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User
from services.models import Proposal, Service
from services.states import EDGE_OF, ProposalState


def lock_service(code: str) -> Service:
    """Lock a service, which begins to be one with its first proposal."""
    Service.objects.bulk_create([Service(code=code)], ignore_conflicts=True)
    return Service.objects.select_for_update().get(pk=code)


def lock(proposal: int) -> tuple[Service, Proposal]:
    """Lock a proposal and its service, in this order: the service is what races are about."""
    code = Proposal.objects.values_list("service", flat=True).get(pk=proposal)
    service = Service.objects.select_for_update().get(pk=code)
    return service, Proposal.objects.select_for_update(of=("self",)).get(pk=proposal)


def step(
    service: Service,
    proposal: Proposal,
    kind: str,
    *,
    by: object,
    now: datetime.datetime,
    data: dict[str, Any],
) -> None:
    """Write an Event of a locked service about a proposal, and take the edge of that kind.

    The proposal is moved in memory; the caller saves it.
    """
    before = str(proposal.state) if proposal.pk else ""
    if (edge := EDGE_OF.get(kind)) is not None:
        proposal.take_edge(edge)
    named = {"edition": proposal.hash, **({"proposal": str(proposal.pk)} if proposal.pk else {})}
    event = events.append(
        service,
        f"service:{service.code}",
        kind,
        by=by,
        now=now,
        before=before,
        after=str(proposal.state),
        data={**named, **data},
    )
    bulk.insert(Event, [event])
    bulk.update(Service, [service], ["enabled", "events", "head"])
    proposal.events += 1
    proposal.head = event.hash


def require_role(by: Actor, *roles: User.Role) -> None:
    """Raise ``ActionRejected`` (403) unless an officer of one of the roles acts."""
    if by.kind == Kind.OFFICER and by.role in roles:
        return
    words = {
        User.Role.POLICY: ("版本由政策人员提出和发布", "Policy officers propose and publish."),
        User.Role.HEAD: ("更正由部门负责人决定", "A correction is ordered by a head of office."),
    }
    zh, en = words.get(
        roles[0],
        (
            "版本由法制审核人员和技术人员审核",
            "Editions are reviewed by a legal and a technical officer.",
        ),
    )
    raise ActionRejected("not_an_officer", zh, en, status=403)


def nobody_known() -> ActionRejected:
    """Return the refusal of an account of which nobody knows whose it is."""
    zh = "该账号未登记本人身份，不能办理版本；请系统管理员补登"
    en = "It is not known whose account this is; an administrator has to say so first."
    return ActionRejected("no_person", zh, en, status=403)


def settled(found: Proposal) -> ActionRejected:
    """Return the refusal of a step of a proposal that is over."""
    label = ProposalState(found.state)
    zh = f"该提案已办结（{label.value}），请重新提出"
    en = f"This proposal is over ({label.value}); propose the text again."
    return ActionRejected("proposal_over", zh, en)
