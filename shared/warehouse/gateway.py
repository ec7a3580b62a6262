"""Run statements in BigQuery, with bounds on time and on bytes sent and read.

Statements and files are sent only here. Every other call to BigQuery (tables, datasets, copy jobs)
passes `**BOUNDED`.
"""

import json
import ssl
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import requests
from google.api_core import exceptions

from shared.errors import Transient
from shared.warehouse.client import bigquery
from shared.warehouse.failures import RequestTooLarge

REQUEST_TIMEOUT_S = 30.0
"""Longest silence of one HTTP request. The client itself has no time-out."""

RETRY_S = 20.0
"""How long a failed request is repeated. The last attempt may take one more time-out."""

STATEMENT_TIMEOUT_S = 120.0
"""How long a statement may run before it counts as failed."""

MOST_REQUEST_BYTES = 8_000_000
"""BigQuery refuses a request above 10 MB (https://cloud.google.com/bigquery/quotas#query_jobs)."""

MOST_BYTES_BILLED = 10**12
"""About 6 US dollars. No statement may read more, unless its caller says so."""

PERHAPS_TOO_LARGE_BYTES = 1_000_000
"""Google's servers may close the connection under a large body before they answer 413. A smaller
body was cut off by the network (https://github.com/googleapis/google-cloud-python/issues/4864)."""

API_RETRY = bigquery.DEFAULT_RETRY.with_timeout(RETRY_S)
BOUNDED: Mapping[str, Any] = {"timeout": REQUEST_TIMEOUT_S, "retry": API_RETRY}
"""Keyword arguments that bound one call of `bigquery.Client`."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time by which a group of requests must end, on the monotonic clock."""

    ends_at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def remaining_s(self, at_most_s: float) -> float:
        """The remaining seconds, at most `at_most_s`. Raises Transient when the time is over."""
        seconds = self.ends_at - time.monotonic()
        if seconds <= 0:
            raise Transient("BigQuery: the time for this request is used up")
        return min(seconds, at_most_s)


def run(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    parameters: Sequence[object] = (),
    *,
    timeout_s: float = STATEMENT_TIMEOUT_S,
    deadline: Deadline | None = None,
    maximum_bytes_billed: int | None = MOST_BYTES_BILLED,
) -> bigquery.table.RowIterator:
    """Run one statement and wait for its rows; `dataset` is `project.dataset`.

    Raises the client's errors, TimeoutError after `timeout_s` seconds or at the deadline, and
    RequestTooLarge. If the server falls silent, the call may end up to 140 s later, because the
    client always waits 120 s for rows.
    """
    deadline = deadline or Deadline.after(2 * timeout_s)
    job = start(
        client,
        dataset,
        sql,
        parameters,
        maximum_bytes_billed=maximum_bytes_billed,
        timeout_s=deadline.remaining_s(REQUEST_TIMEOUT_S),
    )
    return _rows(job, deadline.remaining_s(timeout_s))


def run_dml(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    parameters: Sequence[object] = (),
    *,
    timeout_s: float = STATEMENT_TIMEOUT_S,
) -> int:
    """Run one INSERT, UPDATE, DELETE or MERGE. Returns its number of rows. Raises as `run` does."""
    job = start(client, dataset, sql, parameters)
    _rows(job, timeout_s)
    # On a laptop the iterator lacks the number, but the job always has it.
    return int(job.num_dml_affected_rows or 0)


def _rows(job: bigquery.QueryJob, timeout_s: float) -> bigquery.table.RowIterator:
    return job.result(retry=API_RETRY, timeout=timeout_s, job_retry=None)


