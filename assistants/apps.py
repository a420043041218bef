"""The door for assistants: what they may call, and the citizen's page of who may."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Assistants(AppConfig):
    name = "assistants"
    verbose_name = _("Assistants")
