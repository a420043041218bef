"""Print the migrations that this release knows, a line each, as ``app.name``; needs no database."""

import django
from django.db.migrations.loader import MigrationLoader


def main() -> None:
    django.setup()
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update((app, name) for app, name in migration.replaces)
    for app, name in sorted(known):
        print(f"{app}.{name}")


if __name__ == "__main__":
    main()
