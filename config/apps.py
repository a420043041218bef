"""Others' apps with names of ours; the clerk's desk itself is in approvals.admin."""

from axes.apps import AppConfig as AxesConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.translation import gettext_lazy as _


class Admin(SimpleAdminConfig):
    """Simple: the desk registers its pages when its addresses are read, not in every process."""

    default_site = "config.desk.Desk"


class Axes(AxesConfig):
    verbose_name = _("Log-in protection")
