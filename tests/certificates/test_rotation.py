"""Keys change while certificates are issued and checked; nothing ever fails verification (I12)."""

import datetime as dt

import pytest

from certificates.actions import issue
from certificates.queries import public_view
from certificates.verification import offline
from ledger import keys, rotation, signatures
from people.actors import ENGINE

pytestmark = pytest.mark.django_db


def test_twenty_rotations_with_an_old_worker_alive_lose_nothing(order, now, monkeypatch):
    worker = keys.cache  # reads its folder again only when it must, as a process of its own
    reader = keys._Cache()
    made, kids = [], set()
    for turn in range(20):
        monkeypatch.setattr(keys, "cache", worker)
        made += issue([order()], by=ENGINE, now=now)
        monkeypatch.setattr(keys, "cache", keys._Cache())  # the operator's process
        rotation.rotate("certificate", now + dt.timedelta(seconds=turn))
        monkeypatch.setattr(keys, "cache", worker)  # still holds the key before
        made += issue([order()], by=ENGINE, now=now)
        worker.forget()
        made += issue([order()], by=ENGINE, now=now)  # now with the new one
        monkeypatch.setattr(keys, "cache", reader)
        for certificate in made[-3:]:
            assert public_view(certificate, now)["state"] == "valid"
            kids.add(certificate.kid)
    assert len(kids) >= 20
    published = offline.keys_of(signatures.jwks())
    assert all(offline.check(c.jws, published, now.date()).kid == c.kid for c in made)
    assert len(made) == 60


def test_a_set_fetched_before_a_rotation_still_checks_what_was_issued_before_it(order, now):
    (old,) = issue([order()], by=ENGINE, now=now)
    before = offline.keys_of(signatures.jwks())
    rotation.rotate("certificate", now)
    (new,) = issue([order()], by=ENGINE, now=now)
    assert new.kid != old.kid
    assert offline.check(old.jws, before, now.date())
    with pytest.raises(offline.Forged, match="not ours"):
        offline.check(new.jws, before, now.date())
