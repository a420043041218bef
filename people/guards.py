"""What PostgreSQL keeps of this app by itself: its constraints say it all (see ``models``)."""

from collections.abc import Sequence

GUARDS: Sequence[str] = ()
HISTORY: Sequence[str] = ()
