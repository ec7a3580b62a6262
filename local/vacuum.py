"""Databases written anew, so that no free page holds what was erased.

A database only marks deleted rows as free. Whoever erases leaves a file named `rewrite` in the data
folder of a server; the server writes its database anew from what is alive, and removes the file.
One that was stopped meanwhile does so when it starts.
"""

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MARKER = "rewrite"
LOOKS_EVERY_S = 0.2
WAITS_S = 180.0
_JOBS = "_bqemulator_catalog.jobs"


class NotRewritten(Exception):
    """A server did not answer in time; its database may hold what was erased until it does."""


def request(folder: Path) -> None:
    """Ask the server of this data folder to write its database anew."""
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
    """Return when all servers have done so. Raises NotRewritten."""
    ends_at = timer() + WAITS_S
    for folder in folders:
        while is_requested(folder):
            if timer() > ends_at:
                raise NotRewritten(str(folder))
            sleep(LOOKS_EVERY_S)


def rewrite_sqlite(connection: sqlite3.Connection) -> None:
    """Write an SQLite file anew, and empty its log. Nobody may be in a transaction.

    https://www.sqlite.org/lang_vacuum.html, checked 2026-11: freed pages go, and the log, which
    still holds their content, is only emptied by a checkpoint that truncates. Raises
    OperationalError while somebody reads or writes.
    """
    connection.execute("VACUUM")
    is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise sqlite3.OperationalError("somebody still reads from the log")


def rewrite_duckdb(path: Path) -> None:
    """Write a DuckDB file anew, without the statements of jobs that are over. No one has it open.

    Killed in between, the old file is there, and so is the request.
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
