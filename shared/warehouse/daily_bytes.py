"""The day's budget of bytes billed: what `load` may have BigQuery bill on one UTC day.

`state/spend/bigquery/{YYYY-MM-DD}.json` holds the sum of all loaders. It grows by what each batch
was billed, so a write whose response was lost may count a batch twice, never too little. The bytes
of a batch are known only afterwards, so the last one of a day may exceed the budget.
"""

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.errors import Misconfigured
from shared.model import canonical_json
from shared.storage.lake import Lake, Superseded
from shared.warehouse.bytes_billed import LEAST_BYTES_PER_TABLE
from shared.warehouse.bytes_ledger import spent_name
from shared.warehouse.client import bigquery
from shared.warehouse.failures import NO_ANSWER

log = logging.getLogger("shared.load")

_MOST_ATTEMPTS = 5


class BytesSpent(Exception):
    """The day's bytes are spent. Not a failure: a new budget begins at `due_at`."""

    def __init__(self, due_at: datetime, sentence: str):
        super().__init__(sentence)
        self.due_at = due_at
        self.sentence = sentence


class DailyBytes:
    """Guards the bytes of a UTC day. None means no limit: nothing is counted, no object read."""

    def __init__(self, lake: Lake, limit: int | None, clock: Callable[[], datetime]):
        self._lake = lake
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._day: date | None = None
        self._stored = 0
        self._unwritten = 0

    def require(self) -> None:
        """Return while the day has bytes. Raises BytesSpent, Transient when the lake is down."""
        if self._limit is None:
            return
        with self._lock:
            day = self._today()
            billed = self._stored + self._unwritten
        if billed >= self._limit:
            midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
            raise BytesSpent(
                midnight,
                f"BigQuery has billed {billed:,} bytes since midnight (UTC), and "
                f"DAILY_BUDGET_BYTES is {self._limit:,}.",
            )

    def spend(self, billed: int) -> None:
        """Count what a batch was billed. Never raises: its rows are durable already.

        What cannot be written now is counted here, and written with the next batch.
        """
        if self._limit is None:
            return
        with self._lock:
            self._unwritten += billed
            try:
                self._write_down(self._today())
            except Exception as error:
                # Raised, it would send durable rows again, and bill them twice.
                log.warning("bytes billed not written", extra={"why": str(error)})

    def _today(self) -> date:
        """The current day, with its stored sum read once.

        What could not be written yesterday counts today.
        """
        today = self._clock().astimezone(UTC).date()
        if today != self._day:
            self._stored, _ = self._read(today)
            self._day = today
        return today

    def _read(self, day: date) -> tuple[int, int]:
        """The stored sum and its generation. Raises Misconfigured: guessing could overspend."""
        name = spent_name(day)
        content, generation = self._lake.read_with_generation(name)
        if content is None:
            return 0, 0
        try:
            return max(0, int(json.loads(content)["billed_bytes"])), generation
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
            raise Misconfigured(
                f"{name} does not say how many bytes were billed. Delete it to start the day's "
                "count again"
            ) from error

    def _write_down(self, day: date) -> None:
        for _ in range(_MOST_ATTEMPTS):
            stored, generation = self._read(day)
            total = stored + self._unwritten
            content = {
                "day": day.isoformat(),
                "billed_bytes": total,
                "budget_bytes": self._limit,
            }
            try:
                name = spent_name(day)
                self._lake.replace(name, canonical_json(content).encode(), generation)
            except Superseded:
                continue
            self._stored, self._unwritten = total, 0
            return


class MeteredClient(bigquery.Client):  # type: ignore[misc] # the library has no types
    """A client that remembers its statements until their bytes are taken."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._jobs: list[bigquery.QueryJob | None] = []
        self._largest = LEAST_BYTES_PER_TABLE

    def query(self, *arguments: Any, **options: Any) -> bigquery.QueryJob:
        return self._metered(super().query, *arguments, **options)

    def get_job(self, *arguments: Any, **options: Any) -> bigquery.QueryJob:
        """The job of a statement that was sent twice, because the first answer was lost."""
        return self._metered(super().get_job, *arguments, **options)

    def _metered(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        try:
            job = call(*arguments, **options)
        except NO_ANSWER:
            self._jobs.append(None)  # BigQuery may have begun the statement
            raise
        self._jobs.append(job)
        return job

    def take_billed(self) -> int:
        """Bytes billed for the statements since the last call.

        A statement that was given up, or that BigQuery did not answer, may still run and be billed.
        It counts as much as the largest of this process. The local BigQuery gives no figure: a
        statement counts the minimum.
        """
        jobs, self._jobs = self._jobs, []
        billed = [job and job.total_bytes_billed for job in jobs]
        self._largest = max([self._largest, *(count for count in billed if count is not None)])
        return sum(self._largest if count is None else count for count in billed)
