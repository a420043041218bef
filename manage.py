#!/usr/bin/env python
"""The administrator's entry point."""

import os
import secrets
import sys

WITHOUT_SECRET = (
    ["dmn"],
    ["pack", "check"],
    ["pack", "test"],
    ["pack", "new"],
    ["city", "check"],
    ["registry", "fields"],
    ["diagram"],
    ["makemigrations"],
)

AS_OWNER = (["keys", "make"], ["keys", "rotate"])

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["migrate"] or sys.argv[1:3] in AS_OWNER:
        os.environ["AS_OWNER"] = "1"  # only the owner's role may change tables and publish keys
    if sys.argv[1:2] in WITHOUT_SECRET or sys.argv[1:3] in WITHOUT_SECRET:
        # for authors and CI: files are read, nothing is signed, no database is asked
        os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
