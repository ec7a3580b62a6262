"""The tables of an earlier version: which there are, their copies, and how writing to them ends."""

from dataclasses import dataclass
from datetime import datetime

from google.api_core import exceptions

from shared.warehouse.client import bigquery
from shared.warehouse.gateway import API_RETRY, BOUNDED, run
from shared.warehouse.loader import FACT_TABLE
from shared.warehouse.migration.columns import COMPUTED, new_columns

BEFORE = "__before"
STATE = "migration"
"""The label of a copy: `pending` until its table is replaced, then `done`."""

PENDING, DONE = "pending", "done"
HELD_COLUMN = "lang_source"
HELD_NAME = "lang_source__held"

SOURCES = {"fact_rating_detail": "fact_rating"}
"""New tables whose rows come from an old table of another name."""

COPY_TIMEOUT_S = 1_800.0


class MigrationRefused(Exception):
    """The migration stops, and no table was replaced wrongly. The sentence says what to do."""


class CopyHasMoreRows(MigrationRefused):
    """A run was killed, and the version before has worked on since. A person has to decide."""

    def __init__(self, name: str, rows: int, rows_before: int):
        super().__init__(
            f"{name} has {rows:,} of the {rows_before:,} rows of its copy {name}{BEFORE}. A "
            f"migration was stopped, and then the version before created {name} anew. Delete "
            f"{name} and migrate again: its rows come from the copy. Then `tta rebuild` adds "
            "what was loaded since."
        )


@dataclass(frozen=True, slots=True)
class OldTables:
    """The old tables of one dataset. Raises what google.api_core raises."""

    client: bigquery.Client
    dataset: str

    def outdated(self) -> list[str]:
        """The tables to migrate, in order. Empty when all are of this version, or there are none.

        It sends one request if there are no tables.
        """
        names = self._names()
        return [
            name
            for name in COMPUTED
            if name not in SOURCES and (self._is_old(name, names) or self._is_pending(name, names))
        ]

    def path(self, name: str) -> str:
        return f"{self.client.project}.{self.dataset}.{name}"

    def before(self, name: str) -> str:
        """The path of the copy that the rows of a present table come from."""
        return self.path(SOURCES.get(name, name) + BEFORE)

    def columns_before(self, name: str) -> list[str]:
        """The columns of that copy."""
        return [field.name for field in self.client.get_table(self.before(name), **BOUNDED).schema]

    def is_live(self, name: str) -> bool:
        """Whether the dataset has this table, old or new."""
        return name in self._names()

    # Holding

    def hold(self) -> None:
        """Make the last statement of every batch of an earlier version fail. May run twice.

        Renaming is atomic: a MERGE ends before, or fails. Nothing is lost, and one statement
        renames the column back.
        """
        names = self._names()
        if self._is_old(FACT_TABLE, names) and HELD_NAME not in self._columns(FACT_TABLE):
            self._rename(self.path(FACT_TABLE), HELD_COLUMN, HELD_NAME)

    def _rename(self, path: str, column: str, name: str) -> None:
        statement = f"ALTER TABLE `{path}` RENAME COLUMN {column} TO {name}"
        dataset = path.rpartition(".")[0]
        try:
            run(self.client, dataset, statement)
        except exceptions.BadRequest:
            # On a laptop, a killed run may have renamed the column and not described it.
            rows = run(self.client, dataset, f"SELECT * FROM `{path}` LIMIT 0")  # nosec B608 # ours
            if name not in [field.name for field in rows.schema]:
                raise
        table = bigquery.Table(path)
        table.schema = [
            bigquery.SchemaField.from_api_repr(
                field.to_api_repr() | ({"name": name} if field.name == column else {})
            )
            for field in self.client.get_table(path, **BOUNDED).schema
        ]
        self.client.update_table(table, ["schema"], **BOUNDED)

    # Copies

    def keep(self, name: str) -> None:
        """Copy an old table to `{name}__before`. What is no longer an old table has its copy.

        So has an empty one beside a copy that waits: a run was killed after it had deleted the
        table, and a deployment of the version before created it again. Raises CopyHasMoreRows.
        """
        names = self._names()
        if not self._is_old(name, names):
            return
        if self._is_pending(name, names):
            rows, rows_before = self._count(name), self._count(name + BEFORE)
            if rows < rows_before and rows:
                raise CopyHasMoreRows(name, rows, rows_before)
            if rows < rows_before:
                self.client.delete_table(self.path(name), **BOUNDED)
                return
        copy = self.path(name + BEFORE)
        self.client.delete_table(copy, not_found_ok=True, **BOUNDED)
        job = self.client.copy_table(
            self.path(name), copy, location=self._location(), job_config=_NEW_TABLE, **BOUNDED
        )
        job.result(retry=API_RETRY, timeout=COPY_TIMEOUT_S)
        if name == FACT_TABLE:
            self._rename(copy, HELD_NAME, HELD_COLUMN)
        labels = self.client.get_table(self.path(name), **BOUNDED).labels
        self._label(name, labels | {STATE: PENDING}, None)

    def labels(self, name: str) -> dict[str, str]:
        """The labels that the old table had."""
        labels = self.client.get_table(self.before(name), **BOUNDED).labels
        return {key: value for key, value in labels.items() if key != STATE}

    def finish(self, name: str, expires: datetime) -> None:
        """Label the copy `done`: its table is of this version now."""
        self._label(name, self.labels(name) | {STATE: DONE}, expires)

    def delete_live(self, name: str) -> None:
        """Delete an old table. One of this version stays."""
        if name not in SOURCES and self._is_old(name, self._names()):
            self.client.delete_table(self.path(name), **BOUNDED)

    def _label(self, name: str, labels: dict[str, str], expires: datetime | None) -> None:
        table = bigquery.Table(self.path(name + BEFORE))
        table.labels, table.expires = labels, expires
        self.client.update_table(table, ["labels", "expires"], **BOUNDED)

    def _location(self) -> str:
        return str(self.client.get_dataset(self.dataset, **BOUNDED).location)

    # What there is

    def _count(self, name: str) -> int:
        sql = f"SELECT COUNT(*) AS n FROM `{self.path(name)}`"  # nosec B608 # ours
        (row,) = run(self.client, f"{self.client.project}.{self.dataset}", sql)
        return int(row["n"])

    def _names(self) -> set[str]:
        try:
            return {table.table_id for table in self.client.list_tables(self.dataset, **BOUNDED)}
        except exceptions.NotFound:
            return set()

    def _columns(self, name: str) -> list[str]:
        return [field.name for field in self.client.get_table(self.path(name), **BOUNDED).schema]

    def _is_old(self, name: str, names: set[str]) -> bool:
        return name in names and not new_columns(name) <= set(self._columns(name))

    def _is_pending(self, name: str, names: set[str]) -> bool:
        if name + BEFORE not in names:
            return False
        copy = self.client.get_table(self.path(name + BEFORE), **BOUNDED)
        return bool(copy.labels.get(STATE) == PENDING)


_NEW_TABLE = bigquery.CopyJobConfig(write_disposition=bigquery.WriteDisposition.WRITE_EMPTY)
