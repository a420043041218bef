"""Doors of other agencies' programs to bundles."""

from django.urls import path

from bundles.api import views

urlpatterns = [
    path("api/v1/bundles", views.Bundles.as_view(), name="api-bundles"),
    path("api/v1/bundle-cases", views.BundledCases.as_view(), name="api-bundle-cases"),
    path(
        "api/v1/bundle-cases/<str:number>",
        views.BundledCaseDetail.as_view(),
        name="api-bundle-case",
    ),
]
