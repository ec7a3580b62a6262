"""Questions to BigQuery from a function: one statement, its rows, and whether failing may help."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import requests
from google.api_core import exceptions
from google.auth.exceptions import TransportError
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from shared.errors import Misconfigured, Transient

MERGE_FILES = Path(__file__).parent / "merge"
STATEMENT_TIMEOUT_S = 120.0
API_RETRY = DEFAULT_RETRY.with_timeout(20.0)

# What BigQuery says when two writers met or too many wait; it comes as 400 or 403.
# https://cloud.google.com/bigquery/docs/error-messages, checked 2026-11
_TRY_AGAIN = (
    "concurrent update",
    "rate limit",
    "ratelimitexceeded",
    "too many dml",
    "backenderror",
)


@lru_cache
def merge_statement(table: str) -> str:
    return (MERGE_FILES / f"{table}.sql").read_text()


def ask(
    client: bigquery.Client, dataset: str, sql: str, what: str, parameters: Sequence[object] = ()
) -> bigquery.table.RowIterator:
    """Run one statement; its tables need no dataset (`project.dataset` is the default).

    Raises Transient when trying again can help and Misconfigured when a table is missing, both
    beginning with `what`; BadRequest and the like as they come.
    """
    config = bigquery.QueryJobConfig(default_dataset=dataset, query_parameters=parameters)
    with translated(what):
        job = client.query(sql, job_config=config, retry=API_RETRY, job_retry=None)
        return job.result(retry=API_RETRY, timeout=STATEMENT_TIMEOUT_S, job_retry=None)


def rows_of(
    client: bigquery.Client, dataset: str, sql: str, what: str, parameters: Sequence[object] = ()
) -> list[dict[str, Any]]:
    """The same as dicts. Pages are read here, so their errors are told like the statement's."""
    found = ask(client, dataset, sql, what, parameters)
    with translated(what):
        return [dict(row.items()) for row in found]


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Say of the client's errors whether trying again can help; the rest escapes as it is."""
    try:
        yield
    except exceptions.NotFound as error:
        raise Misconfigured(f"{what}: {error.message}") from error
    except (exceptions.BadRequest, exceptions.Forbidden, exceptions.Conflict) as error:
        if any(words in str(error).lower() for words in _TRY_AGAIN):
            raise Transient(f"{what}: {error.message}") from error
        raise
    except (
        exceptions.ServerError,
        exceptions.TooManyRequests,
        exceptions.RetryError,
        requests.ConnectionError,
        requests.Timeout,
        TransportError,
        TimeoutError,
    ) as error:
        raise Transient(f"{what}: {error}") from error
