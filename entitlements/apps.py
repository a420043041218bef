"""What is paid by period."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Entitlements(AppConfig):
    name = "entitlements"
    verbose_name = _("Entitlements")
