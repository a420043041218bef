"""A citizen's pages of assistants."""

from django.urls import path

from assistants import views

app_name = "assistants"
urlpatterns = [
    path("assistants/", views.mine, name="list"),
    path("assistants/new/", views.new, name="new"),
    path("assistants/<uuid:key>/", views.mandate, name="mandate"),
    path("assistants/<uuid:key>/end/", views.end, name="end"),
]