def start(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    parameters: Sequence[object] = (),
    *,
    dry_run: bool = False,
    maximum_bytes_billed: int | None = MOST_BYTES_BILLED,
    timeout_s: float = REQUEST_TIMEOUT_S,
) -> bigquery.QueryJob:
    """Start one statement. Its tables belong to `dataset` (`project.dataset`) by default.

    A dry run checks the statement, changes nothing and costs nothing. Its job says how many bytes a
    run would read (`total_bytes_processed`) and the `statement_type`. Raises the client's errors,
    and RequestTooLarge above MOST_REQUEST_BYTES or when BigQuery refuses the size.
    """
    config = bigquery.QueryJobConfig(
        default_dataset=dataset, query_parameters=parameters, dry_run=dry_run
    )
    if maximum_bytes_billed is not None:
        config.maximum_bytes_billed = maximum_bytes_billed
    size = request_bytes(sql, config)
    if size > MOST_REQUEST_BYTES:
        raise RequestTooLarge(
            f"a request of {size:,} bytes; at most {MOST_REQUEST_BYTES:,} are sent"
        )
    try:
        return _insert(client, sql, config, _retry(size), timeout_s)
    except requests.ConnectionError as error:
        if is_cut_off(error, size):
            raise RequestTooLarge(f"the connection broke under {size:,} bytes: {error}") from error
        raise
    except exceptions.GoogleAPICallError as error:
        if error.code == 413:
            raise RequestTooLarge(f"{size:,} bytes are refused: {error.message}") from error
        raise


def append_file(
    client: bigquery.Client,
    file: IO[bytes],
    table: str,
    config: bigquery.LoadJobConfig,
    timeout_s: float,
) -> None:
    """Send a file to a table by one load job, and wait until it has ended."""
    # Without `size` the upload is resumable, so a failed request repeats one chunk.
    job = client.load_table_from_file(
        file,
        table,
        rewind=True,
        job_id=f"stage-{uuid.uuid4()}",
        job_config=config,
        timeout=REQUEST_TIMEOUT_S,
    )
    job.result(retry=API_RETRY, timeout=timeout_s)


def request_bytes(sql: str, config: bigquery.QueryJobConfig) -> int:
    """Bytes of the request. The client sends ASCII JSON, with `\\uXXXX` for other letters."""
    content = config.to_api_repr()
    content["query"]["query"] = sql
    return len(json.dumps(content)) + _ENVELOPE_BYTES


_ENVELOPE_BYTES = 500
"""The job's reference and the other fields that the client adds."""


def is_cut_off(error: BaseException, size: int) -> bool:
    """Whether the server closed the connection while it received a large body."""
    if size < PERHAPS_TOO_LARGE_BYTES:
        return False
    closed = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)
    return any(isinstance(cause, closed) for cause in _causes(error))


def _causes(error: BaseException) -> list[BaseException]:
    """An error and its causes. `requests` wraps urllib3's error, which wraps the socket's."""
    inside = [*error.args, error.__cause__, getattr(error, "cause", None)]
    nested = [cause for cause in inside if isinstance(cause, BaseException) and cause is not error]
    return [error, *(deeper for cause in nested for deeper in _causes(cause))]


def _retry(size: int) -> Any:
    """The usual retry, but a body that was cut off is not sent again."""
    return API_RETRY.with_predicate(
        lambda error: API_RETRY._predicate(error) and not is_cut_off(error, size)
    )


def _insert(
    client: bigquery.Client,
    sql: str,
    config: bigquery.QueryJobConfig,
    retry: Any,
    timeout_s: float,
) -> bigquery.QueryJob:
    """Start a job under our own id, so that a lost response never starts it twice.

    The client could find such a job itself, but may wait 328 s for it.
    """
    job_id = str(uuid.uuid4())
    try:
        return client.query(
            sql, job_config=config, job_id=job_id, retry=retry, timeout=timeout_s, job_retry=None
        )
    except exceptions.Conflict as conflict:
        try:
            job = client.get_job(job_id, location=client.location, **BOUNDED)
        except exceptions.NotFound:
            raise conflict from None
    assert isinstance(job, bigquery.QueryJob)
    return job
