"""Who acts, and how they are protected."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class People(AppConfig):
    name = "people"
    verbose_name = _("People")
