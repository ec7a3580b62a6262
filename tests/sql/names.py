"""Names of tables, views and columns, checked against the analyser's own reserved words.

A reserved word needs backticks wherever an analyst writes it, and breaks every statement of ours
that has none.
"""

from collections.abc import Iterable, Mapping

from tests.sql.engine import Engine, RefusedStatement


def reserved(names: Iterable[str], engine: Engine) -> list[str]:
    """Those that the analyser does not read as a plain name, in order."""
    return sorted(name for name in set(names) if not _is_plain(name, engine))


def _is_plain(name: str, engine: Engine) -> bool:
    """As a column, an alias and a table, each without backticks."""
    statement = f"SELECT {name} FROM {name} AS {name} GROUP BY {name}"
    try:
        return engine.tables_of(statement) == [[name]]
    except RefusedStatement:
        return False


def names_of(tables: Mapping[str, Iterable[str]]) -> set[str]:
    """Of tables or views by name, and of their columns."""
    return set(tables) | {column for columns in tables.values() for column in columns}
