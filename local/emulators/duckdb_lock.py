"""Closes DuckDB: no files, no network, no extensions, no changes of settings.

A DuckDB statement can read and write files by name, and the emulator passes on what it cannot
translate. So the engine itself is closed: it can reach only its own database and the folder of
uploads of load jobs.
https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview, tried on DuckDB 1.5.5.

Statements and table functions that only DuckDB has are refused first, with BigQuery's messages.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from local.emulators.less_work import plan_quickly
from local.emulators.syntax_trees import without_copies

if TYPE_CHECKING:
    from bqemulator.storage.engine import DuckDBEngine
    from duckdb import DuckDBPyConnection

# First words of statements that DuckDB has and BigQuery does not.
_ONLY_DUCKDB = re.compile(
    "ATTACH|CHECKPOINT|COPY|DEALLOCATE|DESCRIBE|DETACH|EXECUTE|EXPLAIN|FORCE|IMPORT|INSTALL|LOAD"
    "|PRAGMA|PREPARE|RESET|SHOW|SUMMARIZE|UPDATE_EXTENSIONS|USE|VACUUM",
    re.IGNORECASE,
)
_FIRST_WORD = re.compile(
    r"(?:\s|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|/\*.*?\*/|;)*([A-Za-z_]+)", re.DOTALL
)
_DYNAMIC = re.compile(r"EXECUTE\s+IMMEDIATE\b", re.IGNORECASE)


def close_connection(connection: "DuckDBPyConnection", folders: Iterable[Path] = ()) -> None:
    """Let a connection's whole database reach only these folders. This cannot be undone."""
    allowed = ", ".join("'" + str(folder).replace("'", "''") + "'" for folder in folders)
    for setting in (
        f"allowed_directories = [{allowed}]",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def close_emulator(uploads: Path) -> None:
    """Close every DuckDB that bqemulator opens from now on. Load jobs read from `uploads`."""
    from bqemulator.jobs import executor
    from bqemulator.sql.translator import SQLTranslator
    from bqemulator.storage.engine import DuckDBEngine

    start = DuckDBEngine.start

    async def start_closed(engine: "DuckDBEngine") -> None:
        await start(engine)
        plan_quickly(engine.connection)
        close_connection(engine.connection, [uploads])

    DuckDBEngine.start = start_closed  # type: ignore[method-assign]
    executor._resolve_uri = _within(uploads, executor._resolve_uri)
    SQLTranslator.translate = _checked(SQLTranslator.translate)  # type: ignore[method-assign]


@lru_cache(maxsize=512)
@without_copies
def not_bigquery(sql: str) -> str | None:
    """BigQuery's message for a statement or table function that only DuckDB has, or None."""
    word = _FIRST_WORD.match(sql)
    if word and _ONLY_DUCKDB.fullmatch(word[1]) and not _DYNAMIC.match(sql, word.start(1)):
        return f'Syntax error: Unexpected identifier "{word[1]}"'
    try:
        tree = sqlglot.parse_one(sql, read="bigquery")
    except SqlglotError:
        return None  # the translator reports the error
    for table in tree.find_all(exp.Table):
        # The emulator has none of BigQuery's own (APPENDS, …). A user's function has a dataset.
        if isinstance(table.this, exp.Func) and not table.db:
            return (
                f"Table-valued function not found: {table.this.sql('bigquery').partition('(')[0]}"
            )
    if any(_name(function).startswith("ST_") for function in tree.find_all(exp.Func)):
        return "The local BigQuery has no GEOGRAPHY and none of its ST_ functions."
    return None


def _name(function: exp.Func) -> str:
    anonymous = isinstance(function, exp.Anonymous)
    return (function.name if anonymous else function.sql_name()).upper()


def _checked(translate: Callable[..., Any]) -> Callable[..., Any]:
    from bqemulator.domain.errors import InvalidQueryError
    from bqemulator.domain.result import Err

    def checked(translator: Any, bq_sql: str, **options: Any) -> Any:
        if (reason := not_bigquery(bq_sql)) is not None:
            return Err(InvalidQueryError(reason, location="query"))
        return translate(translator, bq_sql, **options)

    return checked


def _within(folder: Path, resolve: Callable[..., str]) -> Callable[..., str]:
    """Keep load, extract and export jobs in the folder: Python opens some files, not DuckDB."""
    from bqemulator.domain.errors import InvalidQueryError

    def resolved(uri: str, context: Any) -> str:
        path = Path(resolve(uri, context)).resolve()
        if folder.resolve() not in path.parents:
            raise InvalidQueryError(
                f"The local BigQuery reads and writes no files by name: {uri}. Upload the rows."
            )
        return str(path)

    return resolved
