"""Set-based insert, update and read of model rows: one statement for rows of a kind, or for all.

All rows of a kind go in one statement from one JSON parameter, because that costs a tenth of
``save()`` a row; identifiers are made before, so nothing has to be read back. PostgreSQL turns the
JSON into the columns' own types, with their lengths and constraints, and refuses what does not fit.
"""

from bulk.batch import IMMEDIATE, Batch, Writer
from bulk.columns import FEW
from bulk.insertion import ALWAYS, Condition, insert, insert_once
from bulk.objects import new, read
from bulk.updates import Conflict, update

__all__ = [
    "ALWAYS",
    "FEW",
    "IMMEDIATE",
    "Batch",
    "Condition",
    "Conflict",
    "Writer",
    "insert",
    "insert_once",
    "new",
    "read",
    "update",
]
