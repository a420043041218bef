"""What a program may do, by kind of operation (RFC 6749, section 3.3).

Each operation of the API names its scope in one line of its view: ``scope = APPLICATIONS_READ``,
or by method, ``scope = {"GET": APPLICATIONS_READ, "POST": APPLICATIONS_SUBMIT}``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

APPLICATIONS_READ = "applications:read"
APPLICATIONS_SUBMIT = "applications:submit"
CERTIFICATES = "certificates"
CONSENTS = "consents"
DISPUTES = "disputes"
FILINGS = "filings"
WEBHOOKS = "webhooks"

# each in Chinese and English, as docs/oauth.md and the OpenAPI description show them
SCOPES: Mapping[str, tuple[str, str]] = {
    APPLICATIONS_READ: ("查看本单位代办的办件、决定书和文书", "read what your agency handed in"),
    APPLICATIONS_SUBMIT: (
        "提交、补正、撤回办件，上传材料，提出异议",
        "hand in, correct and take back applications, with their files and disputes",
    ),
    CERTIFICATES: ("核验证照并登记依赖", "verify certificates, and be told when they end"),
    CONSENTS: (
        "查看并答复征求本单位的意见",
        "read and answer what your agency is asked to approve",
    ),
    DISPUTES: ("查看对本单位登记的异议", "read disputes of the registries that your agency keeps"),
    FILINGS: ("查看推送给本单位的备案", "read filings pushed to your agency"),
    WEBHOOKS: ("管理接收地址，查看并重发投递", "mind webhook endpoints and their deliveries"),
}
ALL = frozenset(SCOPES)


def of_operation(view: object, method: str) -> str:
    """Return the scope that a view's operation names; "" where it names none."""
    named = getattr(view, "scope", "")
    return str(named.get(method, "")) if isinstance(named, Mapping) else str(named)


EVERYTHING = "*"  # alone in a list: all of them
SERVICE = re.compile(r"service:([a-z][a-z0-9_]{0,39})")  # which there are, this package cannot know


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a token reaches: operations by scope, and services by code; None: every service."""

    scopes: frozenset[str]
    services: frozenset[str] | None


def reach(*granted: Sequence[Sequence[str]]) -> Reach:
    """Return what lies within each of several pairs: scopes and services, ["*"] for all."""
    operations, services = ALL, None
    for named, codes in granted:
        operations &= ALL if EVERYTHING in named else frozenset(named)
        if EVERYTHING not in codes:
            services = frozenset(codes) if services is None else services & frozenset(codes)
    return Reach(operations, services)


def asked_for(words: Sequence[str], most: Reach) -> tuple[list[str], list[str]] | None:
    """Return the scopes and services of a request (``service:CODE``); None where it goes too far.

    One that names no operation, or no service, asks for all that its client may.
    """
    services = {found[1] for word in words if (found := SERVICE.fullmatch(word))}
    operations = {word for word in words if not SERVICE.fullmatch(word)} or most.scopes
    if not operations or not operations <= most.scopes:
        return None
    if most.services is not None and not services <= most.services:
        return None
    return sorted(operations), sorted(services) or [EVERYTHING]
