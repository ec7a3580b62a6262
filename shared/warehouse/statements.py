"""Statements that functions send to BigQuery. Errors say whether another attempt can help."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from shared.warehouse.client import bigquery
from shared.warehouse.failures import translate_errors
from shared.warehouse.gateway import MOST_BYTES_BILLED, Deadline, run

MERGE_FILES = Path(__file__).parent / "merge"
STAGED_MERGE_FILES = Path(__file__).parent / "merge_staged"


@lru_cache
def merge_statement(table: str) -> str:
    return (MERGE_FILES / f"{table}.sql").read_text()


@lru_cache
def staged_merge_statement(table: str) -> str:
    """The MERGE by the same rules, whose rows a rebuild has staged."""
    return (STAGED_MERGE_FILES / f"{table}.sql").read_text()


def run_statement(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    what: str,
    parameters: Sequence[object] = (),
    deadline: Deadline | None = None,
    maximum_bytes_billed: int = MOST_BYTES_BILLED,
) -> bigquery.table.RowIterator:
    """Run one statement. Its tables belong to `dataset` (`project.dataset`) by default.

    Raises Transient when another attempt can help, Misconfigured when the deployment is broken
    (both sentences begin with `what`), RequestTooLarge, and BadRequest for a bad statement.
    """
    with translate_errors(what):
        return run(
            client,
            dataset,
            sql,
            parameters,
            deadline=deadline,
            maximum_bytes_billed=maximum_bytes_billed,
        )


def fetch_rows(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    what: str,
    parameters: Sequence[object] = (),
    deadline: Deadline | None = None,
) -> list[dict[str, Any]]:
    """Like `run_statement`, with rows as dicts. Errors of later pages are translated, too."""
    rows = run_statement(client, dataset, sql, what, parameters, deadline)
    with translate_errors(what):
        return [dict(row.items()) for row in rows]
