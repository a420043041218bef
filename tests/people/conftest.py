"""An officer with a second factor, in a city of that office alone."""

from collections.abc import Iterator

import pytest

from ledger import keys, rotation
from people.models import Office, User
from tests.people.passkeys import DOMAIN, ORIGIN, make


@pytest.fixture
def officer(db, settings, tmp_path, now) -> Iterator[User]:
    settings.KEYS_DIR, settings.KEY_MAKERS = tmp_path / "keys", ()
    keys.cache.forget()
    rotation.make(now)
    settings.SECOND_FACTOR = True
    settings.PASSKEY_DOMAIN, settings.PASSKEY_ORIGINS = DOMAIN, [ORIGIN]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    Office.objects.get_or_create(
        code="hrss", defaults={"name_zh": "人", "name_en": "H", "uscc": "1" * 18}
    )
    yield make("chen")
    keys.cache.forget()
