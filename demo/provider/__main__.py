"""``python -m demo.provider --port N --site URL``: serve on loopback until it is ended.

``OIDC_CLIENT_ID`` and ``OIDC_CLIENT_SECRET`` are the application's, from the environment.
"""

import argparse
import os
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m demo.provider", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="on loopback")
    parser.add_argument("--site", required=True, help="the address of the application")
    parser.add_argument("--folder", type=Path, required=True, help="for its database")
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--faults", type=Path, help="a file with a word of faults.py")
    chosen = parser.parse_args()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "demo.provider.settings",
        "PROVIDER_FOLDER": str(chosen.folder),
        "PROVIDER_SITE": chosen.site,
        "PROVIDER_ISSUER": f"http://127.0.0.1:{chosen.port}",
        "PROVIDER_PERSONS": str(chosen.persons),
        "PROVIDER_SEED": str(chosen.seed),
        "PROVIDER_FAULTS": str(chosen.faults or ""),
    }
    chosen.folder.mkdir(parents=True, exist_ok=True)
    (chosen.folder / "provider.sqlite3").unlink(missing_ok=True)  # it knows nothing worth keeping
    _serve(chosen.port)


def _serve(port: int) -> None:
    import django

    django.setup()
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from demo.provider.accounts import make

    call_command("migrate", verbosity=0)
    make()
    server = ThreadedWSGIServer(("127.0.0.1", port), WSGIRequestHandler)
    server.set_app(WSGIHandler())
    sys.stdout.write(f"provider at http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
