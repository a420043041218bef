"""A citizen's pages of appointments."""

from django.urls import path

from counter import views

app_name = "counter"
urlpatterns = [
    path("appointments/", views.mine, name="mine"),
    path("appointments/<uuid:key>/", views.appointment, name="appointment"),
    path("appointments/<uuid:key>/move/", views.move, name="move"),
    path("services/<slug:code>/appointment/", views.book, name="book"),
]
