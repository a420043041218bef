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
    ["pack", "explain"],
    ["pack", "keywords"],
    ["reference"],
    ["city", "check"],
    ["registry", "fields"],
    ["registry", "list"],
    ["diagram"],
    ["makemigrations"],
)

AS_OWNER = (["keys", "make"], ["keys", "rotate"])

BESIDE_RUN = (
    "配置见 docs/configuration.md；与正在运行的 make run 一起使用："
    ".venv/bin/python -m deploy.local manage …\n"
    "Settings are in docs/configuration.md; beside a running `make run` type"
    " .venv/bin/python -m deploy.local manage ..."
)
UNSAFE = (
    "命令行含有不允许的字符（控制字符、不可见字符或非 UTF-8 编码）\n"
    "The command line holds a character that is not permitted: a control, an invisible one,"
    " or one that is not UTF-8"
)

if __name__ == "__main__":
    from city import characters  # the rule of all texts from outside, for every command at once

    if any(characters.UNSAFE.search(word) for word in sys.argv[1:]):
        sys.exit(UNSAFE)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["migrate"] or sys.argv[1:3] in AS_OWNER:
        os.environ["AS_OWNER"] = "1"  # only the owner's role may change tables and publish keys
    if sys.argv[1:2] in WITHOUT_SECRET or sys.argv[1:3] in WITHOUT_SECRET:
        # for authors and CI: files are read, nothing is signed, no database is asked
        os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from people.errors import ActionRejected

    try:
        execute_from_command_line(sys.argv)
    except ActionRejected as rejected:
        sys.exit(f"{rejected.zh}\n{rejected.en}")
    except ImproperlyConfigured as error:  # in a shell where nothing is set: say what to type
        sys.exit(f"{error}\n{BESIDE_RUN}")
