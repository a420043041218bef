"""What a person finds under "My affairs", and what the office answers of it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Affairs(AppConfig):
    name = "affairs"
    verbose_name = _("Affairs of citizens")
