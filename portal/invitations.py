"""A link by which a co-signer finds what to sign: the applicant may hand it on.

It opens nothing by itself: whoever follows it logs in as who they are, and finds the page only if
they are the one who was asked. It names nobody, and ends with the term to sign.
"""

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from approvals import queries
from approvals.models import Cosignature
from people.actors import Actor

SALT = "portal.invitation"


def address(row: Cosignature) -> str:
    """Return the link of one who is asked to sign, whole, to be copied into a message."""
    token = signing.Signer(salt=SALT).sign(row.pk.hex)
    return settings.SITE_URL + reverse("portal:invitation", args=[token])


def invited(token: str, by: Actor) -> Cosignature | None:
    """Return what a link asks ``by`` to sign.

    None: it is forged or over, was answered, or was handed to somebody else; which, is not said.
    """
    try:
        key = uuid.UUID(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    return next((row for row in queries.to_confirm(by) if row.pk == key), None)
