"""One SQLite file of one process. A commit survives the process.

WAL with synchronous=NORMAL: kill -9 loses no commit. SQLite calls fsync only at checkpoints, so a
power cut may lose the last commits. The file stays intact either way. https://www.sqlite.org/pragma.html#pragma_synchronous
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.data_errors import REPLAYED, check_sqlite, usable


class DataInUse(Exception):
    """Another server already owns this data directory."""


def open_database(directory: Path) -> sqlite3.Connection:
    """Open (or make) the database of a data directory.

    Raises DataInUse if another process has it, UnusableData if it is damaged or the disk full.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "pubsub.sqlite"
    check_sqlite(file, REPLAYED)
    with usable(file, REPLAYED):
        return _opened(file)


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None, timeout=0.3)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.executescript(Path(__file__).with_name("schema.sql").read_text())
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise DataInUse(f"{file.parent} is in use by another Pub/Sub server") from error
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. Transactions do not nest."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
