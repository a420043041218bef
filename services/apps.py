"""What can be applied for."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Services(AppConfig):
    name = "services"
    verbose_name = _("Services")
