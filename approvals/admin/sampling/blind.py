"""Certificates and filings, without those of a case that the officer reviews blind."""

from django.db.models import QuerySet
from django.http import HttpRequest

from approvals.admin.sampling.shown import user_of
from approvals.models import SampleReview
from certificates.admin.desk import CertificateAdmin
from certificates.admin.filings import FilingAdmin
from certificates.models import Certificate, Filing


def _blind(request: HttpRequest) -> QuerySet[SampleReview, str]:
    """Numbers of the cases that the officer looks at again and has not answered."""
    open_ = SampleReview.objects.filter(reviewer=user_of(request), answered_at=None)
    return open_.values_list("application__number", flat=True)


class BlindCertificates(CertificateAdmin):
    """A reviewer sees no certificate of a case whose outcome they do not know yet."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Certificate]:
        return super().get_queryset(request).exclude(application__in=_blind(request))


class BlindFilings(FilingAdmin):
    def get_queryset(self, request: HttpRequest) -> QuerySet[Filing]:
        found = super().get_queryset(request)
        return found.exclude(certificate__application__in=_blind(request))
