"""Doors of other agencies' programs, and of whoever watches the processes."""

from django.urls import path

from approvals.api import (
    certificates,
    consents,
    deliveries,
    disputes,
    endpoints,
    health,
    materials,
    moves,
    own_cases,
    own_side,
    prechecks,
    views,
    webhooks,
)

urlpatterns = [
    path("api/v1/applications", own_cases.Applications.as_view(), name="api-applications"),
    path(
        "api/v1/applications/<str:number>",
        views.ApplicationDetail.as_view(),
        name="api-application",
    ),
    path(
        "api/v1/applications/<str:number>/withdrawal",
        moves.Withdrawal.as_view(),
        name="api-withdrawal",
    ),
    path(
        "api/v1/applications/<str:number>/answers", moves.Correction.as_view(), name="api-answers"
    ),
    path(
        "api/v1/applications/<str:number>/consents/<str:item>",
        consents.ConsentAnswer.as_view(),
        name="api-consent",
    ),
    path("api/v1/consents", consents.Consents.as_view(), name="api-consents"),
    path("api/v1/webhooks/endpoints", endpoints.Endpoints.as_view(), name="api-endpoints"),
    path(
        "api/v1/webhooks/endpoints/<uuid:key>",
        endpoints.EndpointDetail.as_view(),
        name="api-endpoint",
    ),
    path(
        "api/v1/webhooks/endpoints/<uuid:key>/secret",
        endpoints.EndpointSecret.as_view(),
        name="api-endpoint-secret",
    ),
    path("api/v1/webhooks/deliveries", deliveries.Deliveries.as_view(), name="api-deliveries"),
    path("api/v1/webhooks/replays", deliveries.Replays.as_view(), name="api-replays"),
    path("api/v1/applications/<str:number>/receipt", views.Receipt.as_view(), name="api-receipt"),
    path(
        "api/v1/applications/<str:number>/documents",
        views.Documents.as_view(),
        name="api-documents",
    ),
    path(
        "api/v1/applications/<str:number>/documents/<uuid:key>",
        views.DocumentFile.as_view(),
        name="api-document",
    ),
    path(
        "api/v1/applications/<str:number>/disputes",
        disputes.Disputes.as_view(),
        name="api-disputes",
    ),
    path("api/v1/disputes/<uuid:key>", disputes.Asked.as_view(), name="api-disputed"),
    path(
        "api/v1/disputes/<uuid:key>/files/<str:digest>",
        disputes.AskedFile.as_view(),
        name="api-disputed-file",
    ),
    path(
        "api/v1/applications/<str:number>/certificates",
        certificates.CaseCertificates.as_view(),
        name="api-certificates",
    ),
    path("api/v1/tasks", own_side.Tasks.as_view(), name="api-tasks"),
    path("api/v1/lookups", own_side.Lookups.as_view(), name="api-lookups"),
    path("api/v1/statistics", own_side.Statistics.as_view(), name="api-statistics"),
    path("api/v1/services", views.Services.as_view(), name="api-services"),
    path("api/v1/services/<str:code>", views.ServiceDetail.as_view(), name="api-service"),
    path(
        "api/v1/services/<str:code>/materials/<str:question>",
        materials.Materials.as_view(),
        name="api-materials",
    ),
    path("api/v1/services/<str:code>/precheck", prechecks.Precheck.as_view(), name="api-precheck"),
    path("webhooks/<slug:partner>/", webhooks.receive, name="webhook"),
    path("webhooks/<slug:partner>", webhooks.receive),  # a redirect would lose the body
    path("health/", health.health, name="health"),
    path("ready/", health.ready, name="ready"),
]
