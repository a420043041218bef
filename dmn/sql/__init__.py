"""Requirements as PostgreSQL, for judging many stored cases in one statement.

    compiled = compile_sql(requirements, types, column=("a", "inputs"), constants=parameters)
    cursor.execute(f"SELECT a.id FROM application a WHERE ({compiled.overall}) IS NOT TRUE")

The column is JSONB and holds the canonical typed facts of a case: numbers and dates are JSON
strings, JSON null is null (the registry answered: there is none), a missing key is UNKNOWN.
The text has no parameters, and neither `%` nor braces, so that it can stand in any statement.
"""

from dmn.sql.columns import Column, column_of, may_hold, may_pass
from dmn.sql.pair import CompiledPair, Rules, compile_pair
from dmn.sql.quote import NotCompiled
from dmn.sql.verdict import SETTINGS, Compiled, compile_sql

__all__ = [
    "SETTINGS",
    "Column",
    "Compiled",
    "CompiledPair",
    "NotCompiled",
    "Rules",
    "column_of",
    "compile_pair",
    "compile_sql",
    "may_hold",
    "may_pass",
]
