"""What PostgreSQL keeps of this app by itself: its constraints say it all (see ``models``)."""

from collections.abc import Sequence

from django.contrib.auth.models import Group

from ledger.row_events import RecordedTable
from people.models import Office, Region, User

GUARDS: Sequence[str] = ()
HISTORY: Sequence[str] = ()
RECORDED: Sequence[RecordedTable] = (
    RecordedTable(Region),
    RecordedTable(Office),
    RecordedTable(User, but=("last_login", "elder_mode")),
    RecordedTable(User.groups.through),
    RecordedTable(User.user_permissions.through),
    RecordedTable(Group, by_owner=True),  # roles and their rights are laid by migrate
    RecordedTable(Group.permissions.through, by_owner=True),
)
