"""The rows that a rebuild has read from the lake, before one MERGE per table makes the tables.

Load jobs append them to the table `staged_rows` of the shadow dataset. A job is atomic. A row that
is staged twice changes nothing, because each MERGE takes all rows of a key together.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any

from google.api_core import exceptions

from shared.errors import Misconfigured
from shared.warehouse.client import bigquery
from shared.warehouse.failures import translate_errors
from shared.warehouse.gateway import BOUNDED, append_file, run
from shared.warehouse.loader import FACT_TABLE
from shared.warehouse.rows import Row
from shared.warehouse.statements import staged_merge_statement
from shared.warehouse.tables import definitions

STAGED_ROWS = "staged_rows"
MOST_LOAD_JOBS = 500
"""Of one run. A table takes 1,500 a day (https://cloud.google.com/bigquery/quotas#load_jobs,
2026-11), so a rebuild may be resumed twice on one day."""

STATEMENT_TIMEOUT_S = 3_600.0
LOAD_TIMEOUT_S = 1_800.0

STAGED_SCHEMA = (
    bigquery.SchemaField("place", "INT64", "REQUIRED", description="Number of the row's table."),
    bigquery.SchemaField("id_day", "DATE", description="Partition of a row about a video."),
    bigquery.SchemaField("user_bucket", "INT64", description="Partition of a creator."),
    bigquery.SchemaField("object", "STRING", "REQUIRED", description="Object it was read from."),
    bigquery.SchemaField("item", "STRING", "REQUIRED", description="The row as a JSON text."),
)


@lru_cache
def place_of(table: str) -> int:
    """The number of a table, which is the partition of its staged rows."""
    return list(definitions()).index(table)


def _partition_of(table: str) -> tuple[str, str]:
    """The column by which the table is partitioned, and its type; empty without partitions."""
    definition = definitions()[table]
    return definition.get("partition", ""), "INT64" if "buckets" in definition else "DATE"


@contextmanager
def _lines_that_fit() -> Iterator[None]:
    """Raise Misconfigured for a file that is refused: each of its lines is made by this code."""
    try:
        yield
    except exceptions.BadRequest as error:
        raise Misconfigured(f"{STAGED_ROWS}: {error.message}") from error


def staged_line(table: str, row: Row, name: str) -> str:
    """A row as a line of the file of a load job; `name` is the object that it was read from."""
    item = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    line = {"place": place_of(table), "object": name, "item": item}
    line |= {key: row[key] for key in ("id_day", "user_bucket") if key in row}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class StagedRows:
    """The staged rows in the dataset `name`, beside the empty tables that they fill.

    Raises Transient and Misconfigured.
    """

    client: bigquery.Client
    name: str

    def create(self) -> None:
        table = bigquery.Table(self._path(), schema=STAGED_SCHEMA)
        table.range_partitioning = bigquery.RangePartitioning(
            bigquery.PartitionRange(0, len(definitions()), 1), field="place"
        )
        table.clustering_fields = ["id_day"]
        with translate_errors(STAGED_ROWS):
            self.client.create_table(table, exists_ok=True, **BOUNDED)

    def exists(self) -> bool:
        """Whether they are still there: somebody may delete the dataset, or its tables expire."""
        with translate_errors(STAGED_ROWS):
            try:
                self.client.get_table(self._path(), **BOUNDED)
            except exceptions.NotFound:
                return False
        return True

    def append(self, lines: IO[bytes]) -> None:
        """Append a file of lines by one load job. A table that is gone is not created again."""
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            schema=STAGED_SCHEMA,
        )
        with translate_errors(STAGED_ROWS), _lines_that_fit():
            append_file(self.client, lines, self._path(), config, LOAD_TIMEOUT_S)

    def partitions(self, table: str) -> list[Any]:
        """The partitions for which the table has staged rows, in order. [] without partitions."""
        key, _ = _partition_of(table)
        if not key:
            return []
        # A video that has any row has one in dim_video, so its facts follow from those days.
        number = place_of("dim_video" if table == FACT_TABLE else table)
        statement = (
            f"SELECT DISTINCT {key} AS partition_key FROM {STAGED_ROWS}"  # nosec B608 # our names
            f" WHERE place = {number} ORDER BY partition_key"
        )
        return [row["partition_key"] for row in self._run(table, statement, [])]

    def merge(self, table: str, partitions: Sequence[Any], primary_raters: Sequence[str]) -> None:
        """Fill the table from its staged rows in these partitions. A second run changes nothing.

        Raises BadRequest when BigQuery refuses a row.
        """
        parameters: list[object] = []
        key, kind = _partition_of(table)
        if key:
            parameters.append(bigquery.ArrayQueryParameter(f"{key}s", kind, list(partitions)))
        if table == FACT_TABLE:
            raters = list(primary_raters)
            parameters.append(bigquery.ArrayQueryParameter("primary_raters", "STRING", raters))
        self._run(table, staged_merge_statement(table), parameters)

    def objects(self, table: str, partition: Any) -> list[str]:
        """The names of the objects whose rows are staged for this partition of the table."""
        key, kind = _partition_of(table)
        statement = (
            f"SELECT DISTINCT object FROM {STAGED_ROWS}"  # nosec B608 # our names
            f" WHERE place = {place_of(table)} AND {key} = @partition_key ORDER BY object"
        )
        parameter = bigquery.ScalarQueryParameter("partition_key", kind, partition)
        return [row["object"] for row in self._run(table, statement, [parameter])]

    def _path(self) -> str:
        return f"{self.client.project}.{self.name}.{STAGED_ROWS}"

    def _run(self, table: str, statement: str, parameters: list[object]) -> Any:
        dataset = f"{self.client.project}.{self.name}"
        with translate_errors(table):
            return run(self.client, dataset, statement, parameters, timeout_s=STATEMENT_TIMEOUT_S)
