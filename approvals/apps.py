"""Applications, and how they are decided."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Approvals(AppConfig):
    name = "approvals"
    verbose_name = _("Approvals")
