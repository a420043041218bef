"""Public entry points to certificates. Addresses carry public ids only, never a person's number."""

from django.urls import path

from certificates import holder
from certificates.verification import api, views

app_name = "certificates"
urlpatterns = [
    path("verify/", views.search, name="search"),
    path("verify/file/", views.upload, name="upload"),
    path("verify/<path:number>", views.verify, name="verify"),
    path("certificates/<str:public_id>.pdf", holder.pdf, name="pdf"),
    path("certificates/<str:public_id>.svg", holder.picture, {"kind": "svg"}, name="svg"),
    path("certificates/<str:public_id>.png", holder.picture, {"kind": "png"}, name="preview"),
    path("certificates/<str:public_id>.jws", holder.jws, name="jws"),
    path("certificates/<str:public_id>/", holder.certificate, name="certificate"),
    path("certificates/<str:public_id>/filings/", holder.filings, name="filings"),
    path("status/<str:purpose>/<int:number>", views.status_list, name="status"),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
    path(".well-known/pdf-signers.pem", views.pdf_signers, name="pdf-signers"),
    path("api/v1/certificates/<str:number>", api.CertificateView.as_view(), name="api"),
    path("api/v1/filings", api.FilingsView.as_view(), name="api-filings"),
]
