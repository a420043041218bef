"""What a program may do, by kind of operation (RFC 6749, section 3.3).

Each operation of the API names its scope in one line of its view: ``scope = APPLICATIONS_READ``,
or by method, ``scope = {"GET": APPLICATIONS_READ, "POST": APPLICATIONS_SUBMIT}``.
"""

from collections.abc import Mapping

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
