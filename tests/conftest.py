"""Every test runs on a real PostgreSQL, in the application's role, and a real Redis.

The servers come first, because Django's settings read where they are when they are imported:
`make test` starts them around pytest; plain `pytest` starts its own here.
"""

import django
from django.contrib import admin

from tests.plugins import environment

environment.prepare()
django.setup()
admin.autodiscover()  # as any process that shows a page
environment.hide()

pytest_plugins = [
    "tests.plugins.basics",
    "tests.plugins.schedule",
    "tests.plugins.database",
    "tests.plugins.stack",
    "tests.plugins.browser",
    "tests.plugins.node",
]
