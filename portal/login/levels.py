"""How surely it is known who logged in: levels of assurance, and what each service needs.

1: a password of ours. 2: a provider knows name and number from a check of an identity card (实名).
3: the person was seen or used a chip or a key at this very log-in (实人): a face compared with the
register, an electronic identity card. They follow the three levels of Regulation (EU) 910/2014,
article 8 (low, substantial, high); which ``acr`` of a provider is which stands in ``OIDC_LEVELS``.
"""

from collections.abc import Mapping
from enum import IntEnum

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

_KEY = "login_level"


class Level(IntEnum):
    LOW = 1
    SUBSTANTIAL = 2
    HIGH = 3


def of_acr(acr: object) -> Level:
    """Return our level of what the provider says; what it does not say, or we not know, is low."""
    levels: Mapping[str, int] = settings.OIDC.levels if settings.OIDC else {}
    return Level(levels.get(acr, Level.LOW)) if isinstance(acr, str) else Level.LOW


def acr_values(level: Level) -> str:
    """Return what to ask the provider for (``acr_values``): all that reach a level."""
    levels: Mapping[str, int] = settings.OIDC.levels if settings.OIDC else {}
    return " ".join(acr for acr, reached in levels.items() if reached >= level)


def note(session: SessionBase, level: Level) -> None:
    """Keep in the session how surely it is known who logged in."""
    session[_KEY] = int(level)


def reached(session: SessionBase) -> Level:
    """Return how surely it is known whose session this is; a persona of a demo is known best."""
    return Level(session.get(_KEY, Level.HIGH if settings.DEMO else Level.LOW))


def required(service: str) -> Level:
    """Return the level that applying for a service needs."""
    return Level(settings.SERVICE_LEVELS.get(service, settings.LOGIN_LEVEL))
