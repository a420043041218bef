"""The clerk's desk: an entry point like the others. It parses, calls actions, and shows."""

from django.contrib import admin

from approvals.admin.cases import CaseAdmin
from approvals.models import Application

admin.site.register(Application, CaseAdmin)
