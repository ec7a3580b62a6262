"""Load records into the star schema: a MERGE per table in parallel, then the facts that follow."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from google.api_core import exceptions
from pydantic import BaseModel

from shared.errors import Misconfigured, Permanent
from shared.model import UNKNOWN_CREATOR, Record
from shared.retention_section import Retention
from shared.warehouse.client import bigquery
from shared.warehouse.failures import BytesLimitExceeded, RequestTooLarge
from shared.warehouse.gateway import Deadline
from shared.warehouse.partitions import MOST_PARTITIONS, id_day
from shared.warehouse.rows import Row, table_rows
from shared.warehouse.statements import merge_statement, run_statement

SECTION_TABLES = (
    *("dim_user", "dim_lang", "dim_video"),
    *("fact_metrics_snapshot", "fact_retention", "fact_rating", "fact_rating_detail"),
)
FACT_TABLE = "fact_video_analytics"

LOAD_TIMEOUT_S = 200.0
"""How long one batch may take. If BigQuery falls silent, its statement ends at most 140 s later,
still within the function's 570 s."""

MOST_LOAD_BYTES = 20 * 10**9
"""Bytes that one statement may bill: 0.11 US dollars. A batch of two days needs some 100 MB."""

_OWN_COLUMNS_BYTES = 1_000
"""Keys, names of columns, times, flags and derived scores of a row: all but its section."""

_SECOND_BYTES = 130
"""Video, partition, second and share of a row of a curve, and the names of its columns."""

_MEMBERS = ("dim_user", "dim_lang")
"""Tables with rows that many records refer to: 'unknown', 'und', and the languages."""

MEMBERS_FRESH_S = 3_600.0
"""How long such a row is not sent again. Somebody may empty or replace the tables meanwhile."""


class RowsRefused(Permanent):
    """BigQuery refuses these rows, however often they are sent."""

    def __init__(self, sentence: str):
        super().__init__("refused_by_warehouse", sentence)


