"""The one place that asks BigQuery: each statement, bounded in time and in bytes sent and read.

Every other call to BigQuery (tables, datasets, copy jobs) passes `**BOUNDED`.
"""

import json
import ssl
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery.retry import DEFAULT_RETRY

from shared.errors import Transient
from shared.warehouse.failures import RequestTooLarge

REQUEST_TIMEOUT_S = 30.0
"""Longest silence of one HTTP request. The client has no time-out of its own."""

RETRY_S = 20.0
"""How long a request that failed is tried again; the last attempt may take one time-out more."""

STATEMENT_TIMEOUT_S = 120.0
"""How long a statement may run before it counts as failed."""

MOST_REQUEST_BYTES = 8_000_000
"""BigQuery refuses a request above 10 MB (https://cloud.google.com/bigquery/quotas#query_jobs)."""

MOST_BYTES_BILLED = 10**12
"""About 6 US dollars: no statement of ours may read more unless its sender says so."""

PERHAPS_TOO_LARGE_BYTES = 1_000_000
"""Google's servers may hang up on a large body before they answer 413; a smaller body was cut by
the network alone (https://github.com/googleapis/google-cloud-python/issues/4864)."""

API_RETRY = DEFAULT_RETRY.with_timeout(RETRY_S)
BOUNDED: Mapping[str, Any] = {"timeout": REQUEST_TIMEOUT_S, "retry": API_RETRY}
"""Keyword arguments that bound one call of `bigquery.Client`."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When all that belongs together has to be over, on the monotonic clock."""

    ends_at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def remaining_s(self, at_most_s: float) -> float:
        """Seconds that are left, `at_most_s` or fewer. Raises Transient when none are."""
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

    Raises what the client raises, TimeoutError after `timeout_s` seconds or at the deadline, and
    RequestTooLarge. A server that falls silent is given up up to 140 s later: the client waits
    120 s for rows, whatever is said.
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


def change(
    client: bigquery.Client,
    dataset: str,
    sql: str,
    parameters: Sequence[object] = (),
    *,
    timeout_s: float = STATEMENT_TIMEOUT_S,
) -> int:
    """Run one statement that writes; how many rows it touched. Raises as `run` does."""
    job = start(client, dataset, sql, parameters)
    _rows(job, timeout_s)
    # The job says it everywhere; the answer with the rows does not, on a laptop.
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
    """Start one statement; its tables need no dataset (`project.dataset` is the default).

    A dry run checks the statement, changes nothing and costs nothing: the job says what a run
    would read (`total_bytes_processed`) and does (`statement_type`). Raises what the client
    raises, and RequestTooLarge above MOST_REQUEST_BYTES, before or after sending.
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


def request_bytes(sql: str, config: bigquery.QueryJobConfig) -> int:
    """Bytes of the request as the client sends it: ASCII JSON, `\\uXXXX` for every other letter."""
    content = config.to_api_repr()
    content["query"]["query"] = sql
    return len(json.dumps(content)) + _ENVELOPE_BYTES


_ENVELOPE_BYTES = 500
"""The job's reference and what the client adds."""


def is_cut_off(error: BaseException, size: int) -> bool:
    """Whether the other side hung up while a large body was being sent."""
    if size < PERHAPS_TOO_LARGE_BYTES:
        return False
    hung_up = (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError)
    return any(isinstance(cause, hung_up) for cause in _causes(error))


def _causes(error: BaseException) -> list[BaseException]:
    """An error and what lies inside: `requests` wraps urllib3's, which wraps the socket's."""
    inside = [*error.args, error.__cause__, getattr(error, "cause", None)]
    nested = [cause for cause in inside if isinstance(cause, BaseException) and cause is not error]
    return [error, *(deeper for cause in nested for deeper in _causes(cause))]


def _retry(size: int) -> Any:
    """As always, but a body that was cut off is not sent again as it is."""
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
    """Start a job under an id of ours, so that a lost answer never starts it twice.

    The client's own way of finding such a job again waits for up to 328 s.
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
