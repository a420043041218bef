"""Fictional people, their city, and stand-ins for other agencies. Installed in a demo only."""

from django.apps import AppConfig


class Demo(AppConfig):
    name = "demo"
    verbose_name = "Demo"
