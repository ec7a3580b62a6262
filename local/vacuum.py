"""Rewrites databases, so that no free page holds erased data.

A database only marks deleted rows as free. So an erasure puts a file named `rewrite` into the data
folder of each server. The server copies the live rows to a new database file and removes the
request. A server that does not run does this at its next start.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MARKER = "rewrite"
POLL_S = 0.2
WAITS_S = 180.0
_JOBS = "_bqemulator_catalog.jobs"


class NotRewritten(Exception):
    """A server did not rewrite its database in time; it may still hold erased data."""


def request(folder: Path) -> None:
    """Ask the server of this data folder to rewrite its database."""
    (folder / MARKER).touch()


def is_requested(folder: Path) -> bool:
    return (folder / MARKER).exists()


def finish(folder: Path) -> None:
    (folder / MARKER).unlink(missing_ok=True)


def wait_until_rewritten(
    folders: Iterable[Path],
    sleep: Callable[[float], None] = time.sleep,
    timer: Callable[[], float] = time.monotonic,
) -> None:
    """Return when all servers have rewritten their databases. Raises NotRewritten."""
    ends_at = timer() + WAITS_S
    for folder in folders:
        while is_requested(folder):
            if timer() > ends_at:
                raise NotRewritten(str(folder))
            sleep(POLL_S)


def rewrite_sqlite(connection: sqlite3.Connection) -> None:
    """Rewrite an SQLite file and empty its log. No transaction may be open.

    https://www.sqlite.org/lang_vacuum.html, checked 2026-11: VACUUM removes free pages. The log
    still holds their content until a checkpoint truncates it. Raises OperationalError while
    another connection reads or writes.
    """
    connection.execute("VACUUM")
    is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise sqlite3.OperationalError("another connection still reads the log")


def rewrite_duckdb(path: Path) -> None:
    """Rewrite a DuckDB file without the statements of old jobs. No process may have it open.

    After a kill in between, the old file and the request still exist.
    """
    import duckdb

    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{_quoted(path)}' AS old")
        if _has_jobs(connection):
            connection.execute(f"DELETE FROM old.{_JOBS}")  # nosec B608 # the name is ours
        connection.execute(f"ATTACH '{_quoted(draft)}' AS fresh")
        connection.execute("COPY FROM DATABASE old TO fresh")
        connection.execute("DETACH fresh")
        connection.execute("DETACH old")
    draft.chmod(path.stat().st_mode)
    draft.replace(path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def _has_jobs(connection) -> bool:  # type: ignore[no-untyped-def]
    schema, table = _JOBS.split(".")
    return bool(
        connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name = 'old' AND schema_name = ? "
            "AND table_name = ?",
            [schema, table],
        ).fetchall()
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
