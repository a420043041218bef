#!/usr/bin/env python
"""The administrator's door."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["migrate"]:
        os.environ["AS_OWNER"] = "1"  # only the owner's role may change tables
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
