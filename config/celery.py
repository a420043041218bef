"""Celery: background checks and deliveries. PostgreSQL is the queue; a message is a wake-up."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("miaopi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
