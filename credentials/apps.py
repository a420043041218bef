"""Credentials for wallets: certificates as SD-JWT VCs, issued and checked by OpenID4VC."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Credentials(AppConfig):
    name = "credentials"
    verbose_name = _("Wallet credentials")
