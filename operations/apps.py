from django.apps import AppConfig


class Operations(AppConfig):
    name = "operations"
