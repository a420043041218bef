"""Logging in as a fictional person. ``config.urls`` includes this in a demo only."""

from django.urls import path

from demo import views

app_name = "demo"
urlpatterns = [
    path("login/persona/", views.persona, name="persona"),
    path("demo/sent/", views.sent, name="sent"),
]
