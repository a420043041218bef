"""Entitlements at the desk: the list, one of them, payment lists, and the numbers of an office."""

from django.contrib import admin

from entitlements.admin.entitlements import EntitlementAdmin
from entitlements.admin.payments import PaymentListAdmin
from entitlements.models import Entitlement, PaymentList

admin.site.register(Entitlement, EntitlementAdmin)
admin.site.register(PaymentList, PaymentListAdmin)
