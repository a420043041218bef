"""What those who run a city look at."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Operations(AppConfig):
    name = "operations"
    verbose_name = _("Operations centre")
