"""Errors in the files of a home, each as one sentence that says what to do.

A program that cannot use its data ends with EX_DATAERR or EX_IOERR, and the last line of its log
is the sentence for the person.
"""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

EXPLAINED = frozenset({os.EX_DATAERR, os.EX_IOERR})
"""Exit statuses (sysexits.h) of a program whose last log line is a sentence for the person."""

LEAST_FREE_BYTES = 8_000_000
"""An empty warehouse and its log take about 6 MB."""

_FULL = ("no space left", "disk is full", "disk quota exceeded")
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_BLAMELESS = ("set lock", "is locked")
"""Another process has the file open: the file may be whole."""

REBUILT = "Move {} away and run `tta rebuild`: it makes the tables again from the lake."
REPLAYED = "Move {} away and run `tta rebuild`: it loads from the lake what the messages held."
RESTORED = (
    "The lake needs this file: restore a copy of {}, or move the folder away and "
    "begin again with `tta demo` or `tta ingest`."
)


class UnusableData(Exception):
    """A file of the home cannot be used; `status` is the exit status of the program."""

    def __init__(self, sentence: str, status: int):
        super().__init__(sentence)
        self.status = status


def is_full(error: BaseException) -> bool:
    """Whether the disk, or the quota of the person, is full."""
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return True
    return any(words in str(error).lower() for words in _FULL)


def unusable(error: BaseException, file: Path, remedy: str) -> UnusableData | None:
    """What an error on opening the file means; None where the file may be whole.

    The remedy is a sentence with {} for the folder of the file.
    """
    if is_full(error):
        return no_room(file.parent)
    is_of_database = type(error).__module__ in ("sqlite3", "duckdb", "_duckdb")
    if not is_of_database or any(words in str(error) for words in _BLAMELESS):
        return None
    sentence = f"{file} is damaged. {remedy.format(file.parent)}"
    return UnusableData(sentence, os.EX_DATAERR)


def require_room(folder: Path) -> None:
    """Raises UnusableData when the disk of a folder has less than LEAST_FREE_BYTES.

    Even a query writes: the local BigQuery keeps a row for each job. On a full disk it answers
    500, and clients repeat the request for minutes.
    """
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise no_room(folder)


def no_room(folder: Path) -> UnusableData:
    return UnusableData(
        f"The disk is full: {folder} cannot grow. Free some space there.", os.EX_IOERR
    )


@contextmanager
def usable(file: Path, remedy: str) -> Iterator[None]:
    """Raises UnusableData when an error in the block means a damaged file or a full disk."""
    try:
        yield
    except Exception as error:
        if (problem := unusable(error, file, remedy)) is not None:
            raise problem from error
        raise


def check_sqlite(file: Path, remedy: str) -> None:
    """Raises UnusableData for a file that is damaged or cut short. A missing file is fine.

    SQLite reports a broken page only when it reads that page, so this reads all pages.
    """
    if not file.is_file():
        return
    with usable(file, remedy), closing(sqlite3.connect(file, timeout=0.3)) as connection:
        try:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if is_full(error):
                raise
            return  # another server has it; the next open reports that
    if answer != "ok":
        raise UnusableData(f"{file} is damaged. {remedy.format(file.parent)}", os.EX_DATAERR)
