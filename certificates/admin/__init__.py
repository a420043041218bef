"""Certificates at the desk: a entry point like the others. It parses, calls actions, and shows."""

from django.contrib import admin

from certificates.admin.desk import CertificateAdmin
from certificates.admin.filings import FilingAdmin
from certificates.models import Certificate, Filing

admin.site.register(Certificate, CertificateAdmin)
admin.site.register(Filing, FilingAdmin)
