"""The clerk's desk: an entry point like the others. It parses, calls actions, and shows."""

from django.contrib import admin

from approvals.admin.cases import CaseAdmin
from approvals.admin.history import TracedEvents
from approvals.admin.inspections import InspectionAdmin
from approvals.admin.sampling import (
    BlindCertificates,
    BlindFilings,
    FindingAdmin,
    RatesAdmin,
    ReviewAdmin,
)
from approvals.admin.switches import ShadowAdmin, SuspensionAdmin
from approvals.admin.trials import TrialAdmin
from approvals.models import (
    Application,
    Inspection,
    SampleDraw,
    SampleFinding,
    SampleReview,
)
from certificates.models import Certificate, Filing
from ledger.models import Event
from services.models import Shadow, Suspension, Trial

admin.site.register(Application, CaseAdmin)
admin.site.unregister(Event)  # the ledger, below people, knows no traces
admin.site.register(Event, TracedEvents)
admin.site.unregister((Certificate, Filing))  # certificates, below us, know no re-reviews
admin.site.register(Certificate, BlindCertificates)
admin.site.register(Filing, BlindFilings)
admin.site.register(Inspection, InspectionAdmin)
admin.site.register(SampleReview, ReviewAdmin)
admin.site.register(SampleFinding, FindingAdmin)
admin.site.register(SampleDraw, RatesAdmin)
admin.site.register(Suspension, SuspensionAdmin)
admin.site.register(Shadow, ShadowAdmin)
admin.site.register(Trial, TrialAdmin)
