"""Citizens of the fictional city as these tests use them, and what PostgreSQL refuses."""

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from people import actors
from people.actors import Actor
from people.models import User


def of(username: str) -> Actor:
    """A citizen or an officer, as an actor."""
    user = User.objects.get(username=username)
    return actors.citizen(user) if user.role == User.Role.CITIZEN else actors.officer(user)


def refused(statement: str, *parameters: object) -> str:
    """Run a statement as the application's role; return why PostgreSQL refuses it."""
    with connection.cursor() as cursor, pytest.raises(DatabaseError) as error:  # noqa: SIM117
        with transaction.atomic():
            cursor.execute(statement, parameters)
    return str(error.value)
