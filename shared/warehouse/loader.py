"""Load records into the star schema: five MERGEs in parallel, then the facts that follow."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from google.api_core import exceptions
from pydantic import BaseModel

from shared.errors import Misconfigured, Permanent
from shared.model import Record
from shared.warehouse.client import bigquery
from shared.warehouse.failures import RequestTooLarge
from shared.warehouse.gateway import Deadline
from shared.warehouse.rows import Row, table_rows
from shared.warehouse.statements import merge_statement, run_statement

SECTION_TABLES = ("dim_user", "dim_lang", "dim_video", "fact_metrics_snapshot", "fact_rating")
FACT_TABLE = "fact_video_analytics"

LOAD_TIMEOUT_S = 200.0
"""How long one batch may take. If BigQuery falls silent, its statement ends at most 140 s later,
still within the function's 570 s."""

_OWN_COLUMNS_BYTES = 600
"""Keys, names of columns, flags and derived scores of a row: everything but its section."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RowsRefused(Permanent):
    """BigQuery refuses these rows, however often they are sent."""

    def __init__(self, sentence: str):
        super().__init__("refused_by_warehouse", sentence)


class Loader:
    """Merges batches of records. Order, batches and repetitions do not change the tables."""

    def __init__(self, client: bigquery.Client, dataset: str, primary_raters: Sequence[str]):
        self._client = client
        self._dataset = f"{client.project}.{dataset}"
        self._primary_raters = list(primary_raters)

    def load(self, records: Sequence[Record]) -> None:
        """Make the records durable. A second run with the same records changes nothing.

        A batch that is too large for one request is split. Raises RequestTooLarge for a single
        record that is too large, RowsRefused when the rows are wrong, Transient when another
        attempt can help, and Misconfigured when the tables do not fit this version of the code.
        """
        self._load(records, Deadline.after(LOAD_TIMEOUT_S))

    def _load(self, records: Sequence[Record], deadline: Deadline) -> None:
        try:
            self._merge(records, deadline)
        except RequestTooLarge:
            if len(records) < 2:
                raise
            middle = len(records) // 2
            self._load(records[:middle], deadline)
            self._load(records[middle:], deadline)
        except exceptions.BadRequest as error:
            self._check_deploy(error, deadline)
            raise RowsRefused(error.message) from error

    def _merge(self, records: Sequence[Record], deadline: Deadline) -> None:
        rows = table_rows(records)
        due = [(table, rows[table], deadline) for table in SECTION_TABLES if rows[table]]
        # A pool per batch, so that an abandoned batch does not delay the next one.
        with ThreadPoolExecutor(len(SECTION_TABLES), thread_name_prefix="merge") as threads:
            merges = [threads.submit(self._merge_rows, *job) for job in due]
        for merge in merges:
            merge.result()
        self._merge_facts(sorted({record.video_id for record in records}), deadline)

    def _check_deploy(self, cause: Exception, deadline: Deadline) -> None:
        """Run every statement without rows. If one fails even so, the records are not the cause."""
        try:
            for table in SECTION_TABLES:
                self._merge_rows(table, [], deadline)
            self._merge_facts([], deadline)
        except exceptions.BadRequest as error:
            raise Misconfigured(f"tables and statements do not fit: {error.message}") from cause

    def _merge_rows(self, table: str, rows: list[Row], deadline: Deadline) -> None:
        content = json.dumps(rows, ensure_ascii=False, allow_nan=False)
        parameters = [bigquery.ScalarQueryParameter("rows", "STRING", content)]
        if table == "fact_metrics_snapshot":
            parameters += _partition_bounds(rows)
        self._run(table, parameters, deadline)

    def _merge_facts(self, video_ids: list[str], deadline: Deadline) -> None:
        parameters = [
            bigquery.ArrayQueryParameter("video_ids", "STRING", video_ids),
            bigquery.ArrayQueryParameter("primary_raters", "STRING", self._primary_raters),
        ]
        self._run(FACT_TABLE, parameters, deadline)

    def _run(self, table: str, parameters: Sequence[object], deadline: Deadline) -> None:
        run_statement(
            self._client, self._dataset, merge_statement(table), table, parameters, deadline
        )


def _partition_bounds(rows: list[Row]) -> list[bigquery.ScalarQueryParameter]:
    """First and last `collected_at` of the rows, so that BigQuery reads only those days."""
    times = [datetime.fromisoformat(row["collected_at"]) for row in rows] or [EPOCH]
    return [
        bigquery.ScalarQueryParameter("first_collected_at", "TIMESTAMP", min(times)),
        bigquery.ScalarQueryParameter("last_collected_at", "TIMESTAMP", max(times)),
    ]


def weight(record: Record) -> int:
    """The bytes that a record adds to the largest request of its batch, or a few more.

    A row holds its section twice: in its columns, and as a JSON text inside the JSON text of all
    rows. The client sends each letter beyond ASCII in it as `\\uXXXX`.
    """
    return max((_section_weight(getattr(record, name)) for name in record.sections()), default=0)


def _section_weight(section: BaseModel) -> int:
    text = json.dumps(section.model_dump_json(exclude_none=True), ensure_ascii=False)
    return 2 * len(json.dumps(text)) + _OWN_COLUMNS_BYTES
