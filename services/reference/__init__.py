"""What is made from the schemas and packs: `manage.py reference make|check`.

Reference pages of every key (``docs/pack-keys.md``, ``docs/city-keys.md``), the table of services
(``docs/catalogue.md``) and the schemas that editors use for each kind of file.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
