"""Certificates at the desk: a door like the others. It parses, calls verbs, and shows."""

from django.contrib import admin

from certificates.admin.desk import CertificateAdmin
from certificates.admin.filings import FilingAdmin
from certificates.models import Certificate, Filing

admin.site.register(Certificate, CertificateAdmin)
admin.site.register(Filing, FilingAdmin)
