"""Public doors to certificates. Addresses carry public ids only, never a person's number."""

from django.urls import path

from certificates import own
from certificates.verification import api, views

app_name = "certificates"
urlpatterns = [
    path("verify/", views.ask, name="ask"),
    path("verify/file/", views.upload, name="upload"),
    path("verify/<path:number>", views.verify, name="verify"),
    path("certificates/<str:public_id>.pdf", own.pdf, name="pdf"),
    path("certificates/<str:public_id>.svg", own.svg, name="svg"),
    path("certificates/<str:public_id>.jws", own.jws, name="jws"),
    path("certificates/<str:public_id>/", own.certificate, name="own"),
    path("certificates/<str:public_id>/filings/", own.filings, name="filings"),
    path("status/<str:purpose>/<int:number>", views.status_list, name="status"),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
    path(".well-known/papers.pem", views.papers_pem, name="papers"),
    path("api/v1/certificates/<str:number>", api.CertificateView.as_view(), name="api"),
    path("api/v1/filings", api.FilingsView.as_view(), name="api-filings"),
]