class Loader:
    """Merges batches of records. Order, batches and repetitions do not change the tables."""

    def __init__(
        self,
        client: bigquery.Client,
        dataset: str,
        primary_raters: Sequence[str],
        max_bytes_billed: int = MOST_LOAD_BYTES,
        timer: Callable[[], float] = time.monotonic,
    ):
        """`timer` is monotonic, in seconds."""
        self._client = client
        self._dataset = f"{client.project}.{dataset}"
        self._primary_raters = list(primary_raters)
        self._max_bytes_billed = max_bytes_billed
        self._timer = timer
        self._fresh_until: dict[str, float] = {}

    def load(self, records: Sequence[Record]) -> None:
        """Make the records durable. A second run with the same records changes nothing.

        A batch that is too large for one request, or too dear for one statement, is split by day.
        Raises RequestTooLarge for a single record that is too large, RowsRefused when the rows are
        wrong, Transient when another attempt can help, and Misconfigured when the tables do not fit
        this version of the code.
        """
        by_day = sorted(records, key=lambda record: id_day(record.video_id))
        try:
            self._load(by_day, Deadline.after(LOAD_TIMEOUT_S))
        except BaseException:
            self._fresh_until.clear()  # perhaps the tables are being replaced
            raise

    def recompute(self, video_ids: Sequence[str]) -> None:
        """Make the facts of these videos anew from the other tables. Raises as `load` does."""
        self._merge_facts(sorted(video_ids), Deadline.after(LOAD_TIMEOUT_S))

    def _load(self, records: Sequence[Record], deadline: Deadline) -> None:
        try:
            self._merge(records, deadline)
        except (RequestTooLarge, BytesLimitExceeded):
            if len(records) < 2:
                raise
            middle = len(records) // 2
            self._load(records[:middle], deadline)
            self._load(records[middle:], deadline)
        except exceptions.BadRequest as error:
            self._check_deploy(error, deadline)
            raise RowsRefused(error.message) from error

    def _merge(self, records: Sequence[Record], deadline: Deadline) -> None:
        video_ids = sorted({record.video_id for record in records})
        if len(_id_days(video_ids)) > MOST_PARTITIONS:
            raise RequestTooLarge(f"videos of more than {MOST_PARTITIONS:,} partitions")
        rows = table_rows(records)
        members = {table: self._new_members(rows[table]) for table in _MEMBERS}
        due = [(table, (rows | members)[table], deadline) for table in SECTION_TABLES]
        # A pool per batch, so that an abandoned batch does not delay the next one.
        with ThreadPoolExecutor(len(SECTION_TABLES), thread_name_prefix="merge") as threads:
            merges = [threads.submit(self._merge_rows, *job) for job in due if job[1]]
        for merge in merges:
            merge.result()
        for new in members.values():
            names = filter(None, map(_member, new))
            self._fresh_until |= dict.fromkeys(names, self._timer() + MEMBERS_FRESH_S)
        self._merge_facts(video_ids, deadline)

    def _new_members(self, rows: list[Row]) -> list[Row]:
        """The rows without members that this process has merged lately: those never change."""
        now = self._timer()
        return [row for row in rows if self._fresh_until.get(_member(row) or "", now) <= now]

    def _check_deploy(self, cause: Exception, deadline: Deadline) -> None:
        """Run every statement without rows. If one fails even so, the records are not the cause."""
        try:
            for table in SECTION_TABLES:
                self._merge_rows(table, [], deadline)
            self._merge_facts([], deadline)
        except exceptions.BadRequest as error:
            raise Misconfigured(
                f"tables and statements do not fit: {error.message}. Tables of an earlier version "
                "need `tta tables --migrate`."
            ) from cause

    def _merge_rows(self, table: str, rows: list[Row], deadline: Deadline) -> None:
        content = json.dumps(rows, ensure_ascii=False, allow_nan=False)
        parameters: list[object] = [bigquery.ScalarQueryParameter("rows", "STRING", content)]
        self._run(table, parameters + _partitions_of(table, rows), deadline)

    def _merge_facts(self, video_ids: list[str], deadline: Deadline) -> None:
        parameters = [
            bigquery.ArrayQueryParameter("video_ids", "STRING", video_ids),
            bigquery.ArrayQueryParameter("id_days", "DATE", _id_days(video_ids)),
            bigquery.ArrayQueryParameter("primary_raters", "STRING", self._primary_raters),
        ]
        self._run(FACT_TABLE, parameters, deadline)

    def _run(self, table: str, parameters: Sequence[object], deadline: Deadline) -> None:
        run_statement(
            self._client,
            self._dataset,
            merge_statement(table),
            table,
            parameters,
            deadline,
            self._max_bytes_billed,
        )


def _member(row: Row) -> str | None:
    """The name of a language, or of the creator 'unknown'; None for a row that may change."""
    if "lang_key" in row:
        return f"language {row['lang_key']}"
    return UNKNOWN_CREATOR if row["user_key"] == UNKNOWN_CREATOR else None


def _id_days(video_ids: Sequence[str]) -> list[date]:
    return sorted({id_day(video_id) for video_id in video_ids})


def _partitions_of(table: str, rows: list[Row]) -> list[object]:
    """The partitions of the rows, so that BigQuery reads and bills no others."""
    if table == "dim_lang":
        return []
    if table == "dim_user":
        buckets = sorted({row["user_bucket"] for row in rows})
        return [bigquery.ArrayQueryParameter("user_buckets", "INT64", buckets)]
    days = sorted({date.fromisoformat(row["id_day"]) for row in rows})
    return [bigquery.ArrayQueryParameter("id_days", "DATE", days)]


def weight(record: Record) -> int:
    """The bytes that a record adds to the largest request of its batch, or a few more.

    The largest row of a rating holds its section as a JSON text inside the JSON text of all rows.
    The client sends each letter beyond ASCII in it as `\\uXXXX`.
    """
    return max((_section_weight(getattr(record, name)) for name in record.sections()), default=0)


def _section_weight(section: BaseModel) -> int:
    if isinstance(section, Retention):
        return _curve_weight(section)
    text = json.dumps(section.model_dump_json(exclude_none=True), ensure_ascii=False)
    return len(json.dumps(text)) + _OWN_COLUMNS_BYTES


def _curve_weight(curve: Retention) -> int:
    """A curve has a row for each second that has a point, with its time, viewers and flags."""
    text = json.dumps(curve.model_dump_json(exclude={"shares"}), ensure_ascii=False)
    points = sum(share is not None for share in curve.shares)
    return points * (len(json.dumps(text)) + _SECOND_BYTES)
