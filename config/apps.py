"""Django admin under the name that INSTALLED_APPS uses; the clerk's desk is in approvals.admin."""

from django.contrib.admin.apps import AdminConfig


class Admin(AdminConfig):
    default_site = "approvals.desk.Desk"
