"""Queries of the star schema."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from google.api_core.exceptions import NotFound

from local.endpoints import Endpoints
from shared.warehouse.client import bigquery
from shared.warehouse.gateway import BOUNDED, run, start
from shared.warehouse.tables import definitions

BY_HAND_TIMEOUT_S = 3_600.0


class Warehouse:
    """The dataset of one cloud. Raises what google.api_core raises."""

    def __init__(self, endpoints: Endpoints):
        self._client = bigquery.Client(project=endpoints.project)
        self._dataset = f"{endpoints.project}.{endpoints.dataset}"

    def ask(self, sql: str, **parameters: Sequence[str] | str) -> bigquery.table.RowIterator:
        """Run one statement. Names of tables need no dataset; parameters are strings or lists.

        It may run for an hour, because a person waits for it and can stop it. Raises TimeoutError.
        """
        bound = [_parameter(name, value) for name, value in parameters.items()]
        return run(self._client, self._dataset, sql, bound, timeout_s=BY_HAND_TIMEOUT_S)

    def dry_run(self, sql: str) -> bigquery.QueryJob:
        """Have BigQuery plan a statement: it runs nothing, and costs nothing."""
        return start(self._client, self._dataset, sql, dry_run=True, maximum_bytes_billed=None)

    def ask_within(self, sql: str, bytes_billed: int) -> bigquery.table.RowIterator:
        """Like `ask`, but BigQuery refuses, for free, a statement that would bill more bytes."""
        return run(
            self._client,
            self._dataset,
            sql,
            timeout_s=BY_HAND_TIMEOUT_S,
            maximum_bytes_billed=bytes_billed,
        )

    def rows(self, sql: str, **parameters: Sequence[str] | str) -> list[dict[str, Any]]:
        return [dict(row.items()) for row in self.ask(sql, **parameters)]

    def table(self, name: str) -> bigquery.Table | None:
        """The description of a table or view; None if it does not exist."""
        try:
            return self._client.get_table(f"{self._dataset}.{name}", **BOUNDED)
        except NotFound:
            return None

    def counts(self) -> dict[str, int]:
        """Rows of every table."""
        tables = sorted(definitions())
        queries = (
            f"SELECT '{table}' AS name, COUNT(*) AS n FROM {table}"  # nosec B608 # our tables
            for table in tables
        )
        return {row["name"]: row["n"] for row in self.rows(" UNION ALL ".join(queries))}

    def contents(self) -> dict[str, Counter[bytes]]:
        """Fingerprints of all rows by table: equal contents mean equal tables."""
        return {
            table: Counter(map(_fingerprint, self._all(table))) for table in sorted(definitions())
        }

    def _all(self, table: str) -> Iterator[bigquery.table.Row]:
        yield from self.ask(f"SELECT * FROM {table}")  # nosec B608 # tables of tables.yaml


def changes(
    before: Mapping[str, Counter[bytes]], after: Mapping[str, Counter[bytes]]
) -> dict[str, dict[str, int]]:
    """Rows by table, and how many of them are new or changed."""
    return {
        table: {"rows": rows.total(), "changed": (rows - before[table]).total()}
        for table, rows in after.items()
    }


def _fingerprint(row: bigquery.table.Row) -> bytes:
    return hashlib.blake2b(repr(row.values()).encode(), digest_size=12).digest()


def _parameter(name: str, value: Sequence[str] | str) -> Any:
    if isinstance(value, str):
        return bigquery.ScalarQueryParameter(name, "STRING", value)
    return bigquery.ArrayQueryParameter(name, "STRING", value)
