"""Counters: applications taken there, and appointments."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Counter(AppConfig):
    name = "counter"
    verbose_name = _("Counters")
