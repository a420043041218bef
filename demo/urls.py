"""Logging in as a fictional person. ``config.urls`` includes this in a demo only."""

from django.urls import path

from demo import api, views

app_name = "demo"
urlpatterns = [
    path("login/persona/", views.persona, name="persona"),
    path("api/v1/personas", api.Personas.as_view(), name="api-personas"),
    path("demo/sent/", views.sent, name="sent"),
]
