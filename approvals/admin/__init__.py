"""The clerk's desk: a door like the others. It parses, calls verbs, and shows."""

from django.contrib import admin

from approvals.admin.cases import CaseAdmin
from approvals.models import Application

admin.site.register(Application, CaseAdmin)
