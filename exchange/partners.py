"""Other agencies as parties: their API tokens and the secrets of their webhooks.

A token is kept as its SHA-256 and shown once. The two webhook secrets (one for each direction, so
that neither side can speak as the other) are kept encrypted, bound to the partner's code.
"""

import base64
import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from exchange.models import Partner
from ledger import boxes

DEMO: tuple[tuple[str, str, str, list[str]], ...] = (
    # code, Chinese, English, services that it may apply for and see
    ("food", "市场监督管理局食品经营许可科", "Food Licensing, Market Regulation", []),
    ("culture", "文化广电旅游体育局", "Culture, Radio, Television and Tourism", []),
    ("police", "公安局治安管理支队", "Public Security, Licensed Trades", []),
    ("health", "卫生健康委员会", "Health Commission", []),
    ("transport", "交通运输局", "Transport Bureau", []),
    ("tax", "税务局", "Tax Bureau", []),
    # receivers of the filings consolidated into a licence (多证合一)
    ("market", "市场监督管理局", "Market Regulation", []),
    ("labour", "人力资源和社会保障局", "Human Resources and Social Security", []),
    ("statistics", "统计局", "Statistics Bureau", []),
    ("grain", "粮食和物资储备局", "Grain and Reserves", []),
    ("finance", "财政局", "Finance Bureau", []),
    ("housing", "住房和建设局", "Housing and Construction", []),
    ("housing_fund", "住房公积金管理中心", "Housing Fund Centre", []),
    ("agriculture", "农业农村局", "Agriculture Bureau", []),
    ("commerce", "商务局", "Commerce Bureau", []),
    ("customs", "海关", "Customs", []),
    ("press", "新闻出版局", "Press and Publication", []),
    ("weather", "气象局", "Meteorological Bureau", []),
    ("window", "政务服务大厅综合窗口", "One-stop service hall", ["*"]),
    ("university", "鹏湾大学就业指导中心", "Pengwan University", ["graduate_settlement"]),
)  # fmt: skip


@dataclass(frozen=True)
class Credentials:
    """What a partner must be told once, over a safe channel; ``whsec_`` as Standard Webhooks."""

    code: str
    token: str
    webhook_secret: str  # checks what we send
    inbound_secret: str  # signs what it sends

    def __repr__(self) -> str:
        return f"Credentials({self.code})"


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def by_token(token: str) -> Partner | None:
    """Return the active partner with this API token, or None."""
    return Partner.objects.filter(token_hash=token_hash(token), active=True).first()


def _whsec(secret: bytes) -> str:
    return "whsec_" + base64.b64encode(secret).decode()


def _lock(code: str, secret: bytes) -> bytes:
    return boxes.lock("partner", secret, code.encode())


def _unlock(code: str, sealed: bytes | memoryview | None) -> str:
    if sealed is None:
        raise boxes.Tampered(f"partner {code} has no webhook secret")
    secret, bound = boxes.unlock("partner", bytes(sealed))
    if bound != code.encode():
        raise boxes.Tampered(f"the secret of partner {code} was moved from another row")
    return _whsec(secret)


def webhook_secret(partner: Partner) -> str:
    """Return the secret that signs what we send it; raises ``ledger.boxes.Tampered``."""
    return _unlock(partner.code, partner.webhook_secret)


def inbound_secret(partner: Partner) -> str:
    """Return the secret that signs what it sends us; raises ``ledger.boxes.Tampered``."""
    return _unlock(partner.code, partner.inbound_secret)


def renew(partner: Partner) -> Credentials:
    """Give the partner (unsaved or saved) a new token and new secrets, and save it."""
    token, outgoing, incoming = (
        secrets.token_urlsafe(32),
        secrets.token_bytes(32),
        secrets.token_bytes(32),
    )
    partner.token_hash = token_hash(token)
    partner.webhook_secret = _lock(partner.code, outgoing)
    partner.inbound_secret = _lock(partner.code, incoming)
    partner.save()
    return Credentials(partner.code, token, _whsec(outgoing), _whsec(incoming))


def listens(code: str, url: str) -> None:
    """Say where a partner takes our webhooks now; what waited for it goes out again at once."""
    partner = Partner.objects.get(code=code)
    partner.webhook_url, partner.quiet_until, partner.strikes = url, None, 0
    partner.save(update_fields=["webhook_url", "quiet_until", "strikes"])


def make() -> list[Credentials]:
    """Make those demo partners that are missing; returns the credentials of the new ones.

    In a demo each partner's credentials are also left in its own file (``credentials_file``),
    because its process holds its own keys and nothing of ours.
    """
    known = set(Partner.objects.values_list("code", flat=True))
    made = [
        renew(Partner(code=code, name_zh=zh, name_en=en, services=services))
        for code, zh, en, services in DEMO
        if code not in known
    ]
    for credentials in made:
        keep(credentials)
    return made


def credentials_file(code: str) -> Path:
    return Path(settings.KEYS_DIR) / "partners" / f"{code}.json"


def keep(credentials: Credentials) -> None:
    """Leave a demo partner's credentials where its own process finds them (mode 0600)."""
    if not settings.DEMO:
        return
    path = credentials_file(credentials.code)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(vars(credentials), file, indent=1)
