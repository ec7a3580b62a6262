"""Read a range of the lake's records and stage their rows: the work of one process of a rebuild."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from shared.errors import Permanent
from shared.warehouse.lake_records import LakeReader, LakeRecord, NameRange
from shared.warehouse.rows import Row, table_rows
from shared.warehouse.staged_rows import StagedRows, staged_line

MOST_FILE_BYTES = 100_000_000
"""Bytes that one load job uploads. In Cloud Run the file takes memory."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An object whose record cannot be loaded, and why."""

    name: str
    reason: str
    sentence: str

    @classmethod
    def of(cls, name: str, error: Permanent) -> "Failure":
        return cls(name, error.reason, error.sentence)


@dataclass(frozen=True, slots=True)
class Stager:
    """Stages ranges of records. A second run of a range changes nothing in the end."""

    records: LakeReader
    staged: StagedRows
    retry: Callable[[Callable[[], Any]], Any]

    def stage(self, names: NameRange) -> list[Failure]:
        """Stage the rows of all records in the range. Returns those that cannot be read."""
        failures: list[Failure] = []
        with tempfile.TemporaryFile() as file:
            lines = _Lines(file)
            for record in self.records.records(self.records.entries(names.after, names.until)):
                if record.error:
                    failures.append(Failure.of(record.name, record.error))
                lines.add(record)
                if lines.size >= MOST_FILE_BYTES:
                    self._append(lines)
            self._append(lines)
        return failures

    def _append(self, lines: "_Lines") -> None:
        if lines.size:
            self.retry(lambda: self.staged.append(lines.file))
            lines.clear()


class _Lines:
    """The rows of records as lines of a file. A row that knows its key alone is there once."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.size = 0
        self._members: set[tuple[str, str]] = set()

    def clear(self) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.size = 0

    def add(self, record: LakeRecord) -> None:
        if record.record is None:
            return
        for table, rows in table_rows([record.record]).items():
            for row in rows:
                if not self._is_repeated(table, row):
                    line = f"{staged_line(table, row, record.name)}\n".encode()
                    self.file.write(line)
                    self.size += len(line)

    def _is_repeated(self, table: str, row: Row) -> bool:
        """Whether a row such as 'unknown', a language, or a video without listing is in the file.

        Most records bring some of them.
        """
        if not table.startswith("dim_") or row.get("is_listed"):
            return False
        key = next(row[name] for name in ("video_id", "user_key", "lang_key") if name in row)
        member = (table, key)
        is_repeated = member in self._members
        self._members.add(member)
        return is_repeated
