"""Files that applicants hand in where a pack allows it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Materials(AppConfig):
    name = "materials"
    verbose_name = _("Materials handed in")
