"""Questions to BigQuery from a function: one statement, its rows, and whether failing may help."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from shared.warehouse.failures import translate_errors
from shared.warehouse.gateway import Deadline, run

MERGE_FILES = Path(__file__).parent / "merge"


@lru_cache
def merge_statement(table: str) -> str:
    return (MERGE_FILES / f"{table}.sql").read_text()


def ask(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    what: str,
    parameters: Sequence[object] = (),
    deadline: Deadline | None = None,
) -> bigquery.table.RowIterator:
    """Run one statement; its tables need no dataset (`project.dataset` is the default).

    Raises Transient when trying again can help and Misconfigured when the deploy is broken, both
    beginning with `what`; RequestTooLarge; BadRequest and the like as they come.
    """
    with translate_errors(what):
        return run(client, dataset, sql, parameters, deadline=deadline)


def rows_of(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    what: str,
    parameters: Sequence[object] = (),
    deadline: Deadline | None = None,
) -> list[dict[str, Any]]:
    """The same as dicts. Pages are read here, so their errors are told like the statement's."""
    rows = ask(client, dataset, sql, what, parameters, deadline)
    with translate_errors(what):
        return [dict(row.items()) for row in rows]
